"""How much two builds of an output rely on each input, as far as that is still in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from mlbuild.engine.decide.documents import fits
from mlbuild.engine.decide.records import find_action
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.tracking.builds import Build

_NUMBER = (int, float, None)
_SHAPE = {"metric": str, "split": str, "columns": [dict]}


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
        both = [_measured(store, build, str(name)) for build in (old, new)]
        before, after = both
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
    key = build.key(importance.task_of(output))
    action = find_action(store.actions, key) if key else None
    if action is None or action.failure or importance.REPORT not in action.digests:
        return None
    with suppress(ValueError):  # a record from elsewhere can name any content
        told = json.loads(store.contents.get(action.digests[importance.REPORT]) or b"null")
        if isinstance(told, dict) and fits([told.get(name) for name in _SHAPE], [*_SHAPE.values()]):
            names = ("column", "importance")
            columns = [{name: one.get(name) for name in names} for one in told["columns"]]
            if fits(columns, [{"column": str, "importance": _NUMBER}]):
                return {name: told[name] for name in ("metric", "split")} | {"columns": columns}
    return None
