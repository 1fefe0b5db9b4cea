"""A log as one Parquet file: the same rows, bit for bit."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.monitoring.compact import compact
from mlbuild.monitoring.compacted import NotALog, rows_of
from mlbuild.monitoring.log import files_of, read_log
from mlbuild.regular import writing_regular
from tests.monitoring.logs import write_log
from tests.monitoring.test_log import MISSING, RECORD, profile


def compacted(folder: Path, *logs: list[dict[str, Any]]) -> Path:
    files = [write_log(folder / f"log/{place}.jsonl", lines) for place, lines in enumerate(logs)]
    target = folder / "log.parquet"
    found = compact(files, lambda: writing_regular(target))
    assert (found.files, found.rows, found.broken) == (len(logs), sum(map(len, logs)), 0)
    return target


def test_the_rows_are_those_of_the_log(tmp_path: Path) -> None:
    target = compacted(tmp_path, [RECORD, MISSING], [RECORD | {"model": "d2", "ts": "2026-03-01T08:00:00Z"}])
    both = [read_log([file], profile()) for file in (tmp_path / "log/0.jsonl", target)]
    for name in profile().columns:
        one, other = (log.values[name.name].tolist() for log in both)
        assert str(one) == str(other), name.name
    assert both[0].times.tolist() == both[1].times.tolist()
    assert both[0].violations.rows() == both[1].violations.rows()
    assert both[0].ids.to_list() == both[1].ids.to_list() and str(both[0].micros) == str(both[1].micros)
    assert (both[1].others, both[1].broken) == (1, 0)


def test_other_tools_find_plain_columns(tmp_path: Path) -> None:
    lines = [
        RECORD | {"inputs": {"n": 1, "x": 0.1, "b": True, "s": "a", "mixed": 1, "none": None}},
        RECORD | {"inputs": {"n": 2, "x": "-inf", "b": None, "s": "inf", "mixed": "one"}, "share": 0.5},
        RECORD | {"inputs": {"x": 3}, "hashes": {"who": "0f"}, "left_out": ["who"], "violations": None},
    ]
    table = pl.read_parquet(compacted(tmp_path, lines).read_bytes())
    assert table.schema["ts"] == pl.Datetime("us", "UTC")
    assert {one.name: one.dtype for one in table.schema["inputs"].fields} == {  # type: ignore[attr-defined]
        "n": pl.Int64,
        "x": pl.Float64,
        "b": pl.Boolean,
        "s": pl.String,
        "mixed": pl.String,
        "none": pl.String,
    }
    assert table["inputs"].struct.field("x").to_list() == [0.1, -math.inf, 3.0]
    assert table["inputs"].struct.field("s").to_list() == ["a", "inf", None]
    assert table["inputs"].struct.field("mixed").to_list() == ["1", "one", None]
    assert table["hashes"].struct.field("who").to_list() == [None, None, "0f"]
    assert table["share"].to_list() == [None, 0.5, None]
    assert table["left_out"].to_list() == [[], [], ["who"]]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(RECORD)[:-30],
        "[1]",
        "[" * 5000,
        "\ufffd\x00",
        json.dumps(RECORD | {"ts": "yesterday"}),
        json.dumps(RECORD | {"ts": None}),
        json.dumps(RECORD | {"inputs": [1]}),
        json.dumps(RECORD | {"violations": 3}),
    ],
)
def test_a_line_that_cannot_be_read_is_skipped_and_counted(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f"{json.dumps(RECORD)}\n{line}\n{json.dumps(MISSING)}\n{line}")
    found = compact([file], lambda: writing_regular(tmp_path / "a.parquet"))
    assert (found.rows, found.broken) == (2, 2)
    assert read_log([tmp_path / "a.parquet"], profile()).rows == 2


def test_nothing_is_written_without_rows(tmp_path: Path) -> None:
    file = write_log(tmp_path / "a.jsonl", [])
    assert compact([file], lambda: writing_regular(tmp_path / "a.parquet")).rows == 0
    assert not (tmp_path / "a.parquet").exists()


def test_a_row_in_both_files_counts_once(tmp_path: Path) -> None:
    target = compacted(tmp_path, [RECORD, RECORD | {"row": 1}, MISSING])
    target.rename(tmp_path / "log/0.parquet")
    files = files_of(tmp_path / "log")
    assert [file.name for file in files] == ["0.jsonl", "0.parquet"]
    assert read_log(files, profile()).rows == 3


def test_rows_as_records(tmp_path: Path) -> None:
    line = RECORD | {"inputs": {"age": 31}, "left_out": ["country"]}
    first, second = rows_of(compacted(tmp_path, [RECORD, line]).read_bytes())
    assert first["inputs"]["country"] == "DE" and first["outputs"] == RECORD["outputs"]
    assert "country" not in second["inputs"] and second["inputs"]["age"] == 31


def test_a_parquet_file_that_is_no_log(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1")
    with pytest.raises(NotALog, match="is damaged, or no Parquet file"):
        read_log([file], profile())
    pl.DataFrame({"x": [1]}).write_parquet(buffer := io.BytesIO())
    file.write_bytes(buffer.getvalue())
    with pytest.raises(NotALog, match="was not written by 'mlbuild log compact'"):
        read_log([file], profile())
    target = compacted(tmp_path, [RECORD | {"inputs": {"age": "old"}}])
    with pytest.raises(NotALog, match="has values that the model cannot have"):
        read_log([target], profile())
