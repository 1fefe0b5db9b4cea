"""The metrics of slices that a build measured, as far as they are still in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.tasks import evaluate
from mlbuild.tracking.builds import SPLITS, Build, at
from mlbuild.tracking.results import json_of


@frozen(eq=False)
class Slices:
    """The groups of one item of the slices of a model on a split, as `slices.json` has them."""

    split: str
    groups: Sequence[Json]

    def to_json(self) -> Json:
        return {"split": self.split, "groups": list(self.groups)}


def slices_of(store: DiskStore, build: Build, model: str, name: str) -> Slices | list[str]:
    """Return the groups of an item on the rows that the model has not seen; or the names of the items, if it is none of them."""
    splits: Any = at(json_of(store, build, evaluate.task_of(model), evaluate.SLICES), "splits")
    split = next((one for one in SPLITS if at(splits, one)), None)
    if split is None:
        return []
    groups = splits[split]["slices"]
    chosen = [group for group in groups if group["slice"] == name]
    return Slices(split, chosen) if chosen else [*dict.fromkeys(group["slice"] for group in groups)]
