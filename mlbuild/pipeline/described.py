"""Finds the statistics of sources and datasets in the store: of this build or of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlbuild.data.statistics.table import TableStatistics
from mlbuild.engine.decide.records import Action, find_action
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.pipeline.builds.records import built_by
from mlbuild.pipeline.tasks import describe


@frozen
class Description:
    """The statistics of each part of a table, such as `train`, and what its columns tell about each target.

    The only part of a source, or of a dataset without a split, is `all`.
    """

    tables: Mapping[str, TableStatistics]
    association: Mapping[str, Mapping[str, float | None]]


def description_of(store: DiskStore, action: Action) -> Description | None:
    """Return the result of a task `describe:T`; None if it is no longer in the store."""
    content = store.contents.get(action.digests[describe.STATISTICS])
    return None if content is None else _read(json.loads(content))


def description_by(store: DiskStore, build: str, name: str) -> Description | None:
    """Return how an earlier build described a source or dataset; None if there is none in the store.

    Raises:
        KeyError: There is no such build, or it did not describe the table.
    """
    record = built_by(store, build)
    if record is None:
        raise KeyError(f"there is no build '{build}'")
    key = record["tasks"].get(describe.task_of(name), {}).get("key")
    if key is None:
        raise KeyError(f"build {build} has no description of '{name}'")
    action = find_action(store.actions, key, (describe.STATISTICS,))
    return None if action is None or action.failure else description_of(store, action)


def _read(content: Any) -> Description:
    tables = {name: TableStatistics.from_json(table) for name, table in content["tables"].items()}
    return Description(tables, content["association"])
