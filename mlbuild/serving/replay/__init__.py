"""Answers the rows of a log again, with the models that answered them."""
