"""The server: answers requests with built models. It imports no library that builds them."""
