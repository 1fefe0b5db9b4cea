"""Where the parameters of tasks are written in the spec; and the ranks that tasks run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Origin
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.tree import Node

#: Data faults come before any training: no task starts before those of lower ranks are done.
SOURCES, DATASETS, MODELS = range(3)

#: For paths of a task's parameters the path of the spec that they come from.
Places = dict[Path, Path]


class Origins(Mapping[Path, Origin]):
    """For paths of a task's parameters, where in the spec they are written.

    A path that leads on from one of `places` is known too where the spec has the same below it. To go through all
    is to go through `places`; the spec is looked at only when a place is asked for.
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
    node: Node | None = spec.document.root
    for part in at:
        node = node.children.get(part) if node else None
    return node is not None


def dotted(path: Path) -> str:
    """A path of the spec as people write it: `models.late.params.num_leaves`, `preprocessing.tabular[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
