"""The properties that every format must have: it reads back what it writes, and refuses damaged files with a clear
message.
"""

from __future__ import annotations

import io
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from mlbuild.columns import DTYPES
from mlbuild.data.casts import polars_type
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.by_suffix import KNOWN, NAMED, format_of
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.looks import HEAD, look_at
from mlbuild.data.inference import infer
from mlbuild.data.parsing import Parsing
from mlbuild.data.readings.reading import Reading
from mlbuild.diagnostics import Failed
from mlbuild.params import Choice, Integer, ListOf, MapOf, Param, Text, params_of, read, write
from tests.budget import examples
from tests.data.workbooks import store

#: Texts and names that every format can represent; it may refuse to write the odd ones.
TEXTS = (
    *(
        "a",
        " ",
        "x y",
        "1",
        "1.50",
        "true",
        "null",
        "NaN",
        "2013-10-01",
        "é",
        "日本",
        "😀",
        "a,b",
        "a;b",
        "a\tb",
        "a|b",
    ),
    *(
        '"',
        '""',
        'say "hi"',
        "it's",
        "\\",
        '\\"',
        "two\nlines",
        "two\r\nlines",
        "one\rline",
        "\u2028",
        "\ufeffx",
        "#",
    ),
    *("{", "[1]", '{"a": 1}', "'", "`", "=", "x" * 5_000),
)
ODD = ("\0", "a\0b")
NAMES = (
    "a",
    "a b",
    "a,b",
    "a;b",
    'say "x"',
    "größe",
    "two\nlines",
    "1",
    "null",
    "#a",
    "{a}",
    "[a]",
    "😀",
    "type",
    "\\",
    "'",
)
VALUES: Mapping[str, Sequence[Any]] = {
    "bool": (True, False),
    "int": (0, 1, -1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)),
    "float": (
        0.0,
        -0.0,
        0.1,
        1 / 3,
        1e-300,
        5e-324,
        1.7976931348623157e308,
        1e21,
        2.0**53,
        math.inf,
        -math.inf,
    ),
    "string": TEXTS,
    "date": (date(1, 1, 1), date(1969, 12, 31), date(2013, 10, 1), date(9999, 12, 31)),
    "datetime": (
        *(datetime(1, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999_999), datetime(2013, 10, 1, 5)),
        *(datetime(2013, 10, 1, 5, 0, 0, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)),
    ),
}

#: The formats whose files have one way to write an empty and a missing text. All others tell them apart.
ONE_EMPTY = frozenset({"csv"})

Law = Callable[[type[Format], Path, Random], None]


def it_reads_back_what_it_writes(form: type[Format], folder: Path, random: Random) -> None:
    for options in _options(form):
        _same(options, folder, _every_value())
        for _ in range(examples(6, 300)):
            rows = _table(random, random.sample(NAMES, random.choice([1, 2, 6])), random.choice([1, 2, 40]))
            _same(options, folder, rows)


def it_tells_an_empty_text_from_a_missing_one_where_asked(
    form: type[Format], folder: Path, random: Random
) -> None:
    """In a file of the formats in `ONE_EMPTY`, both are the same, and are read as an empty text."""
    kept = Parsing(dtype="string", empty_is_null=False)
    for options in _options(form):
        texts = ["", None, *TEXTS, None, ""]
        # Some formats have no rows without any value, so no row lacks both texts.
        rows = pl.DataFrame({"x": texts, "y": ["a", *texts[:-1]]})
        read_as = rows.fill_null("") if form.type in ONE_EMPTY else rows
        _same(options, folder, rows, {"x": kept, "y": kept}, read_as)


def it_writes_an_odd_text_or_refuses_it(form: type[Format], folder: Path, random: Random) -> None:
    for text in ODD:
        rows = pl.DataFrame({"x": ["a", text], "y": [1, 2]})
        try:
            _same(form(), folder, rows)
        except Failed as failed:
            assert failed.failure.kind == "data" and "'x'" in failed.failure.message, failed


def it_reads_columns_whose_names_look_like_patterns(form: type[Format], folder: Path, random: Random) -> None:
    """Polars takes a name such as `^a$` for a pattern of names, and `*` for all columns."""
    rows = _every_value().rename(lambda name: f"^{name}.*$")
    rows = rows.with_columns(rows.to_series(0).alias("*"))
    named = {f"c{index}": values for index, values in enumerate(rows)}
    for nulls in ((), ("gone",)):
        ways = {name: Reading(from_=values.name, null_values=nulls) for name, values in named.items()}
        _write(form(), rows, folder / "rows")
        columns = {name: _column(values) for name, values in named.items()}
        back, faults = replace(form(), ways=ways).read(folder / "rows", columns)
        assert (back.columns, [*map(str, faults)]) == ([*named], [])
        for values, found in zip(rows, back, strict=True):
            assert [*map(repr, found)] == [repr(None if one != one or one == "" else one) for one in values]


def it_holds_many_columns(form: type[Format], folder: Path, random: Random) -> None:
    _same(form(), folder, _table(random, [f"c{index}" for index in range(600)], 2))


def it_holds_many_rows(form: type[Format], folder: Path, random: Random) -> None:
    _same(form(), folder, _table(random, ["a", "b"], 20_000))


def it_holds_no_rows(form: type[Format], folder: Path, random: Random) -> None:
    for names in (["a"], ["b", "a"]):
        _same(form(), folder, _table(random, names, 0))


def it_says_what_columns_there_are(form: type[Format], folder: Path, random: Random) -> None:
    file, rows = folder / "rows", _table(random, NAMES, 3)
    _write(form(), rows, file)
    assert form().header(file) == rows.columns
    for wanted in ([], ["1"], [*reversed(NAMES)], ["nowhere", "a"]):
        raw, header = form().raw(file, wanted)
        assert header == rows.columns
        assert sorted(raw.columns) == sorted({*wanted} & {*rows.columns})
    asked = {name: Parsing(dtype="string") for name in ("null", "nowhere")}
    _, faults = form().read(file, {"nowhere": asked["nowhere"]})
    assert [str(fault) for fault in faults] == ["column 'nowhere' is missing"]


def it_writes_the_same_bytes_again(form: type[Format], folder: Path, random: Random) -> None:
    if not form.writable:
        with pytest.raises(NotImplementedError):
            form().write(_table(random, NAMES, 1), io.BytesIO())
        return
    rows = _table(random, NAMES, 20)
    made = [io.BytesIO(), io.BytesIO()]
    for stream in made:
        form().write(rows, stream)
    assert made[0].getvalue() == made[1].getvalue()


def its_drafts_read_the_same(form: type[Format], folder: Path, random: Random) -> None:
    """The guessed options read the file, also when they are written in a spec.

    Nobody can find what only the author of a file knows: which lines to skip, and unusual quotes.
    """
    unknown = dict.fromkeys(("quote", "skip_rows", "comment"))
    for options in (one for one in _options(form) if _has_defaults(one, unknown)):
        for suffix in (*form.suffixes, *form.other_suffixes):
            file, rows = folder / f"draft{suffix.upper()}", _plain_table(random)
            _write(options, rows, file)
            found = infer(file)
            assert type(found.format) is form
            again = read(form, write(found.format))
            assert again == found.format and {*found.remarks} <= {*params_of(form)}
            back, faults = again.read(file, found.columns)
            assert faults == [] and back.equals(found.rows, null_equal=True)
            assert not found.refused
            wanted = {name: _dtype(values) for name, values in zip(rows.columns, rows, strict=True)}
            assert {name: column.dtype for name, column in found.columns.items()} == wanted
            assert back.select(rows.columns).equals(rows, null_equal=True)


def its_options_are_canonical(form: type[Format], folder: Path, random: Random) -> None:
    columns = {"a": Parsing(dtype="int"), "b": Parsing(dtype="string")}
    all_options = [*_options(form)]
    made = [one.canonical(columns) for one in all_options]
    assert [read(form, one) for one in made] == all_options
    assert all(one != other for index, one in enumerate(made) for other in made[:index])
    wider = all_options[0].canonical({**columns, "a": Parsing(dtype="float")})
    assert wider != made[0] and wider["columns"].keys() == columns.keys()


def its_names_are_its_own(form: type[Format], folder: Path, random: Random) -> None:
    others = [one for one in FORMATS if one is not form]
    suffixes = (*form.suffixes, *form.other_suffixes)
    assert form.suffixes and len({*suffixes}) == len(suffixes)
    for suffix in suffixes:
        assert suffix.startswith(".") and suffix == suffix.lower()
        assert not any(suffix in (*one.suffixes, *one.other_suffixes) for one in others)
        assert KNOWN[suffix] is format_of(Path(f"x{suffix.upper()}")) is form
    assert all(NAMED[suffix] is form for suffix in form.suffixes)
    assert form.type not in [one.type for one in others]


def it_refuses_files_of_others(form: type[Format], folder: Path, random: Random) -> None:
    file = folder / "rows"
    for other in FORMATS:
        if other is not form:
            _write(other(), _plain_table(random), file)
            # Nearly every text could be CSV. It is refused only if it looks like something else.
            if form is not Csv or look_at(file.read_bytes()[:HEAD]) is not None:
                assert isinstance(_attempt(form(), file, ["text"]), str)


def it_refuses_what_is_damaged(form: type[Format], folder: Path, random: Random) -> None:
    """A damaged file is refused with a message.

    If the damage cannot be detected, the rows before it are unchanged.
    """
    file, rows = folder / "rows", _plain_table(random)
    _write(form(), rows, file)
    whole, columns = file.read_bytes(), {name: _column(rows[name]) for name in rows.columns}
    for _ in range(60):
        cut = random.randrange(len(whole))
        file.write_bytes(whole[:cut])
        found = _attempt(form(), file, rows.columns)
        if isinstance(found, pl.DataFrame) and found.width == rows.width:
            back, _ = form().read(file, columns)
            kept = max(back.height - 1, 0)
            assert back.height <= rows.height
            assert back.head(kept).equals(rows.head(kept), null_equal=True)
    for _ in range(120):
        flipped = bytearray(whole)
        for _ in range(random.choice([1, 1, 8])):
            flipped[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        file.write_bytes(flipped)
        if not isinstance(_attempt(form(), file, rows.columns), str):
            form().read(file, columns)


#: Fast ones first.
LAWS: tuple[Law, ...] = (
    it_reads_columns_whose_names_look_like_patterns,
    its_names_are_its_own,
    its_options_are_canonical,
    it_says_what_columns_there_are,
    it_writes_the_same_bytes_again,
    it_holds_no_rows,
    it_writes_an_odd_text_or_refuses_it,
    it_tells_an_empty_text_from_a_missing_one_where_asked,
    it_reads_back_what_it_writes,
    its_drafts_read_the_same,
    it_refuses_files_of_others,
    it_refuses_what_is_damaged,
    it_holds_many_rows,
    it_holds_many_columns,
)


def _options(form: type[Format]) -> Iterator[Format]:
    """Yield the format without options, and with each of them with which it can write any table."""
    yield form()
    for param in params_of(form).values():
        for value in samples(param):
            if param.key != "names" and value not in ("windows-1252", "latin-1"):
                yield read(form, {param.key: value})


def _has_defaults(form: Format, keys: Iterable[str]) -> bool:
    params = params_of(type(form))
    return all(vars(form)[params[key].name] == params[key].default for key in keys if key in params)


#: Values of options that could not be combined otherwise.
_SAMPLES: Mapping[str, Sequence[Any]] = {"sheet": ["Rows", 1], "quote": ["'"], "comment": ["#", "//"]}


def samples(param: Param) -> list[Any]:
    """Return values of an option that can be combined with those of other options."""
    kind = param.kind
    if param.key in _SAMPLES:
        return [*_SAMPLES[param.key]]
    if isinstance(kind, ListOf):
        return [["<NA>", "--"]]
    if isinstance(kind, Choice):
        return [value for value in kind.values if value != param.default]
    if isinstance(kind, Integer):
        return [3]
    if isinstance(kind, MapOf):
        return [{"text": {"null_values": ["<NA>"]}}]
    assert isinstance(kind, Text), "say here which values this option can have"
    return [text for text in ";\t|" if re.search(kind.pattern or "", text) and text != param.default]


def _table(random: Random, names: Sequence[str], height: int) -> pl.DataFrame:
    """Return columns of random dtypes with some missing values."""
    return pl.DataFrame([_values(random, name, random.choice([*DTYPES]), height) for name in names])


def _values(random: Random, name: str, dtype: str, height: int) -> pl.Series:
    missing = random.choice([0, 0.2, 0.2, 1])
    pool = [*VALUES[dtype], *([math.nan] if dtype == "float" else [""] if dtype == "string" else [])]
    values = [None if random.random() < missing else random.choice(pool) for _ in range(height)]
    return pl.Series(name, values, polars_type(dtype))


def _every_value() -> pl.DataFrame:
    """Return all values of each dtype, and a missing one."""
    height = max(map(len, VALUES.values())) + 1
    columns = {dtype: [*values, *[None] * (height - len(values))] for dtype, values in VALUES.items()}
    return pl.DataFrame([pl.Series(name, column, polars_type(name)) for name, column in columns.items()])


def _plain_table(random: Random) -> pl.DataFrame:
    """Return a table whose dtypes can be recognized in text, too."""
    days = [date(2013, 1, 1) + timedelta(days=random.randrange(300)) for _ in range(30)]
    return pl.DataFrame(
        {
            "text": [random.choice(["north", 'say "hi"', "two\nlines", "é"]) for _ in days],
            "flag": [random.choice([True, False, None]) for _ in days],
            "whole": [random.randrange(-1000, 1000) for _ in days],
            "share": [random.randrange(1000) + 0.5 for _ in days],
            "day": days,
            "at": [datetime(day.year, day.month, day.day, 5, 30) for day in days],
        }
    )


def _dtype(values: pl.Series) -> str:
    return next(dtype for dtype in DTYPES if polars_type(dtype) == values.dtype)


def _column(values: pl.Series) -> Parsing:
    return Parsing(dtype=_dtype(values))


def _write(form: Format, rows: pl.DataFrame, file: Path) -> None:
    with file.open("wb") as stream:
        store(form, rows, stream)


def _same(
    form: Format,
    folder: Path,
    rows: pl.DataFrame,
    columns: Mapping[str, Parsing] | None = None,
    read_as: pl.DataFrame | None = None,
) -> None:
    """Check that a table is read back unchanged, or as another one: NaN becomes a missing value, and so does an empty
    text if it means one.
    """
    file = folder / "rows"
    _write(form, rows, file)
    columns = columns or {values.name: _column(values) for values in rows}
    back, faults = form.read(file, columns)
    assert [str(fault) for fault in faults] == []
    assert back.columns == rows.columns
    for values, found in zip(rows if read_as is None else read_as, back, strict=True):
        empty = columns[values.name].empty_is_null
        wanted = [None if one != one or (one == "" and empty) else one for one in values]
        # Compare as text, because -0.0 equals 0.0 as a number.
        assert [*map(repr, found)] == [*map(repr, wanted)], values.name
        assert found.dtype == values.dtype


def _attempt(form: Format, file: Path, names: Sequence[str]) -> pl.DataFrame | str:
    """Return the columns of a file, or the message with which it is refused. Anything else is an error."""
    with _silence():
        try:
            return form.raw(file, names)[0]
        except Failed as failed:
            message = failed.failure.message
            assert failed.failure.kind == "data"
            assert message.startswith(f"cannot read the file as {form.type}: ")
            assert "\n" not in message and str(file.parent) not in message and len(message) < 400
            return message


@contextmanager
def _silence() -> Iterator[None]:
    """Check that nothing is printed, not even by a library."""
    with tempfile.TemporaryFile() as printed:
        kept = os.dup(2)
        os.dup2(printed.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        assert printed.seek(0, os.SEEK_END) == 0


if __name__ == "__main__":
    # In a separate process, because polars aborts if a damaged file makes it allocate too much memory.
    name, start, folder = sys.argv[1:]
    (named,) = (one for one in FORMATS if one.type == name)
    it_refuses_what_is_damaged(named, Path(folder), Random(int(start)))
