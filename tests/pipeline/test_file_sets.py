"""A source can be several files with the same columns: a list, or a pattern with partitions."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from mlbuild.engine.execution.events import BuildResult, Event, TaskStarted
from tests.projects import one_model

LINE = "type: sklearn.linear_regression, features: [x], target: y"
COLUMNS = "x: float, y: float, day: date"


def rows(start: int, count: int = 8) -> str:
    return "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(start, start + count))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose rows are in a file for each day."""
    for day in range(1, 4):
        file = tmp_path / f"days/day=2026-01-0{day}/rows.csv"
        file.parent.mkdir(parents=True)
        file.write_text(rows(day * 10))
    spec = one_model(tmp_path, COLUMNS, "", LINE)
    return named(spec, "path: days/day=*/*.csv")


def named(spec: Path, path: str) -> Path:
    text = spec.read_text()
    old = next(line for line in text.splitlines() if "path:" in line)
    spec.write_text(
        text.replace("path: rows.csv", path) if "path: rows.csv" in old else text.replace(old, old)
    )
    return spec


def build(spec: Path) -> tuple[list[str], BuildResult]:
    events: list[Event] = []
    result = api.build(api.load(spec), threads=1, jobs=1, events=events.append)
    return [event.task for event in events if isinstance(event, TaskStarted)], result


def table(spec: Path) -> pl.DataFrame:
    """Return all rows of the source, as the build stored them."""
    from mlbuild.data.file_tables import members, read_files

    source = api.load(spec).sources["rows"]
    (external,) = source.located.externals.values()
    names = source.located.partitions
    assert names is not None
    found, faults = read_files(
        source.source.format, members(external.files(spec.parent), names), source.contract.columns
    )
    assert faults == []
    return found


def test_files_are_read_in_sorted_order_with_their_partitions(project: Path) -> None:
    found = table(project)
    assert found["x"].to_list() == [float(day * 10 + i) for day in (1, 2, 3) for i in range(8)]
    assert [str(day) for day in found["day"].unique(maintain_order=True)] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]
    ran, result = build(project)
    assert result.ok and "source:rows" in ran
    assert build(project)[0] == []


def added(folder: Path) -> None:
    folder.mkdir()
    (folder / "rows.csv").write_text(rows(90))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file that is added": lambda days: (days / "day=2026-01-02/more.csv").write_text(rows(90)),
    "a folder that is added": lambda days: added(days / "day=2026-01-04"),
    "a file that is removed": lambda days: (days / "day=2026-01-02/rows.csv").unlink(),
    "a file that is changed": lambda days: (days / "day=2026-01-02/rows.csv").write_text(rows(21)),
    "a partition that is renamed": lambda days: (days / "day=2026-01-02").rename(days / "day=2026-01-09"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_noticed_by_content(project: Path, change: str) -> None:
    build(project)
    CHANGES[change](project.parent / "days")
    assert "source:rows" in build(project)[0]
    assert build(project)[0] == []


def test_what_changes_no_content_reruns_nothing(project: Path) -> None:
    build(project)
    days = project.parent / "days"
    (days / "day=2026-01-01/notes.txt").write_text("x")
    (days / "day=2026-01-01/.hidden.csv").write_text("x")
    (days / "day=2026-01-02/rows.csv").write_text(rows(20))
    os.utime(days / "day=2026-01-03/rows.csv", (0, 0))
    (days / "day=2026-01-04").mkdir()
    assert build(project)[0] == []


def test_a_list_of_files_keeps_its_order(tmp_path: Path) -> None:
    for name, start in (("b", 20), ("a", 10)):
        (tmp_path / f"{name}.csv").write_text(rows(start, 4))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(rows(30, 4).encode()))
    spec = one_model(tmp_path, "x: float, y: float", "", LINE)
    named(spec, 'type: csv, path: [b.csv, "[ac].csv*"]')
    assert table(spec)["x"].to_list() == [20, 21, 22, 23, 10, 11, 12, 13, 30, 31, 32, 33]
    assert build(spec)[1].ok


def test_a_name_with_the_characters_of_a_pattern_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "[x].csv").write_text(rows(1))
    (tmp_path / "x.csv").write_text("broken")
    spec = one_model(tmp_path, "x: float, y: float", "", LINE)
    named(spec, 'path: "[x].csv"')
    assert build(spec)[1].ok


REFUSED = {
    "path: days/*/*.cvs, type: csv": ("missing-file", "no file matches 'days/*/*.cvs'"),
    "path: [days/day=2026-01-01/rows.csv, none.csv], type: csv": ("missing-file", "there is no file 'none.csv'"),
    'path: [days/day=2026-01-01/rows.csv, "days/day=*/*.csv"], type: csv': (
        "duplicate-item",
        "'days/day=2026-01-01/rows.csv' is one of the files of an earlier path",
    ),
    'path: [loose.csv, "days/day=*/*.csv"], type: csv': (
        "contradiction",
        "the path 'days/day=2026-01-01/rows.csv' has the partitions day, but 'loose.csv' has no partitions",
    ),
    'path: ["../../outside/*.csv"], type: csv': ("outside-project", "'../../outside/*.csv' is outside this project"),
    'path: "linked/*.csv"': ("outside-project", "'linked/*.csv' is outside this project"),
    'path: "days/link*.csv"': ("outside-project", "'days/link*.csv' is outside this project"),
    "path: [a.csv, b.csv]": ("missing-key", "source 'rows' needs 'type', because 'path' is a list"),
}  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
def test_what_cannot_be_a_table_is_refused_without_data(project: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(rows(1))
    (tmp_path / "linked").symlink_to(outside)
    (tmp_path / "days/link.csv").symlink_to(outside / "secret.csv")
    (tmp_path / "loose.csv").write_text(rows(1))
    text = project.read_text().replace("path: days/day=*/*.csv", path)
    project.write_text(text)
    _, found = api.check(project)
    assert [(one.code, one.message) for one in found if one.severity == "error"] == [REFUSED[path]]


FAULTS = {
    "another schema": (
        "x,z\n1,2\n",
        "'day=2026-01-01/rows.csv' has the column 'y', but 'day=2026-01-02/rows.csv' does not",
    ),
    "a short row": (
        "x,y\n1,2\n1\n",
        "'day=2026-01-02/rows.csv': cannot read the file as csv: row 2 (line 3) has 1 field, but the header has 2",
    ),
    "a column that is a partition": (
        "x,y,day\n1,2,2026-01-02\n",
        "column 'day' is in both the file 'day=2026-01-02/rows.csv' and its path",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_file_that_does_not_fit_is_named(project: Path, case: str) -> None:
    content, message = FAULTS[case]
    (project.parent / "days/day=2026-01-02/rows.csv").write_text(content)
    _, result = build(project)
    assert [failure.message for failure in result.failures.values()][:1] == [message]


def test_a_value_that_does_not_parse_is_named_with_its_file(project: Path) -> None:
    (project.parent / "days/day=2026-01-02/rows.csv").write_text("x,y\n1,2\nq,3\n")
    (project.parent / "days/day=2026-01-03/rows.csv").write_text("x,y\nr,2\n")
    _, result = build(project)
    (failure,) = [one for one in result.failures.values() if one.kind == "data"]
    (fault,) = failure.details["violations"]
    assert (fault["count"], fault["samples"]) == (2, [[10, "q"], [11, "r"]])
    assert fault["help"] == "first in row 2 of 'day=2026-01-02/rows.csv'"


def test_a_partition_that_does_not_parse_is_a_violation(project: Path) -> None:
    (project.parent / "days/day=2026-01-02").rename(project.parent / "days/day=second")
    _, result = build(project)
    (failure,) = [one for one in result.failures.values() if one.kind == "data"]
    assert failure.details["violations"][0]["samples"][0] == [17, "second"]
