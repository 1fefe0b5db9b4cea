"""Reads files of a spec as trees."""

from __future__ import annotations

from pathlib import Path as FilePath

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.regular import SPEC_LIMIT, read_regular
from mlbuild.spec.layers.bounds import HELP, Bounds
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document

#: The name of a spec, and its ending after a dot.
SPEC = "mlbuild.yaml"


def read_main(file: FilePath, bounds: Bounds) -> Document | list[Diagnostic]:
    """Return the tree of a spec file, which can be a link inside its bounds; or the errors if it cannot be read."""
    if not bounds.hold(file):
        message = "the spec is a symlink to a file outside this project"
        return [Diagnostic("outside-project", message, Span(str(file), 1, 1, 1, 1), HELP)]
    return read_spec(file)


def read_spec(file: FilePath) -> Document | list[Diagnostic]:
    """Return the tree of a spec file, or the errors if it cannot be read at all."""
    try:
        content = read_regular(file, SPEC_LIMIT)
    except OSError as error:
        why = error.strerror or "unknown error"
        message = f"cannot read the spec: {why[0].casefold()}{why[1:]}"
        return [Diagnostic("missing-file", message, Span(str(file), 1, 1, 1, 1))]
    return load(content, str(file))
