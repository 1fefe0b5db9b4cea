"""The formulas of the metrics, in numpy."""
