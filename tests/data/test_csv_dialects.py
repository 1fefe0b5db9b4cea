"""CSV files in other dialects, encodings and archives mean what their plain forms mean."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import zstandard

from mlbuild.data.contracts import Column
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.texts import csv_scan, csv_table
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.diagnostics import Failed
from mlbuild.params import read
from tests.budget import examples, seed, tell
from tests.data.csv_oracle import Refusal, meaning
from tests.data.tables import contract
from tests.data.test_csv import odd_file, read_or_line

Options = Mapping[str, Any]


def zipped(content: bytes, *names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("rows.csv",):
            archive.writestr(name, content)
    return made.getvalue()


ARCHIVES: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.compress,
    "zip": zipped,
    "two gzip members": lambda content: gzip.compress(content[:40]) + gzip.compress(content[40:]),
    "two zstd frames": lambda content: zstandard.compress(content[:40]) + zstandard.compress(content[40:]),
    "a zip archive of macOS": lambda content: zipped(content, "__MACOSX/._rows.csv", "data/rows.csv"),
}
#: The rows that each file below has.
ROWS = [("1", "Zoë, x"), ("2", 'say "hi"'), ("3", "")]
READ: Mapping[str, tuple[Options, str | bytes]] = {
    "UTF-16": ({"encoding": "utf-16"}, 'id,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'.encode("utf-16")),
    "UTF-16, big end first": (
        {"encoding": "utf-16"},
        b"\xfe\xff" + 'id,name\r\n1,"Zoë, x"\r\n2,"say ""hi"""\r\n3,\r\n'.encode("utf-16-be"),
    ),
    "UTF-16 without a mark": (
        {"encoding": "utf-16"},
        'id,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'.encode("utf-16-be"),
    ),
    "windows-1252": (
        {"encoding": "windows-1252"},
        'id,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'.encode("windows-1252"),
    ),
    "latin-1": ({"encoding": "latin-1"}, 'id,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'.encode("latin-1")),
    "other quotes": ({"quote": "'"}, "id,name\n1,'Zoë, x'\n2,say \"hi\"\n3,''\n"),
    "no quotes": ({"quote": "", "delimiter": ";"}, 'id;name\n1;Zoë, x\n2;say "hi"\n3;\n'),
    "no header": ({"names": ["id", "name"]}, '1,"Zoë, x"\n2,"say ""hi"""\n3,\n'),
    "no header and blank lines": ({"names": ["id", "name"]}, '\n\n1,"Zoë, x"\n\n2,"say ""hi"""\n3,\n\n'),
    "lines before the header": ({"skip_rows": 2}, 'A report "\nof May\nid,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'),
    "another header instead": ({"skip_rows": 1, "names": ["id", "name"]}, 'a,b,c\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n'),
    "comments": ({"comment": "#"}, '# one\nid,name\n#,\n1,"Zoë, x"\n2,"say ""hi"""\n# 3,4\n3,\n# end'),
    "comments of two characters": ({"comment": "//"}, '//\nid,name\n1,"Zoë, x"\n2,"say ""hi"""\n3,\n//'),
    "everything at once": (
        {"encoding": "windows-1252", "quote": "'", "names": ["id", "name"], "skip_rows": 1, "comment": "#", "delimiter": ";"},
        "x\r\n#y\r\n1;'Zoë, x'\r\n2;say \"hi\"\r\n3;\r\n".encode("windows-1252"),
    ),
}  # fmt: skip


def table(tmp_path: Path, options: Options, content: str | bytes) -> list[tuple[Any, ...]]:
    file = tmp_path / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    raw, header = read(Csv, options).raw(file, ["id", "name"])
    assert header == ["id", "name"]
    return raw.rows()


@pytest.mark.parametrize("case", READ)
def test_each_option_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    options, content = READ[case]
    assert table(tmp_path, options, content) == ROWS
    monkeypatch.setattr(csv_table, "_read_quickly", lambda *args: None)
    assert table(tmp_path, options, content) == ROWS


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("case", ["UTF-16", "comments", "no header"])
def test_files_in_archives_are_read(tmp_path: Path, archive: str, case: str) -> None:
    options, content = READ[case]
    stored = ARCHIVES[archive](content if isinstance(content, bytes) else content.encode())
    assert table(tmp_path, options, stored) == ROWS


TEXT = "id,name\n1,Zoë\n2,x\n"
REFUSED: Mapping[str, tuple[Options, bytes, str]] = {
    "windows-1252 without saying so": ({}, TEXT.encode("windows-1252"), "line 2 is not valid UTF-8: byte 0xEB at offset 12, which is 'ë' in windows-1252"),
    "a byte that windows-1252 does not have": ({"encoding": "windows-1252"}, b"id,name\r\n1,\x81\n", "line 2 is not valid windows-1252: byte 0x81 at offset 11"),
    "UTF-8 that is called windows-1252": ({"encoding": "windows-1252"}, TEXT.encode("utf-8-sig"), "it has the byte order mark of utf-8"),
    "UTF-16 that is called latin-1": ({"encoding": "latin-1"}, TEXT.encode("utf-16"), "it looks like UTF-16 text"),
    "UTF-8 that is called UTF-16": ({"encoding": "utf-16"}, TEXT.encode(), "it is not UTF-16 text, or has no byte order mark"),
    "half a character of UTF-16": ({"encoding": "utf-16"}, TEXT.encode("utf-16")[:-1], "line 3 is not valid utf-16: byte 0x0A at offset 36"),
    "a short row of UTF-16": ({"encoding": "utf-16"}, "id,name\n1,2\n\n3\n".encode("utf-16"), "row 2 (line 4) has 1 field, but the header has 2"),
    "a row without a header": ({"names": ["id", "name"]}, b"1,2\n3,4,5\n", "row 2 (line 2) has 3 fields, but 'names' has 2"),
    "a row after comments": ({"comment": "#", "skip_rows": 2}, b"x\ny\n#\nid,name\n#\n1\n", "row 1 (line 6) has 1 field, but the header has 2"),
    "an open quote after comments": ({"comment": "#", "quote": "'"}, b"#\nid,name\n#\n1,'2\n#\n", "line 4: a quoted field is never closed"),
    "a NUL byte after lines to skip": ({"skip_rows": 1}, b"x\nid,name\n1,\0\n", "line 3 contains a NUL byte"),
    "fewer lines than are skipped": ({"skip_rows": 9}, TEXT.encode(), "it is empty"),
    "a short row in an archive": ({}, gzip.compress(b"id,name\n1\n"), "row 1 (line 2) has 1 field, but the header has 2"),
    "an archive that is cut": ({}, gzip.compress(TEXT.encode())[:-9], "it is a damaged gzip archive: it ends too early"),
    "an archive with a wrong checksum": ({}, gzip.compress(TEXT.encode())[:-8] + bytes(8), "it is a damaged gzip archive: CRC check failed"),
    "a bzip2 archive that is cut": ({}, bz2.compress(TEXT.encode())[:-9], "it is a damaged bzip2 archive: it ends too early"),
    "two files": ({}, zipped(b"", "a.csv", "b.csv"), "it is a zip archive with 2 files"),
    "no file": ({}, zipped(b"", "folder/"), "it is an empty zip archive"),
    "a zip archive that is cut": ({}, zipped(TEXT.encode())[:-9], "it is a damaged zip archive: "),
    "an archive of another file": ({}, gzip.compress(b"PAR1\0\0PAR1"), "it looks like a parquet file"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    options, content, reason = REFUSED[case]
    with pytest.raises(Failed) as caught:
        table(tmp_path, options, content)
    message = caught.value.failure.message
    assert message.startswith(f"cannot read the file as csv: {reason}")


@pytest.mark.parametrize("archive", ["gzip", "bzip2", "zstd", "zip"])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: str) -> None:
    monkeypatch.setattr("mlbuild.data.formats.expanded.MOST", 1_000_000)
    file = tmp_path / "rows.csv"
    file.write_bytes(ARCHIVES[archive](b"id,name\n" + b"1,2\n" * 2_000_000))
    with pytest.raises(Failed, match=f"it is a {archive} archive that expands to more than 1 MB"):
        Csv().raw(file, ["id"])
    file.write_bytes(ARCHIVES[archive](b"id,name\n" + b"1,2\n" * 100_000))
    assert Csv().raw(file, ["id"])[0].height == 100_000


def test_a_comment_inside_of_quotes_is_text(tmp_path: Path) -> None:
    text = 'id,name\n1,"a\n# b"\n# c\n2,"d""\n#e\n"\n'
    assert table(tmp_path, {"comment": "#"}, text) == [("1", "a\n# b"), ("2", 'd"\n#e\n')]
    # Here the number of quotes before the comment says nothing.
    assert table(tmp_path, {"comment": "#"}, 'id,name\n1" x,"\n#"\n2,3\n') == [('1" x', "\n#"), ("2", "3")]
    assert table(tmp_path, {"comment": "#"}, 'id,name\n1" x,y\n#,2\n2,3\n') == [('1" x', "y"), ("2", "3")]


def test_lines_of_rows_are_counted_after_what_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(gzip.compress("x\r\ny\r\nid,name\r\n1,a\r\n2,b".encode("utf-16")))
    form = read(Csv, {"skip_rows": 2, "encoding": "utf-16"})
    assert form.lines_before(file, 2) == 3
    assert read(Csv, {"skip_rows": 2, "encoding": "utf-16", "names": ["a"]}).lines_before(file, 3) == 2
    assert form.lines_before(file, 3) is None


CONTRADICTIONS: Mapping[str, tuple[Options, str]] = {
    "quote and delimiter": ({"quote": ";", "delimiter": ";"}, "'quote' and 'delimiter' are both ';'"),
    "quote and the usual delimiter": ({"quote": ","}, "'quote' and 'delimiter' are both ','"),
    "comment and delimiter": ({"comment": ";;", "delimiter": ";"}, "'comment' starts with ';', which is the 'delimiter'"),
    "comment and quote": ({"comment": '"'}, "'comment' starts with '\"', which is the 'quote'"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradictions_are_found_without_data(case: str) -> None:
    options, message = CONTRADICTIONS[case]
    assert [problem.message for problem in read(Csv, options).check()] == [message]


def test_a_value_that_a_dialect_cannot_write_is_refused() -> None:
    for options, value, reason in [
        ({"quote": ""}, "a,b", "it contains the delimiter, and there is no 'quote'"),
        ({"quote": ""}, "a\nb", "it contains a line feed, and there is no 'quote'"),
        (
            {"quote": "", "comment": "#"},
            "#a",
            "it contains a value that starts like a comment, and there is no 'quote'",
        ),
        ({"encoding": "windows-1252"}, "日", "it contains '日', which windows-1252 does not have"),
        ({}, "\0", "it contains a NUL byte"),
    ]:
        with pytest.raises(Failed) as caught:
            read(Csv, options).write(pl.DataFrame({"x": [value]}), io.BytesIO())
        assert caught.value.failure.message == f"cannot write column 'x' as csv: {reason}"


def test_tabs_separate_the_values_of_files_that_are_called_so() -> None:
    for name in ("a.tsv", "a.TSV", "a.tab", "a.tsv.gz"):
        assert Csv().for_file(name).delimiter == "\t"
        assert Csv(delimiter=";").for_file(name).delimiter == ";"
    for name in ("a.csv", "a.txt", "tsv", "a.csv.gz"):
        assert Csv().for_file(name).delimiter == ","


SWAPPED = str.maketrans("\"'", "'\"")


def varied(
    random: Random, delimiter: str, content: bytes
) -> tuple[Dialect, bytes, list[list[str]] | Refusal]:
    """Return a dialect, and a file in it that means the same as a plain file, or is refused at the same place."""
    wanted, text = meaning(content, delimiter), content.decode(errors="replace")
    if "\ufffd" in text or text.startswith("\ufeff") or delimiter in "a'":
        return Dialect(delimiter), content, wanted
    quote, encoding, skip, comment = '"', "utf-8", 0, ""
    if random.random() < 0.3:
        quote, text = "'", text.translate(SWAPPED)
        if isinstance(wanted, list):
            wanted = [[field.translate(SWAPPED) for field in row] for row in wanted]
    if random.random() < 0.3:
        end = random.choice(["\n", "\r\n"])
        comment, text = "!!", f"!! a \"{delimiter}'{end}{text}"
        wanted = below(wanted, 1)
    if random.random() < 0.3:
        skip = random.choice([1, 2])
        text = f'"{delimiter}\n' * skip + text
        wanted = below(wanted, skip)
    if random.random() < 0.4 and "\0" not in text:
        encoding = random.choice(["utf-16", "latin-1", "windows-1252"])
        if encoding != "utf-16":
            text = text.encode("ascii", "replace").decode()
            if isinstance(wanted, list):
                wanted = [[field.encode("ascii", "replace").decode() for field in row] for row in wanted]
    made = text.encode(encoding)
    if random.random() < 0.4:
        made = random.choice([*ARCHIVES.values()])(made)
    return Dialect(delimiter, quote, encoding, (), skip, comment), made, wanted


def below(wanted: list[list[str]] | Refusal, lines: int) -> list[list[str]] | Refusal:
    return (
        Refusal(frozenset(line + lines for line in wanted.lines)) if isinstance(wanted, Refusal) else wanted
    )


def test_every_file_means_the_same_in_every_dialect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random, file = Random(seed()), tmp_path / "rows.csv"
    files, read_ = examples(500, 20_000), 0
    for _ in range(files):
        monkeypatch.setattr(csv_scan, "_CHUNK", random.choice([64, 128, 1 << 18]))
        delimiter, plain = odd_file(random)
        dialect, content, wanted = varied(random, delimiter, plain)
        file.write_bytes(content)
        found = read_or_line(file, dialect)
        told = (dialect, plain, content, found, wanted)
        if isinstance(wanted, Refusal):
            assert not isinstance(found, list), told
            assert (found in wanted.lines) if wanted.lines else found is None, told
        else:
            assert found == wanted, told
            read_ += 1
    tell(
        f"{files} csv files in other dialects: {read_} read as their plain forms, the others refused at the same line"
    )
    assert files * 0.3 < read_ < files


def test_rows_with_faults_are_named_in_any_encoding(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(zstandard.compress("id;größe\n1;x\n2;5\n".encode("utf-16")))
    form = read(Csv, {"encoding": "utf-16", "delimiter": ";"})
    _, faults = form.read(file, contract({"größe": "int"}).columns)
    assert [str(fault) for fault in faults] == [
        "column 'größe' violates 'parses as int' in 1 row: 'x' (row 1)"
    ]


def test_a_draft_names_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    rows = "id;größe\n" + "".join(f"{row};ä{row}\n" for row in range(9))
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252", "latin-1"):
        content = rows.encode(encoding) + (b"\x81;x\n" if encoding == "latin-1" else b"")
        file.write_bytes(gzip.compress(content))
        form = Csv.fitting(file)
        known = encoding.removesuffix("-sig").removesuffix("-le")
        assert (form.encoding, form.delimiter) == (known, ";")
        assert form.header(file) == ["id", "größe"]
    column = {"größe": Column(dtype="string")}
    assert form.read(file, column)[0].height == 10
