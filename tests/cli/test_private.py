"""The values of private columns appear in no human-readable output: only how many there are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.running import Command

#: Values that are nowhere else, by the column that has them.
PLACE, SALARY, BORN = "Xanadu", "98765.25", "1961-11-23"
SPEC = """\
mlbuild: 1
project: people
sources: {people: {path: people.csv, contract: person}}
contracts:
  person:
    private: ALL
    checks: {pay: {table: "MAX(salary) < 0", severity: warn}}
    columns:
      place: {dtype: string, PRIVATE}
      salary: {dtype: float, max: 50000, severity: {max: warn}, PRIVATE}
      born: {dtype: date, PRIVATE}
      size: float
      tall: bool
datasets:
  all:
    from: people
    steps: [{op: derive, columns: {monthly: salary + 0, home: place}}]
    split: {type: random, valid: 0.2, test: 0.4}
models:
  one:
    type: lightgbm.classifier
    dataset: all
    features: [home, monthly, size]
    preprocessing: [{op: category, columns: home}]
    target: tall
    slices: [{column: place, min_rows: 1}]
    params: {num_iterations: 5, num_leaves: 7, min_data_in_leaf: 5}
outputs: {one: {model: one}}
tests:
  pay: {output: one, test: invariant, change: {salary: CASE WHEN salary > 90000 THEN 0 ELSE 1000000 END}, within: 0, severity: warn}
"""


def write(folder: Path, private: str) -> None:
    """Write the project. Some columns are private, or all of those of the `contract`, or none."""
    rng = random.Random(0)
    lines = ["place,salary,born,size,tall"]
    for number in range(300):
        place = PLACE if number % 3 else "Oslo"
        salary = SALARY if number % 2 else f"{rng.randint(0, 100)}"
        born = BORN if number % 2 else "1990-01-01"
        size = rng.gauss(0, 1) + (number % 2)
        lines.append(f"{place},{salary},{born},{size:.3f},{str(size > 0.5).lower()}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    (folder / "mlbuild.yaml").write_text(
        SPEC.replace("PRIVATE", f"private: {str(private == 'columns').lower()}").replace(
            "ALL", str(private == "contract").lower()
        )
    )


def told(mlbuild: Command) -> dict[str, str]:
    """Return all human-readable output about a built project."""
    built = mlbuild("build", "-j", "1")
    assert built.code == 0, built.err
    tested = mlbuild("test", "-j", "1")
    folder = mlbuild.folder / "dist/one"
    return {
        "report": (folder / "report.html").read_text(),
        "card": (folder / "MODEL_CARD.md").read_text(),
        "build": built.out + built.err,
        "test": tested.out + tested.err,
        "describe": mlbuild("describe", "people").out + mlbuild("describe", "all:test").out,
        "describe --json": mlbuild("describe", "all", "--json").out,
        "describe two": mlbuild("describe", "all:train", "all:test").out,
        "describe a column": "".join(
            mlbuild("describe", "people", "--column", one).out for one in ("place", "salary", "born")
        ),
        "describe a file": mlbuild("describe", "people.csv", "--like", "people").out,
        "contract infer": mlbuild("contract", "infer", "people").out,
    }


@pytest.mark.parametrize("private", ["columns", "contract", ""])
def test_private_values_are_only_counted(private: str, mlbuild: Command) -> None:
    write(mlbuild.folder, private)
    found = told(mlbuild)
    values = (PLACE, SALARY, "98,765", "98765", "9.876", BORN)
    seen = {name: [one for one in values if one in text] for name, text in found.items()}
    if private:
        assert not any(seen.values()), seen
        assert "(private)" in found["report"] and "place=(private)" in found["report"]
        assert "private: true" in found["contract infer"]
    else:
        assert all(some for name, some in seen.items() if name != "test"), f"the test can fail: {seen}"
    assert "300" in found["describe"], "they are counted"
