"""How much two builds of an output rely on each input, as far as that is still in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.engine.decide.documents import Shape, fits
from mlbuild.engine.store.store import DiskStore
from mlbuild.evaluation.differences import Difference
from mlbuild.evaluation.intervals import FEWEST, around, standard_error
from mlbuild.frozen import frozen
from mlbuild.models.metrics.metric import rounded
from mlbuild.params import Json
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.tracking.builds import Build
from mlbuild.tracking.results import array_of, json_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: What is read of `importance.json`, and of each of its columns.
_SHAPE = {"metric": str, "split": str, "columns": list}
_COLUMN = {"column": str, "importance": (int, float, None)}


@frozen
class InputChange:
    """The importance of an input in both builds: None if a build does not have it, or it was not measured.

    The `difference` has an interval if both builds measured it on the same rows, with enough clusters, and if the numbers
    that it follows from are still in the store.
    """

    input: str
    old: float | None
    new: float | None
    difference: Difference | None

    def to_json(self) -> Json:
        told = {"input": self.input, "old": self.old, "new": self.new}
        none = {"difference": None, "interval": None, "beyond_chance": False}
        return told | (self.difference.to_json() if self.difference else none)


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
        told = [one.to_json() for one in self.inputs]
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
            sums = [_sums(store, build, str(name)) for build in (old, new)]
            yield ImportanceChanges(str(name), *about, _inputs(values, sums))


def _inputs(values: Sequence[Mapping[str, Any]], sums: Sequence[_Sums | None]) -> list[InputChange]:
    old, new = values
    found = [
        InputChange(name, was := old.get(name), now := new.get(name), _difference(name, was, now, *sums))
        for name in dict.fromkeys([*new, *old])
    ]
    return sorted(found, key=lambda one: -abs((one.new or 0.0) - (one.old or 0.0)))


@frozen(eq=False)
class _Sums:
    """Of each column with a standard error, the sums of the influences over clusters, and of which rows they are."""

    rows: str
    columns: Mapping[str, Array]


def _sums(store: DiskStore, build: Build, output: str) -> _Sums | None:
    """Return the sums of a build; None if they are no longer in the store, or there are none."""
    task = importance.task_of(output)
    told = _kept(json_of(store, build, task, importance.PAIRED), {"rows": str, "columns": [str]})
    found = array_of(store, build, task, importance.SUMS)
    if told is None or found is None or found.ndim != 2 or len(found) != len(told["columns"]):
        return None
    return _Sums(told["rows"], dict(zip(told["columns"], found.astype(float), strict=True)))


def _difference(
    name: str, was: float | None, now: float | None, one: _Sums | None, other: _Sums | None
) -> Difference | None:
    """Return the difference of an importance. Both shuffle the values of a column in the same order."""
    if was is None or now is None:
        return None
    found = Difference(rounded(now - was))
    if one is None or other is None or one.rows != other.rows:
        return found
    if name not in one.columns or name not in other.columns:
        return found
    before, after = one.columns[name], other.columns[name]
    if len(before) != len(after) or len(before) < FEWEST:
        return found
    error = standard_error((after - before) * len(after), None)[0]
    ends = around(found.value, error, len(after))
    return replace(found, interval=(ends.low, ends.high))


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
