"""Files of a spec as trees."""

from __future__ import annotations

from pathlib import Path as FilePath

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.regular import SPEC_LIMIT, read_regular
from mlbuild.spec.layers.bounds import HELP, Bounds
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document

#: What a spec is called, or ends with behind a dot.
SPEC = "mlbuild.yaml"


def read_main(file: FilePath, bounds: Bounds) -> Document | list[Diagnostic]:
    """The tree of a spec file that can be a link, though not beyond its bounds; or what keeps it from being read."""
    if not bounds.hold(file):
        message = "the spec is a symlink to a file outside of this project"
        return [Diagnostic("outside-project", message, Span(str(file), 1, 1, 1, 1), HELP)]
    return read_spec(file)


def read_spec(file: FilePath) -> Document | list[Diagnostic]:
    """The tree of a spec file, or what keeps it from being read at all."""
    try:
        content = read_regular(file, SPEC_LIMIT)
    except OSError as error:
        why = error.strerror or "unknown error"
        message = f"cannot read the spec: {why[0].lower()}{why[1:]}"
        return [Diagnostic("missing-file", message, Span(str(file), 1, 1, 1, 1))]
    return load(content, str(file))
