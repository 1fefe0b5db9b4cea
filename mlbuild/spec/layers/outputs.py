"""The names of the outputs of a spec, without checking the rest of it, to find two specs that share an output."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from mlbuild.diagnostics import Diagnostic, Problem
from mlbuild.frozen import frozen
from mlbuild.regular import is_regular
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.layers.compose import Composed, compose
from mlbuild.spec.layers.files import SPEC, read_main


@frozen
class Named:
    """The names of the outputs of a spec and the files that define them. If it is not `whole`, some may be missing."""

    names: tuple[str, ...]
    files: tuple[FilePath, ...]
    whole: bool


def outputs_named(file: FilePath, profiles: Sequence[str], bounds: Bounds) -> Named:
    """Return the outputs of a spec file; none if it does not have one of the profiles."""
    main = read_main(file, bounds)
    if isinstance(main, list):
        return Named((), (file,), whole=not is_regular(file))
    composed = compose(main, profiles, bounds=bounds)
    files = tuple(FilePath(part.file) for part in composed.parts)
    if any(one.code == "unknown-profile" for one in composed.found):
        return Named((), files, whole=True)
    value = composed.document.value
    outputs = value.get("outputs") if isinstance(value, dict) else None
    whole = composed.whole and not composed.document.mistakes
    return Named(tuple(map(str, outputs)) if isinstance(outputs, dict) else (), files, whole)


def shared_outputs(composed: Composed, bounds: Bounds) -> Iterator[Diagnostic]:
    """Report the outputs that another spec in the folder has too: builds of both would overwrite each other's folder."""
    value = composed.document.value
    own = value.get("outputs") if isinstance(value, dict) else None
    if not isinstance(own, dict) or not own:
        return
    folded = {str(name).casefold(): name for name in own}
    for file in _siblings(composed):
        for other in outputs_named(file, (), bounds).names:
            if (name := folded.get(other.casefold())) is not None:
                message = (
                    f"'{file.name}' has an output '{other}' too, and both would be published in one folder"
                )
                help_ = "rename one of them, or put the specs into folders of their own"
                problem = Problem("duplicate-name", message, ("outputs", str(name)), help_, on="key")
                yield composed.document.diagnostic(problem)


def _siblings(composed: Composed) -> Iterator[FilePath]:
    """Return the other specs in the folder: files named like specs that this one does not include."""
    folder = FilePath(composed.document.file).parent
    own = {os.path.realpath(part.file) for part in composed.parts}
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  # only names are needed
    except OSError:
        return
    for name in names:
        if (name == SPEC or name.endswith(f".{SPEC}")) and os.path.realpath(folder / name) not in own:
            yield folder / name
