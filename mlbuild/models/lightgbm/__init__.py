"""LightGBM: its parameters, training, and export to ONNX."""
