"""Maps the parameters of tasks to their places in the spec. Also defines the ranks of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Origin
from mlbuild.spec.spec import Spec

#: A task starts only when all tasks with lower ranks are done, so data errors are found before any training.
SOURCES, DATASETS, FEATURES, MODELS = range(4)

#: Maps paths in the parameters of a task to the paths in the spec that they come from.
Places = dict[Path, Path]


class SpecOrigins(Mapping[Path, Origin]):
    """Maps paths in the parameters of a task to the places in the spec where they are written.

    A path below one of `places` is also known, if the spec has the same path there. Iteration yields only `places`.
    The spec is read only when a place is looked up.
    """

    def __init__(self, spec: Spec, places: Mapping[Path, Path]) -> None:
        self._spec, self._places = spec, places

    def __getitem__(self, param: Path) -> Origin:
        end = next((end for end in range(len(param), -1, -1) if param[:end] in self._places), None)
        if end is None:
            raise KeyError(param)
        at = (*self._places[param[:end]], *param[end:])
        if end < len(param) and not written(self._spec, at):
            raise KeyError(param)
        return Origin(dotted(at), *self._spec.place(at))

    def __iter__(self) -> Iterator[Path]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def written(spec: Spec, at: Path) -> bool:
    """Whether the spec has something at a path."""
    return spec.document.node(at) is not None


def dotted(path: Path) -> str:
    """Format a path of the spec as people write it: `models.late.params.num_leaves`, `preprocessing.tabular[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
