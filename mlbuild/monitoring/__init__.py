"""Watches a model in use: compares the rows of its log with the profile of its training rows."""
