"""This process: its limits and its standard error."""
