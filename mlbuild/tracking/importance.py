"""How much two builds of an output rely on each input, as far as that is still in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.engine.decide.documents import Shape, fits
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.tracking.builds import Build
from mlbuild.tracking.results import json_of

#: What is read of `importance.json`, and of each of its columns.
_SHAPE = {"metric": str, "split": str, "columns": list}
_COLUMN = {"column": str, "importance": (int, float, None)}


@frozen
class InputChange:
    """The importance of an input in both builds: None if a build does not have it, or it was not measured."""

    input: str
    old: float | None
    new: float | None

    @property
    def difference(self) -> float | None:
        return None if self.old is None or self.new is None else self.new - self.old


@frozen(eq=False)
class ImportanceChanges:
    """What differs for an output: by how much the metric gets worse without each input, on the rows of a split.

    The inputs whose importance changed most come first.
    """

    output: str
    metric: str
    split: str
    inputs: Sequence[InputChange]

    def to_json(self) -> Json:
        told = [{**vars(one), "difference": one.difference} for one in self.inputs]
        return {"output": self.output, "metric": self.metric, "split": self.split, "inputs": told}


def importance_changes(
    store: DiskStore, old: Build, new: Build, model: str | None
) -> Iterator[ImportanceChanges]:
    """Yield the changes of each output that both builds measured with the same metric on the same split."""
    outputs = new.values.get("outputs")
    for name, output in outputs.items() if isinstance(outputs, dict) else ():
        if model is not None and (not isinstance(output, dict) or output.get("model") != model):
            continue
        before, after = (_measured(store, build, str(name)) for build in (old, new))
        if before is None or after is None or before == after:
            continue
        about = after["metric"], after["split"]
        if about == (before["metric"], before["split"]):
            values = [
                {one["column"]: one["importance"] for one in told["columns"]} for told in (before, after)
            ]
            yield ImportanceChanges(str(name), *about, _inputs(*values))


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[InputChange]:
    found = [InputChange(name, old.get(name), new.get(name)) for name in dict.fromkeys([*new, *old])]
    return sorted(found, key=lambda one: -abs((one.new or 0.0) - (one.old or 0.0)))


def _measured(store: DiskStore, build: Build, output: str) -> Json | None:
    """Return the content of `importance.json`; None if it is no longer in the store, or there is none."""
    told = json_of(store, build, importance.task_of(output), importance.REPORT)
    found = _kept(told, _SHAPE)
    if found is None:
        return None
    columns = [_kept(one, _COLUMN) for one in found["columns"]]
    return None if None in columns else found | {"columns": columns}


def _kept(told: Any, shape: Mapping[str, Shape]) -> Json | None:
    """Return the values of an object with these names; None if they do not have these shapes."""
    found = {name: told.get(name) for name in shape} if isinstance(told, dict) else None
    return found if fits(found, shape) else None
