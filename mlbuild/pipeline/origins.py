"""Where the parameters of tasks are written in the spec; and the ranks that tasks run in."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Origin
from mlbuild.spec.spec import Spec

#: Data faults come before any training: no task starts before those of lower ranks are done.
SOURCES, DATASETS, MODELS = range(3)

#: For paths of a task's parameters the path of the spec that they come from.
Places = dict[Path, Path]


def origins(spec: Spec, places: Mapping[Path, Path]) -> dict[Path, Origin]:
    """For paths of a task's parameters, where in the spec they are written."""
    return {param: Origin(dotted(at), *spec.place(at)) for param, at in places.items()}


def dotted(path: Path) -> str:
    """A path of the spec as people write it: `models.late.params.num_leaves`, `preprocessing.tabular[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
