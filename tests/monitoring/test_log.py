"""Reading the log of a model, whole and damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.monitoring.log import files_of, read_log
from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.profile import Profile
from tests.growth import assert_linear
from tests.monitoring.logs import write_log


def profile() -> Profile:
    texts = np.empty(2, object)
    texts[:] = ["DE", None]
    numbers = np.array([1.0, 2.0])
    columns = (
        ColumnProfile.of("country", "input", "string", texts),
        ColumnProfile.of("age", "input", "int", numbers),
        ColumnProfile.of("new", "input", "bool", numbers),
        ColumnProfile.of("since", "input", "datetime", numbers),
        ColumnProfile.of("label", "output", "string", texts),
        ColumnProfile.of("probability_true", "output", "float", numbers),
    )
    return Profile("d1", 2, columns, None)


RECORD = {
    "ts": "2026-03-01T10:00:00.000001Z",
    "id": "r1",
    "row": 0,
    "model": "d1",
    "inputs": {"country": "DE", "age": 31, "new": True, "since": "2025-01-01T00:00:00", "more": [1]},
    "outputs": {"label": True, "probability_false": 0.25, "probability_true": 0.75},
    "violations": [{"column": "age", "rule": "max"}],
    "us": 812.5,
}
MISSING = RECORD | {
    "ts": "2026-03-01T09:00:00Z",
    "inputs": {"country": None, "age": None, "new": None, "since": None},
    "violations": [],
    "us": None,
}


def test_records_are_arrays_in_order_of_time(tmp_path: Path) -> None:
    log = read_log([write_log(tmp_path / "a.jsonl", [RECORD, MISSING])], profile())
    assert log.times.tolist() == [1772355600000000, 1772359200000001]
    assert log.values["country"].tolist() == [None, "DE"]
    assert log.values["label"].tolist() == ["true", "true"]
    numbers = {name: log.values[name].tolist() for name in ("age", "new", "since", "probability_true")}
    assert [str(one[0]) for one in numbers.values()] == ["nan", "nan", "nan", "0.75"]
    assert [one[1] for one in numbers.values()] == [31.0, 1.0, 1735689600000000.0, 0.75]
    assert str(log.micros[0]) == "nan" and log.micros[1] == 812.5
    assert log.violations.select("column", "rule").rows() == [("age", "max")]
    assert (log.broken, log.others) == (0, 0)


@pytest.mark.parametrize("lines", [[], [RECORD], [RECORD | {"ts": None}]])
def test_infinite_numbers_are_texts(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    infinite = MISSING | {
        "inputs": {"country": "inf", "age": "-inf", "new": None, "since": None},
        "outputs": {"label": "x", "probability_true": "inf"},
    }
    log = read_log([write_log(tmp_path / "a.jsonl", [infinite, *lines])], profile())
    assert (log.values["age"][0], log.values["probability_true"][0]) == (-np.inf, np.inf)
    assert log.values["country"][0] == "inf"
    assert log.values["probability_true"][1:].tolist() == [0.75] * (log.rows - 1)
    assert log.rows + log.broken == 1 + len(lines)


def test_rows_of_other_models_are_left_out(tmp_path: Path) -> None:
    log = read_log([write_log(tmp_path / "a.jsonl", [RECORD, RECORD | {"model": "d2"}])], profile())
    assert (log.rows, log.others) == (1, 1)


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        (json.dumps(RECORD)[:-30], 1),
        ("hello", 1),
        ("[1, 2]", 1),
        (json.dumps(RECORD | {"ts": "yesterday"}), 1),
        (json.dumps(RECORD | {"ts": None}), 1),
        (json.dumps(RECORD | {"inputs": {**RECORD["inputs"], "age": "old"}}), 1),  # type: ignore[dict-item]
        ("\ufffd\x00", 1),
        ("", 0),
    ],
)
def test_a_line_that_cannot_be_read_is_counted(tmp_path: Path, line: str, broken: int) -> None:
    file = tmp_path / "a.jsonl"
    whole = json.dumps(RECORD)
    for content in (f"{whole}\n{line}\n{whole}\n", f"{whole}\n{whole}\n{line}"):
        file.write_text(content)
        log = read_log([file], profile())
        assert (log.rows, log.broken) == (2, broken)


@settings(deadline=None, max_examples=30)
@given(cut=st.integers(0, 400))
def test_a_file_that_was_cut_loses_at_most_its_last_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    file = write_log(tmp_path_factory.mktemp("log") / "a.jsonl", [RECORD] * 4)
    content = file.read_bytes()
    content = content[: len(content) - cut]
    file.write_bytes(content)
    log = read_log([file], profile())
    assert log.rows >= content.count(b"\n")
    assert log.rows + log.broken == len(content.splitlines())


def test_broken_lines_cost_little(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"

    def read(lines: int) -> None:
        file.write_text("".join(f"{json.dumps(RECORD)}\n" if place % 50 else "{\n" for place in range(lines)))
        assert read_log([file], profile()).broken == -(-lines // 50)

    assert_linear(read, 4_000)


def test_the_files_of_a_folder_are_read_in_order(tmp_path: Path) -> None:
    for name in ("2026-03-02/10.jsonl", "2026-03-01/23.jsonl", "2026-03-02/10.tmp"):
        write_log(tmp_path / name, [RECORD])
    assert [str(file.relative_to(tmp_path)) for file in files_of(tmp_path)] == [
        "2026-03-01/23.jsonl",
        "2026-03-02/10.jsonl",
    ]
    assert read_log(files_of(tmp_path), profile()).rows == 2


def test_an_empty_log_has_no_rows(tmp_path: Path) -> None:
    log = read_log([write_log(tmp_path / "a.jsonl", [])], profile())
    assert (log.rows, log.values["age"].tolist(), log.violations.height) == (0, [], 0)


def test_rows_between_two_times(tmp_path: Path) -> None:
    log = read_log([write_log(tmp_path / "a.jsonl", [RECORD, MISSING])], profile())
    part = log.between(1772359200000000, 1772359200000002)
    assert (part.rows, part.ids.to_list(), part.violations.height) == (1, ["r1"], 1)
    assert log.between(0, 1772359200000001).violations.height == 0
