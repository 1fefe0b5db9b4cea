"""How the rows of a request are read, by the form of its body."""
