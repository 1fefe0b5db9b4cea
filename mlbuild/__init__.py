"""A declarative ML build system: one YAML spec in, one verified ONNX file out."""

__version__ = "0.1.0"
