"""A file in the wrong format is refused with what it is, the place of the fault, and what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.formats.unread import reading
from mlbuild.diagnostics import Failed
from tests.data.workbooks import store

TEXT = "name,größe\n" + "".join(f"n{row},{row}\n" for row in range(30))
TABLE = pl.DataFrame({"name": ["a", "b"], "size": [1, 2]})


def stream(write: Callable[[io.BytesIO], object]) -> bytes:
    made = io.BytesIO()
    write(made)
    return made.getvalue()


def zipped(*names: str) -> bytes:
    def write(made: io.BytesIO) -> None:
        with zipfile.ZipFile(made, "w") as archive:
            for name in names:
                archive.writestr(name, TEXT)

    return stream(write)


def database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "rows.db") as connection:
        connection.execute("CREATE TABLE rows (name, size)")
    connection.close()
    return (folder / "rows.db").read_bytes()


CSV = "export the table as csv"
PARQUET = "write the table as parquet or csv"
UNPACK = "decompress it first"
UTF8 = "save the file as UTF-8"
UTF16 = "save the file as UTF-8, or set 'encoding: utf-16' for a csv source"
LINES = "write the table as JSON Lines"

#: The content of a file, what it looks like, and what to do about it.
OTHERS: Mapping[str, tuple[bytes, str, str]] = {
    "gzip": (gzip.compress(TEXT.encode()), "a gzip archive", UNPACK),
    "bzip2": (bz2.compress(TEXT.encode()), "a bzip2 archive", UNPACK),
    "xz": (lzma.compress(TEXT.encode()), "an xz archive", UNPACK),
    "zip": (zipped("rows.csv"), "a zip archive", UNPACK),
    "xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500), "an old (xls) or encrypted Excel workbook", CSV),
    "Arrow stream": (stream(TABLE.write_ipc_stream), "an Arrow stream", PARQUET),
    "avro": (stream(TABLE.write_avro), "an Avro file", PARQUET),
    "numpy": (stream(lambda made: np.save(made, np.zeros(4))), "a numpy array", PARQUET),
    "pickle": (pickle.dumps(TABLE.to_dicts(), 4), "a Python pickle", PARQUET),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-16 text", UTF16),
    "UTF-16, big end first": ("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"), "UTF-16 text", UTF16),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "UTF-16 text", UTF16),
    "UTF-16 without a mark, big end first": (TEXT.encode("utf-16-be"), "UTF-16 text", UTF16),
    "UTF-32": (TEXT.encode("utf-32"), "UTF-32 text", UTF8),
    "a JSON list": (b'[{"a": 1}, {"a": 2}]', "a JSON list", LINES),
    "a JSON list in lines": (b'[\n  {\n    "a": 1\n  }\n]\n', "a JSON list", LINES),
    "a JSON document": (b'{\n  "rows": []\n}\n', "a JSON document", LINES),
    "a web page": (b"\n<!DOCTYPE html>\n<html><body>Log in</body></html>", "a web page", ""),
    "XML": (b'<?xml version="1.0"?>\n<rows/>\n', "XML", CSV),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer", ""),
}


#: What some formats can read as it is.
ARCHIVES = ("gzip", "bzip2", "zip")


@pytest.mark.parametrize(
    ("form", "other"),
    [
        (form, other)
        for form in FORMATS
        for other in OTHERS
        if other not in {one.type for one in FORMATS} and not (form.compressible and other in ARCHIVES)
    ],
)
def test_a_file_in_another_form_is_refused_with_what_it_is(
    tmp_path: Path, form: type[Format], other: str
) -> None:
    content, look, todo = OTHERS[other]
    file = tmp_path / "rows"
    file.write_bytes(content)
    for read in (form().header, lambda file: form().raw(file, ["name"])):
        with pytest.raises(Failed) as caught:
            read(file)
        failure = caught.value.failure
        assert failure.kind == "data"
        assert failure.message == f"cannot read the file as {form.type}: it looks like {look}"
        assert failure.details["lines"][0].startswith(f"help: {todo}")


def test_a_database_is_known(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(database(tmp_path))
    with pytest.raises(Failed, match="it looks like a SQLite database"):
        Csv().header(file)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("other", FORMATS)
def test_a_file_of_another_format_is_told_with_the_type_to_set(
    tmp_path: Path, form: type[Format], other: type[Format]
) -> None:
    file = tmp_path / "rows"
    with file.open("wb") as stream:
        store(other(), TABLE, stream)
    if form is other:
        assert form().header(file) == TABLE.columns
        return
    with pytest.raises(
        Failed, match=f"cannot read the file as {form.type}: (it looks like|it is not|line 1 is not)"
    ) as caught:
        form().header(file)
    if other is not Csv:  # any text could be CSV
        (line,) = caught.value.failure.details["lines"]
        # What to do with a kind of file that had no format before is still right when it has one.
        rename = f"rename the file to .{other.type}, or set 'type: {other.type}' in the spec"
        assert line == f"help: {OTHERS[other.type][2] if other.type in OTHERS else rename}"


@pytest.mark.parametrize(
    "header",
    ["ORCID,name", "PAR1,PAR2", "[id],[name]", "BZhang,x", "{a},b", "<b>,c", "Obj,x", "%PDF,x", "Rar!,7z"],
)
def test_names_that_other_files_start_with_are_names(tmp_path: Path, header: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"{header}\n1,2\n")
    assert Csv().header(file) == header.split(",")


def test_a_byte_in_another_encoding_is_shown_as_it_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("a,b\nx,1\nGr\u00f6\u00dfe,2\n".encode("windows-1252"))
    with pytest.raises(Failed) as caught:
        Csv().raw(file, ["a"])
    assert caught.value.failure.message == (
        "cannot read the file as csv: line 3 is not valid UTF-8: byte 0xF6 at offset 10, which is '\u00f6' in windows-1252"
    )


WHOLE = stream(TABLE.write_parquet)
DAMAGED = {
    "nothing": (b"", "it is empty"),
    "text": (b"a,b\n1,2\n", "it is not a parquet file"),
    "cut off": (WHOLE[:-1], "it is truncated"),
    "only a mark": (b"PAR1", "it is damaged"),
    "metadata": (WHOLE[:-100] + bytes(92) + WHOLE[-8:], "it is damaged"),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(content)
    with pytest.raises(Failed) as caught:
        Parquet().raw(file, ["name"])
    assert caught.value.failure.message.startswith(f"cannot read the file as parquet: {reason}")
    assert str(tmp_path) not in caught.value.failure.message


def test_nothing_is_printed_where_polars_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def panic(*args: object, **options: object) -> None:
        os.write(2, b"thread 'async-executor' panicked at unpack.rs:120\n")
        raise pl.exceptions.PanicException("internal error")

    file = tmp_path / "rows.parquet"
    file.write_bytes(WHOLE)
    monkeypatch.setattr(pl.LazyFrame, "collect_schema", panic)
    with pytest.raises(Failed, match=r"it is damaged \(polars cannot parse it\)"):
        Parquet().header(file)
    assert capfd.readouterr() == ("", "")


def test_what_is_printed_besides_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows").touch()
    with reading(tmp_path / "rows"):
        os.write(2, b"a warning\n")
    assert capfd.readouterr().err == "a warning\n"
