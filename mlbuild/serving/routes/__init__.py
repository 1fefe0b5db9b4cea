"""What the server answers, by path. One module for each group of paths."""
