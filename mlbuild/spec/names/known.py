"""Collects the names in a project: the things that its spec defines, and the columns of its tables and files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.data.crashes import try_reading
from mlbuild.data.locators.locator import Located
from mlbuild.data.sources import Source
from mlbuild.diagnostics import Failed
from mlbuild.ops.op import Op
from mlbuild.selection import Selector
from mlbuild.spec.language import NAME
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.layers.compose import Composed, compose
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.resolve import read_definitions, resolve
from mlbuild.spec.root import SECTION_KEYS
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.text.tree import Document
from mlbuild.spec.trials import items_of

#: Names, each with what is known about it: nothing, or the type of a column.
Names = dict[str, ColumnType | None]


@dataclass
class KnownColumns:
    """Names of columns. If they are `open`, there can be others."""

    names: Names = field(default_factory=dict)
    open: bool = False

    def add(self, columns: Mapping[str, ColumnType | None]) -> None:
        for name, type_ in columns.items():
            known = self.names.get(name)
            differs = known is not None and type_ is not None and type_ != known
            self.names[name] = ColumnType(UNKNOWN) if differs else known or type_


@dataclass
class Known:
    """The names of a project in all profiles. If something is invalid, names are open rather than missing.

    `sections` contains the names under the top-level keys, and `whole` is true if every included file could be
    read. `datasets` are the columns that models can learn from, `columns` those of all tables, `features` those
    that preprocessing steps can use, and `files` those in the files of a contract's sources, each with the path.
    """

    sections: dict[str, dict[str, None]] = field(default_factory=lambda: {key: {} for key in SECTION_KEYS})
    whole: bool = True
    datasets: dict[str, KnownColumns] = field(default_factory=dict)
    columns: KnownColumns = field(default_factory=KnownColumns)
    features: KnownColumns = field(default_factory=KnownColumns)
    files: dict[str, dict[str, str]] = field(default_factory=dict)


def known_names(main: Document, bounds: Bounds | None = None) -> Known:
    """Return the names of the project with this spec, even if it has mistakes. Reads headers of files, but no rows.

    Only files within `bounds` are read (default: those of the project).
    """
    known, bounds = Known(), bounds or Bounds.of(FilePath(main.file))
    profiles = main.value.get("profiles") if isinstance(main.value, dict) else None
    variants = [(), *((name,) for name in profiles)] if isinstance(profiles, dict) else [()]
    for chosen in variants:
        _add(known, compose(main, chosen, bounds=bounds), bounds)
    return known


def _add(known: Known, composed: Composed, bounds: Bounds) -> None:
    """Add the names of one variant of the spec."""
    value = composed.document.value
    known.whole = known.whole and composed.whole
    for section in SECTION_KEYS:
        names = [name for name in _map(_map(value).get(section)) if re.search(NAME, name)]
        known.sections[section].update(dict.fromkeys(names))
    for contract in _map(_map(value).get("contracts")).values():
        known.columns.add(dict.fromkeys(_map(_map(contract).get("columns"))))
    meant = check_shape(composed).meant
    definitions = Definitions()
    if meant is not None and meant.faults is not None:
        definitions = read_definitions(meant.document.value, meant.faults, Findings())
    root = FilePath(composed.document.file).parent
    resolved = resolve(definitions, root, bounds, Findings())
    # The items of a matrix are models, too.
    known.sections["models"].update(dict.fromkeys(resolved.models))
    _add_datasets(known, resolved)
    _add_features(known, definitions, resolved)
    for source in definitions.sources.values():
        if source is not None:
            located = source.locator.locate(root, os.environ)
            header = dict.fromkeys(_header(source, located, bounds), located.called)
            known.files[source.contract] = header | known.files.get(source.contract, {})


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _add_datasets(known: Known, resolved: Project) -> None:
    for name in known.sections["datasets"]:
        columns = known.datasets.setdefault(name, KnownColumns())
        dataset = resolved.datasets.get(name)
        if dataset is None:
            columns.open = known.columns.open = True
        else:
            columns.add(dataset.table.served)
            known.columns.add(dataset.table.served)
            if dataset.table.served.open:
                columns.open = known.columns.open = True
            for stage in dataset.stages:
                known.columns.add({**stage.before.served, **stage.after.served})


def _add_features(known: Known, definitions: Definitions, resolved: Project) -> None:
    """Add what steps can use: features, what the steps of models make, and everything in steps that no model uses."""
    for columns in known.datasets.values():
        known.features.add(columns.names)
        known.features.open = known.features.open or columns.open
    for name in known.sections["models"]:
        model = resolved.models.get(name)
        if model is None and items_of(name, resolved.models):
            continue
        if model is None:
            known.features.open = True
        else:
            for stage in model.stages:
                known.features.add({**stage.before, **stage.after})
    used = [one.model.preprocessing for one in definitions.models.values() if one is not None]
    for name, steps in definitions.preprocessing.items():
        if name not in used:
            known.features.add(dict.fromkeys(_mentioned(steps or ())))


def _mentioned(steps: Iterable[Op]) -> Iterator[str]:
    """Yield the names of columns in steps."""
    for step in steps:
        if isinstance(step.columns, Selector):
            yield from step.columns.names or step.columns.excluded


def _header(source: Source, located: Located, bounds: Bounds) -> list[str]:
    """Return the columns of a source's file; empty if it does not exist, cannot be read, or is outside the
    bounds.
    """
    try:
        file = located.sample
        if not file or not bounds.hold(file):
            return []
        try_reading(source.format, file)
        return source.format.header(file)
    except (Failed, OSError, ValueError):
        return []
