"""LightGBM: its parameters, its training, and its trees in ONNX."""
