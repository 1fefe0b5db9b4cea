"""Messy files as programs really write them: a source gives the values that were put in, or names what is wrong.

Each file is drawn from encodings, delimiters, quotes, line ends, archives, decimals, formats of dates and time zones.
Some get a mistake. None may be read as other values without a word.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import zstandard

from mlbuild.data.formats.csv import Csv
from mlbuild.diagnostics import Failed
from mlbuild.frozen import frozen
from mlbuild.params import read
from tests.budget import examples, seed, tell
from tests.data.tables import contract

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with a mark": "utf-8-sig",
    "utf-16": "utf-16",
    "windows-1252": "windows-1252",
    "latin-1": "latin-1",
}
DELIMITERS = (",", ";", "\t", "|")
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%Y%m%d", "%d %b %Y", "%B %d, %Y")
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p")
ZONES = (None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
TEXTS = (
    "Zoë",
    "x",
    "Größe M",
    "a, b",
    "a; b",
    'say "hi"',
    "it's",
    "two\nlines",
    "tab\there",
    "a|b",
    " padded ",
    "# 1",
    "1,5",
    "NA",
)
WORDS = ((None, None), ("ja", "nein"), ("Y", "N"), ("1", "0"), ("wahr", "falsch"))
THOUSANDS = {".": (None, ",", " ", "'"), ",": (None, ".", " ", "'")}
MISSING = ("", "NA", "-", "n/a")
COLUMNS = {
    "name": "string",
    "count": "int",
    "price": "float",
    "paid": "bool",
    "day": "date",
    "at": "datetime",
}


def _zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv", content)
    return made.getvalue()


ARCHIVES: Mapping[str, Callable[[bytes], bytes]] = {"none": bytes, "gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.compress, "zip": _zip}  # fmt: skip


@frozen(eq=False)
class Messy:
    """A file, the source that describes it, the values in it, and its mistake.

    A mistake has the row (from 1; None for a mistake of the whole file) and the column that the message must name.
    """

    content: bytes
    source: Mapping[str, Any]
    rows: list[dict[str, Any]]
    mistake: tuple[str, int | None, str | None] | None


def messy(random: Random) -> Messy:
    """Draw a file."""
    encoding, delimiter = random.choice([*ENCODINGS]), random.choice(DELIMITERS)
    quote = random.choice(['"', '"', '"', "'"])
    end = random.choice(["\n", "\r\n"])
    decimal = random.choice([".", ","])
    thousands = random.choice(THOUSANDS[decimal])
    unit = (
        random.choice(["", " EUR", "€", " kg", "%"]) if encoding != "latin-1" else random.choice(["", " kg"])
    )
    day_format, clock = random.choice(DAYS), random.choice(CLOCKS)
    zone = random.choice(ZONES)
    true, false = random.choice(WORDS)
    missing = random.choice(MISSING)
    comment = random.choice(["", "", "##"])
    skip = random.choice([0, 0, 2])
    headless = random.random() < 0.2

    def number(value: float, places: int) -> str:
        text = f"{abs(value):,.{places}f}" if thousands else f"{abs(value):.{places}f}"
        text = text.replace(",", "\0").replace(".", decimal).replace("\0", thousands or "")
        return f"{'-' if value < 0 else ''}{text}"

    def written(column: str, value: Any) -> str:
        if value is None:
            return missing
        match column:
            case "count":
                return number(value, 0)
            case "price":
                return number(value, 2) + unit
            case "paid":
                return {True: true or "true", False: false or "FALSE"}[value]
            case "day":
                return str(value.strftime(day_format))
            case "at":
                local = value if zone is None else value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
                return str(local.strftime(f"{day_format} {clock}"))
        return str(value)

    rows = [_row(random, clock, missing) for _ in range(random.choice([1, 3, 12]))]
    header = [*COLUMNS]
    texts = [[written(column, row[column]) for column in COLUMNS] for row in rows]
    mistake = _spoil(random, header, texts, missing) if random.random() < 0.4 else None

    def field(text: str) -> str:
        special = {delimiter, quote, "\r", "\n"} & {*text}
        return quote + text.replace(quote, quote * 2) + quote if special or random.random() < 0.1 else text

    lines = [delimiter.join(map(field, line)) for line in ([] if headless else [header]) + texts]
    if comment:
        lines.insert(random.randrange(len(lines) + 1), f"## exported{delimiter}by {quote} hand")
    lines = ["Report", f'"made{delimiter}today'][:skip] + lines
    text = end.join(lines) + random.choice(["", end])
    content = text.encode(ENCODINGS[encoding])
    number_keys = {"decimal": decimal} | ({"thousands": thousands} if thousands else {})
    source = (
        {
            "delimiter": delimiter,
            "quote": quote,
            "encoding": encoding.split(" ")[0],
            "comment": comment,
            "skip_rows": skip,
            "read": {
                "count": number_keys,
                "price": number_keys | ({"suffix": unit.strip()} if unit else {}),
                "paid": {"true": true, "false": false} if true else {},
                "day": {"format": day_format},
                "at": {"format": f"{day_format} {clock}"} | ({"time_zone": zone} if zone else {}),
            },
        }
        | ({"names": [*COLUMNS]} if headless else {})
        | ({"null_values": [missing]} if missing else {})
    )
    if headless and mistake and mistake[0] in ("duplicate header", "lost column"):
        mistake = None
    return Messy(random.choice([*ARCHIVES.values()])(content), source, rows, mistake)


def _row(random: Random, clock: str, missing: str) -> dict[str, Any]:
    at = datetime(2020, 1, 1) + timedelta(seconds=random.randrange(150_000_000))
    # Local times that occur twice are tested elsewhere.
    at = at.replace(
        month=random.choice([1, 2, 5, 6, 7, 8, 12]),
        day=min(at.day, 28),
        second=at.second if "%S" in clock else 0,
    )
    row = {
        "name": random.choice([text for text in TEXTS if text != missing]),
        "count": random.choice([0, 7, -12, 1234, 1_234_567]),
        "price": random.choice([0.5, -3.25, 1234.75, 9_876_543.25]),
        "paid": random.random() < 0.5,
        "day": date(2000, 1, 1) + timedelta(days=random.randrange(9_000)),
        "at": at,
    }
    return {column: None if random.random() < 0.1 else value for column, value in row.items()}


def _spoil(
    random: Random, header: list[str], texts: list[list[str]], missing: str
) -> tuple[str, int | None, str | None] | None:
    """Make a mistake in the header or in a row."""
    row, columns = random.randrange(len(texts)), [*COLUMNS]
    bad = {"count": "12x", "price": "1.2.3", "paid": "perhaps", "day": "31.02.2020", "at": "yesterday"}
    kind = random.choice(["value", "value", "short row", "long row", "duplicate header", "lost column"])
    if kind == "value":
        column = random.choice([*bad])
        texts[row][columns.index(column)] = bad[column]
        return kind, row + 1, column
    if kind == "short row":
        texts[row].pop()
        return kind, row + 1, None
    if kind == "long row":
        texts[row].append("more")
        return kind, row + 1, None
    column = random.choice(columns)
    if kind == "duplicate header":
        header[columns.index(column)] = header[columns.index(column) - 1]
        return kind, None, column
    header[columns.index(column)] = "other"
    return kind, None, column


def told(file: Path, messy: Messy) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """Return the rows of a file, and what is reported about it."""
    columns = contract({name: {"dtype": dtype, "nullable": True} for name, dtype in COLUMNS.items()}).columns
    form = read(Csv, messy.source)
    assert [*form.check(), *form.judge(columns)] == []
    try:
        rows, faults = form.read(file, columns)
    except Failed as failed:
        return None, [failed.failure.message]
    return rows.to_dicts(), [str(fault) for fault in faults]


def test_messy_files_give_the_values_that_were_put_in_or_a_message(tmp_path: Path) -> None:
    random, file = Random(seed()), tmp_path / "rows.csv"
    files, wrong = examples(200, 20_000), 0
    for _ in range(files):
        one = messy(random)
        file.write_bytes(one.content)
        found, messages = told(file, one)
        shown = (one.source, one.mistake, messages, found, one.rows)
        if one.mistake is None:
            assert (found, messages) == (one.rows, []), shown
            continue
        wrong += 1
        kind, row, column = one.mistake
        named = [
            message for message in messages if row is None or f"row {row} " in f"{message} ".replace(")", " ")
        ]
        assert named, shown
        assert column is None or any(f"'{column}'" in message for message in named), shown
        if kind == "value":
            assert found is not None and row is not None and column is not None
            expected = [dict(line) for line in one.rows]
            expected[row - 1][column] = None
            assert found == expected, shown
    tell(
        f"{files} messy files: {files - wrong} give the values that were put in; {wrong} with a mistake are refused by row and column"
    )
    assert files * 0.2 < wrong < files * 0.6
