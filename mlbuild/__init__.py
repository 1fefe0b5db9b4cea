"""A declarative ML build system: one YAML spec in, one verified ONNX file out."""

# Every start of the command runs this file, so it imports nothing, not even `annotations` from `__future__`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

#: The public API. It is loaded on first use, so that `import mlbuild` costs nothing.
_PUBLIC = ("build", "check", "load", "plan")

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> "Any":
    if name in _PUBLIC:
        import importlib

        return getattr(importlib.import_module("mlbuild.api"), name)
    raise AttributeError(f"module 'mlbuild' has no attribute {name!r}")
