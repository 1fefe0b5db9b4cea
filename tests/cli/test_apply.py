"""`apply` shows what each preprocessing step makes of rows, natively and in the graph."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlbuild.lowering.value import Value
from mlbuild.ops.standard import Standard
from tests.cli.running import Command
from tests.projects import one_model

STEPS = """
preprocessing:
  steps:
    - {op: impute, columns: x, strategy: constant, fill_value: 2}
    - {op: standard, columns: [x, half]}
    - {op: date_parts, columns: day, parts: [month]}
    - {op: one_hot, columns: city}
"""
ROWS = "x,day,city,y\n" + "".join(f"{i % 5},2013-0{1 + i % 9}-01,{'AB'[i % 2]},{i % 3}\n" for i in range(40))


@pytest.fixture
def spec(mlbuild: Command) -> Path:
    """Write a project whose output `one` has some steps; nothing is built."""
    columns = "x: {dtype: float, nullable: true}, day: date, city: string, y: float"
    model = "type: lightgbm.regressor, features: [x, half, day, city], target: y, preprocessing: steps"
    file = one_model(mlbuild.folder, columns, ROWS, model)
    file.write_text(_derived(file.read_text()) + STEPS)
    (mlbuild.folder / "new.csv").write_text("x,day,city\n,2013-05-06,B\n4,,C\n1,2013-12-31,A\n")
    return file


def _derived(text: str) -> str:
    """Add a dataset step that derives a column."""
    return text.replace("from: rows,", "from: rows, steps: [{op: derive, columns: {half: x / 2}}],")


def test_each_step_shows_what_it_makes(mlbuild: Command, spec: Path) -> None:
    done = mlbuild("apply", "one", "new.csv", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["output"], told["rows"], told["differences"]) == ("one", [1, 2, 3], 0)
    steps = [(one["step"], one["op"], [column["name"] for column in one["columns"]]) for one in told["steps"]]
    assert steps == [
        (0, "input", ["x", "day", "city"]),
        (0, "derive", ["half"]),
        (1, "impute", ["x"]),
        (2, "standard", ["x", "half"]),
        (3, "date_parts", ["day_month"]),
        (4, "one_hot", ["city"]),
    ]
    values = {
        (step, column["name"]): column for step, one in enumerate(told["steps"]) for column in one["columns"]
    }
    assert values[0, "x"]["native"] == [None, 4.0, 1.0]
    assert values[1, "half"]["graph"] == [None, 2.0, 0.5]
    assert values[2, "x"]["graph"] == [2.0, 4.0, 1.0]
    assert values[4, "day_month"]["native"] == [5, None, 12]
    assert values[5, "city"]["native"] == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    assert all(column["native"] == column["graph"] for column in values.values())
    assert [*mlbuild.folder.glob("dist/*")] == []


def test_a_row_is_a_table(mlbuild: Command, spec: Path) -> None:
    done = mlbuild("apply", "one", "new.csv", "--row", "2", "-q")
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["row", "2"]
    assert ["input", "x", "4", "4"] in lines
    assert ["day", "missing", "missing"] in lines
    assert ["derive", "half", "2", "2"] in lines
    assert ["3", "date_parts", "day_month", "missing", "missing"] in lines
    assert done.out.endswith("0 of 9 values differ in 1 row\n")


def test_a_difference_is_marked_and_ends_the_command_with_the_code_of_parity(
    mlbuild: Command, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Standard.lower

    def wrong(self, state, graph, values, read):  # type: ignore[no-untyped-def]
        made = right(self, state, graph, values, read)
        one = made["x"]
        moved = graph.call("Add", one.tensor, graph.constant(0.5))
        return made | {"x": Value(one.dtype, moved)}

    monkeypatch.setattr(Standard, "lower", wrong)
    many = "x,day,city\n" + "1,2013-05-06,B\n" * 7
    (mlbuild.folder / "new.csv").write_text(many)
    done = mlbuild("apply", "one", "new.csv", "-q")
    assert done.code == 5
    (line,) = {line for line in done.out.splitlines() if line.endswith("differs")}
    assert line.split()[:3] == ["2", "standard", "x"]
    assert done.out.endswith("2 more rows: choose some with --row N\n7 of 63 values differ in 7 rows\n")
    told = json.loads(mlbuild("apply", "one", "new.csv", "--json", "-q").out)
    assert (told["ok"], told["exit_code"], told["differences"]) == (False, 5, 7)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["two", "new.csv"], 2, "mlbuild: there is no output 'two'"),
        (["one", "no.csv"], 2, "mlbuild: there is no file 'no.csv'"),
        (["one", "new.csv", "--row", "4"], 2, "mlbuild: there is no row 4: the file has 3 rows"),
        (["one", "short.csv"], 3, "mlbuild: 'short.csv' does not have the input columns of the model"),
    ],
)
def test_what_cannot_be_applied_is_refused(
    mlbuild: Command, spec: Path, words: list[str], code: int, error: str
) -> None:
    (mlbuild.folder / "short.csv").write_text("x\n1\n")
    done = mlbuild("apply", *words, "-q")
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[0] == error
