"""Tests of `mlbuild package`: each kind is written and used as its readers do."""
