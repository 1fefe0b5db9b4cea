"""A draft of any table passes `check` without warnings and builds.

Tables that cannot be drafted are refused with a message.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.data.inference import infer
from mlbuild.diagnostics import Rejected
from mlbuild.drafts.draft import draft
from tests import budget
from tests.drafts.tables import table
from tests.projects import built

#: The text of a number as a cell of a dtype.
CELLS: dict[str, Callable[[int], str]] = {
    "bool": lambda number: "true" if number % 3 else "false",
    "int": lambda number: str(number % 11),
    "float": lambda number: str(number % 7 / 4),
    "string": lambda number: "xyz"[number % 3],
    "date": lambda number: f"2024-0{1 + number % 9}-1{number % 7}",
}


def test_a_draft_of_any_table_builds(tmp_path: Path) -> None:
    drafted = refused = 0
    for seed in range(budget.seed(), budget.seed() + budget.examples(12, 1000)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        if builds(seed, folder):
            drafted += 1
        else:
            refused += 1
    assert drafted and refused
    budget.tell(f"{drafted} drafts of random tables built, {refused} targets refused")


def test_the_same_file_gives_the_same_draft(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(
        "a,b,c\n" + "".join(f"{row},{row % 3},x{row % 5}\n" for row in range(90))
    )
    first, second = (draft(infer(tmp_path / "rows.csv"), "rows.csv", "p", "b").text for _ in range(2))
    assert first == second


@pytest.mark.parametrize("dtypes", [*combinations_with_replacement(CELLS, 2)])
def test_features_of_any_dtypes_make_a_draft_that_is_right(dtypes: tuple[str, ...], tmp_path: Path) -> None:
    """Both models of a small table: some dtypes need steps for the one, and none for the other."""
    rows = range(24)
    columns = {
        f"c{index}": [CELLS[dtype](row * (index + 3)) for row in rows] for index, dtype in enumerate(dtypes)
    }
    columns["y"] = ["yes" if row * 7 % 5 > 1 else "no" for row in rows]
    lines = [",".join(columns), *(",".join(cells) for cells in zip(*columns.values(), strict=True))]
    (tmp_path / "rows.csv").write_text("\n".join([*lines, ""]))
    made = draft(infer(tmp_path / "rows.csv"), "rows.csv", "law", "y")
    (tmp_path / "mlbuild.yaml").write_text(made.text)
    spec, found = api.check(tmp_path / "mlbuild.yaml")
    assert spec is not None and found == [], made.text
    assert len(spec.models) == 2


def test_infinite_values_are_no_reason_to_fail(tmp_path: Path) -> None:
    lines = [
        "a,b,y",
        *(f"{'inf' if row == 9 else row * 7 % 50},{row * 11 % 60},{row * 13 % 70}.5" for row in range(200)),
    ]
    (tmp_path / "rows.csv").write_text("\n".join([*lines, ""]))
    (tmp_path / "mlbuild.yaml").write_text(draft(infer(tmp_path / "rows.csv"), "rows.csv", "law", "y").text)
    spec, found = api.check(tmp_path / "mlbuild.yaml")
    assert spec is not None and found == []


@pytest.mark.parametrize("char", ["\n", "\r", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "##vso[x]"])
def test_names_in_comments_do_not_end_them(char: str, tmp_path: Path) -> None:
    """Whatever a draft says about a column in a comment: the time, the group, the target, or a column that is left out."""
    names = [
        f"{word}{char}{word}"
        for word in ("order", "day", "birth_date", "customer_id", "note", "same", "paid")
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(names)
        for row in range(400):
            paid = row * 7 % 5 > 2
            days = [date(2020, 1, 1) + timedelta(days=at) for at in (row, row * 37 % 900)]
            written.writerow([row, *days, row // 4, f"text {row}", f"x{paid}", "yes" if paid else "no"])
    made = draft(infer(tmp_path / "rows.csv"), "rows.csv", "law", names[-1])
    comments = [line.partition("#")[2] for line in made.text.split("\n") if "#" in line]
    assert all(line.isprintable() for line in comments)
    assert any("order" in line for line in comments) or any("day" in line for line in comments)
    (tmp_path / "mlbuild.yaml").write_text(made.text, encoding="utf-8", newline="")
    spec, found = api.check(tmp_path / "mlbuild.yaml")
    assert spec is not None and found == []


def builds(seed: int, folder: Path) -> bool:
    """Whether the table for a seed can be drafted. If so, the draft must build."""
    written = table(seed)
    (folder / "rows.csv").write_text(written.text, encoding="utf-8", newline="")
    try:
        made = draft(infer(folder / "rows.csv"), "rows.csv", "law", written.target)
    except Rejected as rejected:
        assert rejected.problems[0].message
        return False
    file = folder / "mlbuild.yaml"
    file.write_text(made.text, encoding="utf-8", newline="")
    spec, diagnostics = api.check(file)
    assert spec is not None and not diagnostics, (seed, diagnostics, made.text)
    built(file)
    return True
