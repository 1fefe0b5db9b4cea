"""Numbers about the server and its models, for Prometheus."""
