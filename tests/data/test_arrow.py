"""Arrow (Feather) files: typed columns, and files that cannot be read."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from mlbuild.data.formats.arrow import Arrow
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed
from mlbuild.params import read

TABLE = pl.DataFrame({"id": [1, 2], "name": ["a", None], "day": [date(2026, 1, 2), None]})


Compression = Literal["uncompressed", "lz4", "zstd"]


def stored(rows: pl.DataFrame, compression: Compression = "uncompressed") -> bytes:
    made = io.BytesIO()
    rows.write_ipc(made, compression=compression)
    return made.getvalue()


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_columns_are_converted_to_the_contract(tmp_path: Path, compression: Compression) -> None:
    file = tmp_path / "rows.feather"
    file.write_bytes(stored(TABLE, compression))
    columns = {name: Parsing(dtype=dtype) for name, dtype in (("day", "datetime"), ("id", "string"))}
    rows, faults = Arrow().read(file, columns)
    assert faults == []
    assert rows.rows() == [(datetime(2026, 1, 2), "1"), (None, "2")]


def test_columns_can_have_other_names_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.arrow"
    file.write_bytes(stored(TABLE))
    form = read(Arrow, {"read": {"key": {"from": "id", "null_values": ["2"]}}})
    assert form.read(file, {"key": Parsing(dtype="int")})[0]["key"].to_list() == [1, None]


WHOLE = stored(TABLE)
REFUSED = {
    "an empty file": (b"", "it is empty"),
    "the start of a file": (WHOLE[:-20], "it is truncated"),
    "text": (b"id,name\n1,a\n", "it is not an Arrow file"),
    "a footer that is damaged": (WHOLE[:-40] + bytes(30) + WHOLE[-10:], "it is damaged ("),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, case: str) -> None:
    content, reason = REFUSED[case]
    file = tmp_path / "rows.arrow"
    file.write_bytes(content)
    for attempt in (Arrow().header, lambda file: Arrow().raw(file, ["id"])):
        with pytest.raises(Failed) as caught:
            attempt(file)
        assert caught.value.failure.message.startswith(f"cannot read the file as arrow: {reason}")
