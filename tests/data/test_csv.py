"""A CSV file means what Python's `csv` module reads in strict mode, or it is refused at the right line."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mlbuild.data.formats.texts import csv_scan, csv_table
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.data.formats.texts.csv_table import read_csv
from mlbuild.diagnostics import Failed
from tests.budget import examples, seed, tell
from tests.data.csv_oracle import Refusal, meaning, standard

EIGHT = ["1,a", "2,b", r'"12\" pipe",2', "3,c", "4,d", r'"12\" pipe",2', "5,e", "6,f"]
TWICE = 'help: double a quote inside a quoted field: ""'

REFUSED = {
    "backslashes before quotes": (
        "size,kind\n" + "\n".join(EIGHT),
        "line 4: unexpected text after the closing quote of a field",
        [r'help: csv has no escape \"; double a quote inside a quoted field: ""'],
    ),
    "json with backslashes": (
        'a,b\n1,"{\\"k\\": 1}"\n',
        "line 2: unexpected text after the closing quote of a field",
        [r'help: csv has no escape \"; double a quote inside a quoted field: ""'],
    ),
    "quotes in a quoted field": (
        'a,b\n1,x\n2,"the "old" town, north"\n',
        "line 3: unexpected text after the closing quote of a field",
        [TWICE],
    ),
    "text after a quoted field": (
        'a,b\n1,"2"x\n',
        "line 2: unexpected text after the closing quote of a field",
        [TWICE],
    ),
    "a blank after a quoted field": (
        'a,b\n"1" ,2\n',
        "line 2: unexpected text after the closing quote of a field",
        [TWICE],
    ),
    "a quote that swallows the next field": (
        'a,b\n1,"two\n3,"four"\n',
        "line 3: unexpected text after the closing quote of a field that starts on line 2",
        [TWICE],
    ),
    "a quote that is not closed": (
        'a,b\n1,"x\ny"\n2,"3\n4,5\n',
        "line 4: a quoted field is never closed",
        [],
    ),
    "a header that is not closed": (
        'a,"b\n1,2\n',
        "line 1: a quoted field is never closed",
        [],
    ),
    "a NUL byte": ("a,b\n1,2\n3,\0\n", "line 3 contains a NUL byte", []),
    "a short row": ('a,b\n"1\n2",3\n4\n', "row 2 (line 4) has 1 field, but the header has 2", []),
    "a long row": ("a,b\n\n\n1,2,3\n", "row 1 (line 4) has 3 fields, but the header has 2", []),
    "a blank line, and a long row at the end": (
        "a,b\n1,2\n\n3,4,",
        "row 2 (line 4) has 3 fields, but the header has 2",
        [],
    ),
    "a short row, and a long one at the end": (
        "a,b\n1\n3,4,",
        "row 1 (line 2) has 1 field, but the header has 2",
        [],
    ),
    "carriage returns in one column": (
        "a\r\r\n1\r\r\n",
        "line 1 ends in a carriage return without a line feed",
        [],
    ),
}


@pytest.mark.parametrize(("text", "reason", "lines"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_read_in_one_way_is_refused(
    tmp_path: Path, text: str, reason: str, lines: list[str]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(text.encode())
    with pytest.raises(Failed) as caught:
        read_csv(file, Dialect())
    failure = caught.value.failure
    assert (failure.kind, failure.message) == ("data", f"cannot read the file as csv: {reason}")
    assert failure.details.get("lines", []) == lines


READ = {
    "a quote in a field without quotes around it": ('size,n\n12" pipe,1\n', [['12" pipe', "1"]]),
    "quotes of both kinds": ('a,b\n12" pipe,"x,""y"""\n', [['12" pipe', 'x,"y"']]),
    "a quote after a blank": ('a,b\n1, "x"\n', [["1", ' "x"']]),
    "lines that a program ended twice": ("a,b\r\r\n1,no\r\r\n2,yes\r\r\n", [["1", "no"], ["2", "yes"]]),
    "lines that end in carriage returns alone": ("a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
    "line ends in quotes": ('a,b\r\n"x\ry","p\r\nq"\r\n', [["x\ry", "p\r\nq"]]),
    "a header of several lines": ('"a\nb",c\n1,2\n', [["1", "2"]]),
    "rows without a line end": ('a,b\n1,""', [["1", ""]]),
}


@pytest.mark.parametrize(("text", "rows"), READ.values(), ids=list(READ))
def test_what_the_standard_library_reads_is_read_as_it_does(
    tmp_path: Path, text: str, rows: list[list[str]]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(text.encode())
    assert read_or_line(file, Dialect()) == standard(text.encode(), ",")
    assert read_csv(file, Dialect())[0].fill_null("").rows() == [tuple(row) for row in rows]


def test_the_longest_field_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f'a,b\n12" pipe,"{"x" * 200_000}"\n')
    assert read_csv(file, Dialect())[0].row(0)[1] == "x" * 200_000


#: The parts of fields, and what makes a file odd.
PLAIN = ["a", "b", "1", "é", " ", "2.5", "", "\\", "'", "\u2028", "\x85"]
ODD = ['"', '""', "\n", "\r\n", "\r", ",", ";", '\\"', '" ', ' "', "\0", "\ufeff", '"\n"', '","']
BYTES = [b"\xff", b"\xc3", b"\0", b'"', b"\r", b"\n", b","]


def odd_file(random: Random) -> tuple[str, bytes]:
    """Return a delimiter and a file with rows as some program writes them; in half of the cases, something is
    wrong.
    """
    delimiter, width = random.choice(",,,;\t| a"), random.choice([1, 2, 2, 3, 5])
    end = random.choice(["\n", "\n", "\n", "\r\n", "\r\n", "\r\r\n", "\r"])
    write = _sloppily if random.random() < 0.2 else _carefully
    texts = [[f"c{index}" for index in range(width)]]
    for _ in range(random.choice([0, 1, 2, 4, 9])):
        texts.append(
            [_text(random, random.choice([0, 1, 2, 5]), random.random() < 0.4) for _ in range(width)]
        )
        texts += [[""]] * (random.random() < 0.1)
    lines = [delimiter.join(write(text, delimiter, random) for text in row) for row in texts]
    text = random.choice(["", "", "", "\ufeff", "\n"]) + end.join(lines) + random.choice([end, end, ""])
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(ODD) + text[at + random.choice([0, 1]) :]
    content = text.encode()
    if random.random() < 0.05:
        at = random.randrange(len(content) + 1)
        content = content[:at] + random.choice(BYTES) + content[at:]
    return delimiter, content


def _text(random: Random, length: int, odd: bool = True) -> str:
    pieces = [*PLAIN, *ODD[:10]] if odd else PLAIN
    return "".join(random.choice(pieces) for _ in range(length))


def _carefully(text: str, delimiter: str, random: Random) -> str:
    needed = set(text) & {delimiter, "\r", "\n", '"'}
    return '"' + text.replace('"', '""') + '"' if needed or (text and random.random() < 0.3) else text


def _sloppily(text: str, delimiter: str, random: Random) -> str:
    """Format a field like a program that quotes fields if necessary, but does not double quotes in them."""
    needed = set(text) & {delimiter, "\r", "\n"} or text.startswith('"')
    return '"' + text.replace('"', '""') + '"' if needed else text


def read_or_line(file: Path, dialect: Dialect) -> list[list[str]] | int | None:
    """Return the table in a file, or the line that it is refused for, if one is named."""
    try:
        rows, header = read_csv(file, dialect)
    except Failed as failed:
        assert failed.failure.kind == "data"
        named = re.search(r"\bline ([0-9]+)", failed.failure.message)
        return int(named[1]) if named else None
    return [header, *map(list, rows.fill_null("").iter_rows())]


def test_every_file_is_read_as_the_standard_library_does_or_refused_at_the_right_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, file = Random(seed()), tmp_path / "rows.csv"
    exact = 0
    slowly = csv_table._read_exactly

    def counted(*args: Any) -> Any:
        nonlocal exact
        exact += 1
        return slowly(*args)

    monkeypatch.setattr(csv_table, "_read_exactly", counted)
    files, read, quick = examples(600, 20_000), 0, 0
    for _ in range(files):
        # With such small chunks, every pattern is cut somewhere.
        monkeypatch.setattr(csv_scan, "_CHUNK", random.choice([64, 128, 1 << 18]))
        delimiter, content = odd_file(random)
        file.write_bytes(content)
        exact = 0
        found, wanted = read_or_line(file, Dialect(delimiter)), meaning(content, delimiter)
        told = (content, delimiter, found, wanted)
        if isinstance(wanted, Refusal):
            assert not isinstance(found, list), told
            assert (found in wanted.lines) if wanted.lines else found is None, told
        else:
            assert found == wanted, told
            assert standard(content, delimiter) == wanted, told
            read, quick = read + 1, quick + (not exact)
    tell(
        f"{files} csv files: {quick} read by polars and {read - quick} by csv, all as csv does; {files - read} refused, each at the right line"
    )
    assert files * 0.4 < read < files * 0.9
    assert quick > read * 0.5


def test_a_large_file_is_read_in_parts_as_in_one(tmp_path: Path) -> None:
    random, file = Random(seed()), tmp_path / "rows.csv"
    for _ in range(examples(1, 20)):
        texts = [_text(random, random.choice([0, 1, 3, 30])) for _ in range(40)]
        style = random.choice(["excel", "unix"])
        buffer, width = io.StringIO(newline=""), random.choice([2, 3, 5])
        writer = csv.writer(buffer, dialect=style)
        writer.writerow([f"c{index}" for index in range(width)])
        while buffer.tell() < examples(3_000_000, 20_000_000):
            writer.writerow([random.choice(texts) for _ in range(width)])
        file.write_bytes(buffer.getvalue().encode())
        assert read_or_line(file, Dialect()) == standard(file.read_bytes(), ",")


def test_rows_are_reported_batch_by_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_BATCH", 2)
    file, heard = tmp_path / "rows.csv", list[Any]()
    file.write_bytes(b"a,b\n" + b"1,2\n" * 4 + b"1,2\r1,2\n")  # such line ends are not left to polars
    rows, _ = read_csv(file, Dialect(), lambda *progress: heard.append(progress))
    assert rows.height == 6
    assert heard == [(rows, None, "rows") for rows in (2, 4, 6)]
