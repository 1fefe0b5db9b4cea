"""Every format has the required properties, and the tests find planted faults."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest

from mlbuild.data.formats import FORMATS, ndjson, unread
from mlbuild.data.formats import format as format_
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import Format, Guess
from mlbuild.data.formats.format import _present as present
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.sheets import table, workbook
from mlbuild.data.formats.sheets.cell import value_of
from mlbuild.data.formats.texts.ndjson_rows import typed
from mlbuild.data.parsing import Parsing
from tests.budget import examples, seed, tell
from tests.data.format_law import LAWS, ONE_EMPTY, Law

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch, type[Format]], None]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.type)
def test_every_format_keeps_the_law(tmp_path: Path, form: type[Format], law: Law) -> None:
    law(form, tmp_path, Random(seed()))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.type)
def test_no_damage_ends_the_process(tmp_path: Path, form: type[Format]) -> None:
    """Except if polars cannot allocate memory: a damaged file may request more than there is."""
    rounds, aborted = examples(1, 40), 0
    for number in range(rounds):
        words = ["-m", "tests.data.format_law", form.type, str(seed() + number), str(tmp_path)]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=300)
        out_of_memory = done.returncode < 0 and "memory allocation of" in done.stderr
        assert out_of_memory or done.returncode == 0, done.stderr
        aborted += out_of_memory
    tell(
        f"{form.type}: {rounds * 180} damaged files refused or read; {aborted} asked for more memory than there is"
    )
    assert aborted <= rounds / 10


def writes(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Plant:
    """Plant a format that writes another table than it is given."""
    return around("write", lambda former, self, rows, stream: former(self, change(rows), stream))


def reads(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Plant:
    """Plant a format that reads another table than there is."""

    def read(former: Callable[..., Any], *args: object) -> Any:
        rows, faults = former(*args)
        return change(rows), faults

    return around("read", read)


def put(name: str, value: Any) -> Plant:
    return lambda patch, form: patch.setattr(form, name, value)


def around(name: str, change: Callable[..., Any]) -> Plant:
    """Wrap a method; `change` gets the original and its arguments."""

    def plant(patch: Patch, form: type[Format]) -> None:
        former = getattr(form, name)
        patch.setattr(form, name, lambda *args: change(former, *args))

    return plant


def crash(*args: object) -> Any:
    raise ValueError("a library's own words")


def noisy(former: Callable[..., Any], *args: object) -> Any:
    os.write(2, b"thread 'main' panicked")
    return former(*args)


TEXTS, NUMBERS, MOMENTS = cs.string(), cs.numeric(), cs.datetime()
#: Others cannot have faults in what they write.
WRITTEN = [form for form in FORMATS if form.writable]
#: Faults that any format can have.
FAULTS: dict[str, Plant] = {
    "drops the last row": writes(lambda rows: rows.head(max(rows.height - 1, 0))),
    "rounds numbers": writes(lambda rows: rows.cast({pl.Float64: pl.Float32})),
    "cuts off microseconds": writes(lambda rows: rows.with_columns(MOMENTS.dt.truncate("1ms"))),
    "strips blanks": writes(lambda rows: rows.with_columns(TEXTS.str.strip_chars())),
    "writes a word for a missing text": writes(lambda rows: rows.with_columns(TEXTS.fill_null("NA"))),
    "turns rows around": reads(lambda rows: rows.reverse()),
    "forgets a column": reads(lambda rows: rows.drop(rows.columns[5:6])),
    "reads a number for a missing one": reads(lambda rows: rows.with_columns(NUMBERS.fill_null(0))),
    "reads up to a limit": reads(lambda rows: rows.head(10_000)),
    "sorts the header": around("header", lambda former, *args: sorted(former(*args))),
    "raises what a library raises": put("raw", crash),
    "prints": around("raw", noisy),
    "guesses texts": put("guess", lambda self, rows: Guess(self, dict.fromkeys(rows.columns, "string"))),
    "has the suffix of another": lambda patch, form: patch.setattr(
        form, "other_suffixes", FORMATS[FORMATS.index(form) - 1].suffixes
    ),
    "has a suffix in upper case": put("suffixes", (".ROWS",)),
    "forgets the columns": put("canonical", lambda self, columns: {"type": self.type, "columns": {}}),
}
#: Faults of one format.
OWN: dict[str, Callable[[Patch], None]] = {
    "csv: quotes nothing": lambda patch: patch.setattr(
        Csv,
        "write",
        lambda self, rows, stream: rows.write_csv(
            stream, separator=self.dialect.delimiter, quote_style="never"
        ),
    ),
    "csv: always writes commas": lambda patch: patch.setattr(
        Csv, "write", lambda self, rows, stream: rows.write_csv(stream)
    ),
    "csv: never looks for the delimiter": lambda patch: patch.setattr(Csv, "fitting", lambda file: Csv()),
    "csv: takes an empty text for none": lambda patch: patch.setattr(
        format_, "_present", lambda values, column: present(values, Parsing(dtype="int"))
    ),
    "ndjson: makes floats of whole numbers": lambda patch: patch.setattr(
        ndjson,
        "typed",
        lambda name, values: typed(name, [float(one) if type(one) is int else one for one in values]),
    ),
    "ndjson: writes null for infinity": lambda patch: patch.setattr(
        Ndjson, "write", lambda self, rows, stream: rows.write_ndjson(stream)
    ),
    "xlsx: ignores the number format": lambda patch: patch.setattr(workbook, "shown_by", lambda *_: None),
    "xlsx: drops the last column": lambda patch: patch.setattr(
        table, "_name", lambda cell: "" if cell == "at" else str(cell)
    ),
    "xlsx: strips texts": lambda patch: patch.setattr(
        table, "value_of", lambda *args: one.strip() if isinstance(one := value_of(*args), str) else one
    ),
    "parquet: does not say what is damaged": lambda patch: patch.setattr(unread, "_cause", crash),
}


def empties(form: type[Format]) -> Callable[[Patch], None]:
    """Plant a format that reads an empty text for a missing one."""

    def raw(former: Callable[..., Any], *args: object) -> Any:
        rows, header = former(*args)
        return rows.with_columns(TEXTS.fill_null("")), header

    return lambda patch: around("raw", raw)(patch, form)


OWN |= {
    f"{form.type}: takes a missing text for an empty one": empties(form)
    for form in FORMATS
    if form.type not in ONE_EMPTY
}


@pytest.mark.parametrize(("number", "fault"), [*enumerate(FAULTS)], ids=list(FAULTS))
def test_the_law_finds_a_fault_in_any_format(
    tmp_path: Path, monkeypatch: Patch, number: int, fault: str
) -> None:
    form = WRITTEN[number % len(WRITTEN)]
    FAULTS[fault](monkeypatch, form)
    assert broken(tmp_path, form)


@pytest.mark.parametrize("fault", OWN)
def test_the_law_finds_a_fault_of_one_format(tmp_path: Path, monkeypatch: Patch, fault: str) -> None:
    OWN[fault](monkeypatch)
    (form,) = (form for form in FORMATS if form.type == fault.partition(":")[0])
    assert broken(tmp_path, form)


def broken(folder: Path, form: type[Format]) -> bool:
    """Whether a format violates some property."""
    for law in LAWS:
        try:
            law(form, folder, Random(seed()))
        except Exception:  # a planted fault can cause any error, and each means that the law found it
            return True
    return False
