"""New rows to predict: files that take the place of sources, and what the steps of a dataset make of them."""
