"""Finds the statistics of sources and datasets in the store, of this build or an earlier one, and those of files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlbuild.data.contracts import Contract
from mlbuild.data.faults import Fault
from mlbuild.data.formats.format import Format
from mlbuild.data.inference import NO_VALUES, infer
from mlbuild.data.statistics.numbers import Numbers
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.engine.decide.records import Action, find_action
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.pipeline.builds.records import built_by, newest_first
from mlbuild.pipeline.parts import WHOLE
from mlbuild.pipeline.tasks import describe
from mlbuild.spec.spec import Spec


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


def description_at(store: DiskStore, spec: Spec, commit: str, name: str) -> tuple[str, Description] | None:
    """Return how the last build of a commit described a source or dataset, and the name of the build.

    Only builds of this spec count, with these profiles and neither settings nor uncommitted changes. None if there is
    none in the store.
    """
    for note in newest_first(store):
        used = note["spec"]
        alike = (used["file"], used["profiles"]) == (spec.file.name, [*spec.profiles])
        if note.get("git") != {"revision": commit, "dirty": False} or not alike or used["settings"]:
            continue
        key = note["tasks"].get(describe.task_of(name), {}).get("key")
        action = find_action(store.actions, key, (describe.STATISTICS,)) if key else None
        found = None if action is None or action.failure else description_of(store, action)
        if found is not None:
            return str(note.get("build")), found
    return None


def description_of_file(file: Path) -> tuple[Description, Mapping[str, str]]:
    """Describe a data file whose dtypes are inferred. Also return why columns are left out.

    Raises:
        Failed: Of kind `data`: it cannot be read.
    """
    found = infer(file)
    dtypes = {name: column.dtype for name, column in found.columns.items()}
    table, rows = TableStatistics.of(found.rows, dtypes), found.rows.height
    # Nothing tells the dtype of a column without values.
    blank = {name: Numbers.blank(rows, "float") for name, why in found.refused.items() if why == NO_VALUES}
    left_out = {name: why for name, why in found.refused.items() if name not in blank}
    return Description({WHOLE: TableStatistics(rows, {**table.columns, **blank})}, {}), left_out


def description_like(
    file: Path, form: Format, contract: Contract
) -> tuple[Description, Mapping[str, str], list[Fault]]:
    """Describe the columns of a contract in a data file. Also return why columns are left out, and the values that do
    not parse, which count as missing.

    Raises:
        Failed: Of kind `data`: it cannot be read.
        OSError: It cannot be opened.
    """
    rows, faults = form.read(file, contract.columns)
    about_file = {fault.columns[0]: fault.rule for fault in faults if not fault.count}
    dtypes = {name: one.dtype for name, one in contract.columns.items() if name not in about_file}
    left_out = {name: rule.removeprefix("column ") for name, rule in about_file.items()}
    table = TableStatistics.of(rows, dtypes)
    return Description({WHOLE: table}, {}), left_out, [fault for fault in faults if fault.count]


def _read(content: Any) -> Description:
    tables = {name: TableStatistics.from_json(table) for name, table in content["tables"].items()}
    return Description(tables, content["association"])
