"""`mlbuild describe TABLE [OTHER]`: show statistics of a source, dataset or file, or compare those of two."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from mlbuild.cli.built import built
from mlbuild.cli.exits import DATA, OK, STALE, TASK, Stopped, UsageError
from mlbuild.cli.output.data.statistics import column_lines, comparison_lines, table_lines, without_texts
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.like import form_like, source_named
from mlbuild.cli.reading.row_files import readable
from mlbuild.cli.reading.unparsed import notes
from mlbuild.data.faults import Fault, failure_lines
from mlbuild.data.statistics.distance import distances
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.diagnostics import Failed
from mlbuild.engine.store.store import open_store
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.pipeline.builds.records import built_by
from mlbuild.pipeline.builds.revision import commit_at
from mlbuild.pipeline.described import (
    Description,
    description_at,
    description_by,
    description_like,
    description_of,
    description_of_file,
)
from mlbuild.pipeline.parts import SPLITS, WHOLE
from mlbuild.pipeline.private import private_in, private_of
from mlbuild.pipeline.tasks import describe
from mlbuild.shown import shown, told
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show statistics of each column of a table: missing and distinct values, range, distribution, and how much of a target "
        "the column determines by itself (0 to 1). With a second table, compare the two. 'psi' is the population stability index "
        "(* marks values from 0.1, ** from 0.25). 'largest' is the largest difference between the cumulative distributions or, for texts and "
        "bools, between the shares of a value. 'shift' is the difference of the means in standard deviations. "
        "A table is a source or dataset (birds), a part of a dataset (birds:test), either of them in "
        "an earlier build (birds@BUILD, birds:test@BUILD) or in the last build of a git revision (birds@HEAD~1), or a data file. "
        "Tables of the project are built first if they are out of date."
    )
    parser.add_argument(
        "table",
        metavar="TABLE",
        help="source, dataset, NAME:PART, NAME@BUILD, NAME@REVISION, or data file",
    )
    parser.add_argument("other", nargs="?", metavar="OTHER", help="table to compare with it")
    parser.add_argument("--like", metavar="SOURCE", help="read data files like this source")
    parser.add_argument("--column", metavar="NAME", help="show only this column, with all its statistics")


@frozen
class _Table:
    """A table that was asked for: its statistics, and the part to show.

    Of a file, also why columns are left out, and which values could not be read. Of a revision, `build` is the build
    that described it.
    """

    name: str
    description: Description
    left_out: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    private: Collection[str] = ()
    part: str = WHOLE
    build: str | None = None

    @property
    def known(self) -> TableStatistics:
        """The statistics, to compute with."""
        return self.description.tables[self.part]

    @property
    def shown(self) -> TableStatistics:
        """The statistics without the values of private columns."""
        return self.counted()[self.part]

    def counted(self) -> Mapping[str, TableStatistics]:
        """Return the statistics of each part without the values of private columns."""
        return {part: one.without_values(self.private) for part, one in self.description.tables.items()}

    def notes(self) -> list[str]:
        made = [f"in build {self.build}"] if self.build else []
        left_out = [f"column '{name}' is left out: it {why}" for name, why in self.left_out.items()]
        return [
            *(told(f"{self.name}: {note}") for note in (*made, *left_out)),
            *notes(self.name, self.faults),
        ]

    def title(self) -> str:
        rows = counted(self.shown.rows, "row")
        if self.part == WHOLE:
            return f"{shown(self.name)}: {rows}"
        named = self.name if ":" in self.name else f"{self.name}:{self.part}"
        others = [
            f"{part} {table.rows:,}" for part, table in self.description.tables.items() if part != self.part
        ]
        return f"{shown(named)}: {rows} ({', '.join(others)})"


def run(args: argparse.Namespace) -> int:
    finder = _Finder(args)
    tables = [finder.table(name) for name in (args.table, args.other) if name is not None]
    if args.like is not None and not finder.files:
        raise UsageError("--like is only for data files")
    if args.column is not None:
        tables = [_narrowed(table, args.column) for table in tables]
    if args.json:
        content = _content(tables)
        show_document(document("describe", OK, without_texts(content) if args.no_samples else content))
    elif len(tables) == 2:
        one, other = (table.shown for table in tables)
        found = distances(*(table.known.columns for table in tables))
        show(
            [
                *(table.title() for table in tables),
                "",
                *comparison_lines(one, other, found, not args.no_samples),
            ]
        )
    elif args.column is not None:
        parts = {part: found.columns[args.column] for part, found in tables[0].counted().items()}
        show([tables[0].title(), "", *column_lines(parts, not args.no_samples)])
    else:
        [table] = tables
        targets = table.description.association
        show([table.title(), "", *table_lines(table.shown, targets, not args.no_samples)])
    if not args.json:
        show(line for table in tables for line in table.notes())
    return OK


def _narrowed(table: _Table, column: str) -> _Table:
    """Return the table with one column.

    Raises:
        UsageError: It has no such column.
    """
    if column not in table.shown.columns:
        near = did_you_mean(column, table.shown.columns) or f"its columns: {listed(table.shown.columns)}"
        raise UsageError(f"'{shown(table.name)}' has no column '{shown(column)}'", near)
    tables = {
        part: TableStatistics(found.rows, {column: found.columns[column]})
        for part, found in table.description.tables.items()
    }
    return replace(table, description=Description(tables, table.description.association))


def _content(tables: list[_Table]) -> dict[str, Any]:
    found = [
        {
            "table": table.name,
            "part": table.part,
            "parts": {part: one.to_json() for part, one in table.counted().items()},
            "association": table.description.association,
            "left_out": dict(table.left_out),
            "violations": [fault.to_json() for fault in table.faults],
            "build": table.build,
        }
        for table in tables
    ]
    if len(tables) == 1:
        return found[0]
    apart = distances(tables[0].known.columns, tables[1].known.columns)
    return {"tables": found, "distances": {name: one and one.to_json() for name, one in apart.items()}}


class _Finder:
    """Finds tables by what people call them. The spec is loaded once, and only if a table is not a file."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._loaded: Spec | None = None
        #: How many tables were files.
        self.files = 0

    @property
    def _spec(self) -> Spec:
        self._loaded = self._loaded or load_spec(self._args, warned=False)
        return self._loaded

    def table(self, asked: str) -> _Table:
        """Return a table.

        Raises:
            UsageError: There is no such table, or no such part of it.
            Stopped: It cannot be described.
        """
        if os.path.lexists(asked) and not os.path.isdir(asked):  # noqa: PTH112  # the name can be any text
            self.files += 1
            return self._file(asked)
        name, _, build = asked.partition("@")
        name, _, part = name.partition(":")
        spec = self._spec
        if name not in (known := [*spec.sources, *spec.datasets]):
            near = did_you_mean(name, known) or f"sources and datasets: {listed(known)}"
            raise UsageError(f"there is no source, dataset or file '{shown(asked)}'", near)
        made, description = self._earlier(spec, name, build) if build else (None, self._built(spec, name))
        parts = [*description.tables]
        if part and part not in parts:
            help_ = f"its parts: {listed(parts)}" if parts != [WHOLE] else "it is not split"
            raise UsageError(f"'{name}' has no part '{shown(part)}'", help_)
        ordered = _ordered(description, [*_columns(spec, name)])
        return _Table(asked, ordered, private=private_in(spec, name), part=part or parts[0], build=made)

    def _file(self, asked: str) -> _Table:
        file, like, private = Path(asked), self._args.like, self._args.no_samples
        try:
            if like is None:
                readable(file)
                return _Table(asked, *description_of_file(file))
            source = source_named(self._spec, like)
            found, left_out, faults = description_like(file, form_like(source, file), source.contract)
        except OSError as error:
            why = (error.strerror or str(error)).casefold()
            raise UsageError(f"cannot read '{shown(asked)}': {why}") from None
        except Failed as failed:
            lines = failure_lines(failed.failure)
            message = f"cannot read '{shown(asked)}': {failed.failure.message}"
            raise Stopped(message, code=DATA, lines=lines) from None
        if not found.tables[WHOLE].columns:
            message = f"'{shown(asked)}' has none of the columns of source '{shown(like)}'"
            raise Stopped(message, f"the file is read with the options of '{shown(like)}'", DATA)
        told = [fault.without_values() if private else fault.keeping(private_of(source)) for fault in faults]
        return _Table(asked, found, left_out, told, private_of(source))

    def _built(self, spec: Spec, name: str) -> Description:
        action = built(self._args, spec, describe.task_of(name), f"'{name}' cannot be described")
        found = description_of(open_store(spec.root), action)
        if found is None:
            raise Stopped(
                f"the statistics of '{name}' were removed from the store", "run the command again", STALE
            )
        return found

    def _earlier(self, spec: Spec, name: str, build: str) -> tuple[str | None, Description]:
        """Return the description in a build, or in the last build of a revision, which is also returned."""
        store = open_store(spec.root)
        if not built_by(store, build):
            commit = commit_at(spec.root, build)
            if commit is None:
                raise UsageError(f"there is no build or git revision '{shown(build)}'")
            described = description_at(store, spec, commit, name)
            if described is None:
                message = f"the store has no build of revision '{shown(build)}' that described '{name}'"
                raise Stopped(message, f"make one: {self._making(build, name)}", TASK)
            return described
        try:
            found = description_by(store, build, name)
        except KeyError as error:
            raise UsageError(str(error.args[0])) from None
        if found is None:
            raise Stopped(
                f"the statistics of '{name}' in build {shown(build)} are no longer in the store", code=STALE
            )
        return None, found

    def _making(self, revision: str, name: str) -> str:
        """Return the commands that describe a table as it is in a revision, whether or not it differs from now."""
        given = ["-f", self._args.file] if self._args.file else []
        profiles = [word for profile in self._args.profiles for word in ("--profile", profile)]
        build = shlex.join(["mlbuild", *given, *profiles, "build", "--force", describe.task_of(name)])
        return f"git checkout {shlex.quote(revision)} && {build} && git checkout -"


def _columns(spec: Spec, name: str) -> Mapping[str, Any]:
    tables = spec.sources if name in spec.sources else spec.datasets
    return tables[name].table.columns


def _ordered(description: Description, names: list[str]) -> Description:
    """Return the description with the columns in the order of the spec."""
    tables = {}
    for part, table in description.tables.items():
        columns = [name for name in dict.fromkeys([*names, *table.columns]) if name in table.columns]
        tables[part] = TableStatistics(table.rows, {name: table.columns[name] for name in columns})
    return Description(
        {part: tables[part] for part in (*SPLITS, WHOLE) if part in tables}, description.association
    )
