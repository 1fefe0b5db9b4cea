"""New files of sources on the command line: what the dataset of an output makes of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.cli.built import build_for, failed
from mlbuild.cli.exits import STALE, Stopped, UsageError
from mlbuild.cli.output.printing import say
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.like import form_like, source_named
from mlbuild.cli.reading.names import unknown
from mlbuild.data.crashes import try_reading
from mlbuild.data.formats.by_suffix import format_of
from mlbuild.data.formats.format import Format
from mlbuild.engine.store.store import open_store
from mlbuild.hints import listed
from mlbuild.params import Json
from mlbuild.pipeline.parts import WHOLE, stored_table
from mlbuild.pipeline.scoring.new_file import NewFile
from mlbuild.pipeline.scoring.new_rows import LeftOut, NewRows, Prepared
from mlbuild.regular import is_regular
from mlbuild.shown import shown
from mlbuild.spec.spec import SourceSpec, Spec

if TYPE_CHECKING:
    import polars as pl


class NewFiles:
    """The new files that a command names, for the rows of an output.

    Raises:
        UsageError: There is no such output, source or file, or none of the files has rows to predict.
        BadSpec: The spec has errors.
        Failed: Of kind `data`: a file cannot be read, or does not have what is needed.
    """

    def __init__(self, args: argparse.Namespace, output: str) -> None:
        self._args = args
        self._spec = load_spec(args, warned=False)
        if output not in self._spec.outputs:
            raise unknown("output", output, self._spec.outputs)
        self._output = self._spec.outputs[output]
        self._dataset = self._spec.datasets[self._spec.models[self._output.model].dataset]
        self._keep = _kept(args.keep, [*self._dataset.table.columns])
        self._files = {name: self._read(name, file) for name, file in self._named(args.source)}
        if self._dataset.source not in self._files:
            what = f"the rows of output '{output}' come from source '{self._dataset.source}'"
            raise UsageError(what, f"add --source {self._dataset.source}=FILE")
        self._rows = NewRows(self._spec, self._output, self._files)
        self._rows.check(self._keep)

    def prepared(self) -> Prepared:
        """Return the rows after the steps of the dataset. Sources without a new file are built first.

        Raises:
            Failed: Of kind `data`: the rows violate a contract that is checked, or what a step requires.
            Stopped: A source cannot be built.
        """
        compared = self._compared() if self._args.check else []
        stored = self._stored([*self._rows.needed(), *(name for name, _ in compared)])
        if self._args.check:
            every = {**stored, **{name: one.rows for name, one in self._files.items()}}
            columns = {(name, column): every[name][column] for name, column in compared}
            for name, one in self._files.items():
                for fault in one.check(columns, self._rows.unknown(name)):
                    self._say(f"warning: {fault.without_values() if self._args.no_samples else fault}")
        found = self._rows.prepared(stored)
        for line in _lines(self._spec, found):
            self._say(line)
        return found

    def kept(self, found: Prepared) -> pl.DataFrame:
        return found.table.select(self._keep)

    def document(self, found: Prepared) -> Json:
        """Return what a program is told about the rows."""
        left = [{"op": one.op, "at": [*one.at], "needs": one.needs} for one in found.left_out]
        return {"steps": [*found.steps], "left_out": left, "gathered": [*found.gathered]}

    def _say(self, line: str) -> None:
        if not self._args.quiet and not self._args.json:
            say([line])

    def _named(self, words: Sequence[str]) -> Iterator[tuple[str, Path]]:
        seen = set[str]()
        for word in words:
            name, equals, file = word.partition("=")
            if not equals or not file:
                raise UsageError(f"--source '{shown(word)}' is not NAME=FILE")
            if name in seen:
                raise UsageError(f"--source gives source '{shown(name)}' twice")
            seen.add(name)
            yield name, Path(file)

    def _read(self, name: str, file: Path) -> NewFile:
        source = source_named(self._spec, name)
        if not is_regular(file):
            raise UsageError(f"there is no file '{shown(str(file))}'")
        form = _form(source, file)
        try_reading(form, file)
        try:
            return NewFile.read(file, form, source)
        except OSError as error:
            why = (error.strerror or str(error)).casefold()
            raise UsageError(f"cannot read '{shown(str(file))}': {why}") from None

    def _compared(self) -> list[tuple[str, str]]:
        """Return the sources and columns that rules of the contracts compare with."""
        rules = (one.source.contract.rules() for one in self._files.values())
        return [*dict.fromkeys(other for one in rules for other in one.others())]

    def _stored(self, names: Sequence[str]) -> Mapping[str, pl.DataFrame]:
        """Return the rows of sources, whose contracts hold."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._files]
        if not wanted:
            return {}
        targets = [f"{kind}:{name}" for name in wanted for kind in ("contract", "source")]
        result = build_for(self._args, self._spec, targets)
        if not result.ok:
            raise failed(result, "the other sources cannot be read")
        contents = open_store(self._spec.root).contents
        found: dict[str, pl.DataFrame] = {}
        for name in wanted:
            columns = self._spec.sources[name].table.columns
            rows = stored_table(contents, result.actions[f"source:{name}"], WHOLE, columns)
            if rows is None:
                raise Stopped(
                    f"the rows of '{name}' were removed from the store", "run the command again", STALE
                )
            found[name] = rows
        return found


def _form(source: SourceSpec, file: Path) -> Format:
    """Return how a file is read: like its source, unless its name says that it has another format."""
    kind, form = format_of(file), source.source.format
    if kind is None or kind is type(form):
        return form_like(source, file)
    return replace(kind(), ways=form.ways).for_file(file.name)


def _kept(words: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the columns that `--keep` names, each as it is or several with commas."""
    names: list[str] = []
    for word in words:
        for name in [word] if word in columns else word.split(","):
            if name not in columns:
                raise unknown("column", name, columns, "columns of the dataset")
            names.append(name)
    return [*dict.fromkeys(names)]


def _lines(spec: Spec, found: Prepared) -> Iterator[str]:
    for one in found.left_out:
        yield _left_out(spec, one)
    for step in found.steps:
        before, after = step["rows_before"], step["rows_after"]
        if after < before:
            yield f"step '{step['op']}' keeps {after:,} of {before:,} rows"
    if found.gathered:
        names = listed(f"'{shown(name)}'" for name in found.gathered)
        yield f"{names}: made from several rows of the files, which must have all the rows that count, such as earlier ones"


def _left_out(spec: Spec, one: LeftOut) -> str:
    file, line = spec.place(one.at)
    why = "it only makes training data smaller"
    if one.needs is not None:
        why = f"it needs '{shown(one.needs)}', which is not known yet"
    return f"step '{one.op}' ({Path(file).name}:{line}) is left out: {why}"
