"""The kinds of answers that a model can give: one class in one file for each."""
