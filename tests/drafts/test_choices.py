"""What a draft chooses: the task, the features, the split; and why it refuses something."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mlbuild.data.inference import infer
from mlbuild.diagnostics import Rejected
from mlbuild.drafts.draft import Draft, draft
from mlbuild.drafts.goal import Goal
from mlbuild.drafts.names import name_of
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.learner import AnswerClass
from mlbuild.spec.check import check

ROWS = 60
#: A column that a model can always learn from.
SIZE = [f"{row * 7 % 23}.5" for row in range(ROWS)]


def drafted(folder: Path, **columns: list[str]) -> Draft:
    """Draft a CSV file with the target `y`, the given columns, and one more."""
    return drafted_for(folder, "y", columns)


def drafted_for(
    folder: Path, target: str, columns: dict[str, list[str]], answer: AnswerClass | None = None
) -> Draft:
    file = folder / "rows.csv"
    pl.DataFrame({"size": SIZE, **columns}).write_csv(file)
    return draft(infer(file), "rows.csv", "p", target, answer)


def goal_of(made: Draft) -> Goal:
    assert made.goal is not None
    return made.goal


def cycle(*values: str) -> list[str]:
    return [values[row % len(values)] for row in range(ROWS)]


ANSWERS: dict[str, tuple[list[str], AnswerClass | None, AnswerClass, int]] = {
    "bool": (cycle("true", "false"), None, Classification, 2),
    "text": (cycle("a", "b", "c"), None, Classification, 3),
    "few whole numbers": (cycle("0", "1", "2"), None, Classification, 3),
    "whole numbers": (cycle(*map(str, range(11))), None, Regression, 0),
    "floats": (cycle("0.5", "1.5"), None, Regression, 0),
    "0 and 1 with a point": (cycle("0.0", "1.0"), None, Classification, 2),
    "0, 1 and 2 with a point": (cycle("0.0", "1.0", "2.0"), None, Regression, 0),
    "as asked: a number": (cycle("0", "1", "2"), Regression, Regression, 0),
    "as asked: classes": (cycle("0.0", "1.0", "2.0"), Classification, Classification, 3),
}


@pytest.mark.parametrize(("values", "asked", "answer", "classes"), ANSWERS.values(), ids=list(ANSWERS))
def test_the_values_of_the_target_decide_the_kind_of_answer(
    tmp_path: Path, values: list[str], asked: AnswerClass | None, answer: AnswerClass, classes: int
) -> None:
    goal = goal_of(drafted_for(tmp_path, "y", {"y": values}, asked))
    assert (goal.answer, goal.classes) == (answer, classes)


REFUSED: dict[str, tuple[list[str], AnswerClass | None, str]] = {
    "one value": (
        cycle("a"),
        None,
        "the target 'y' has the same value in all rows, so there is nothing to learn",
    ),
    "a text in every row": (
        [f"a{row}" for row in range(ROWS)],
        None,
        "the target 'y' has a different value in every row, so there are no classes to learn",
    ),
    "dates": (
        [f"2013-10-{row % 28 + 1:02}" for row in range(ROWS)],
        None,
        "the target 'y' is of dtype date, but classes must be bool, int or string",
    ),
    "floats as classes": (
        cycle("0.5", "1.5"),
        Classification,
        "the target 'y' is of dtype float, but classes must be bool, int or string",
    ),
    "text as a number": (
        cycle("a", "b"),
        Regression,
        "the target 'y' is of dtype string, but regression predicts int or float",
    ),
    "days or months": (
        cycle("1/2/2013", "3/4/2013"),
        None,
        "the target 'y' has dates like '1/2/2013', whose format may be '%d/%m/%Y' or '%m/%d/%Y'",
    ),
    "infinities": (cycle("0.5", "inf", "2.5"), None, "the target 'y' has infinite values"),
    "nothing": ([""] * ROWS, None, "column 'y' has no values"),
}


@pytest.mark.parametrize(("values", "asked", "message"), REFUSED.values(), ids=list(REFUSED))
def test_a_target_that_cannot_be_learned_is_refused(
    tmp_path: Path, values: list[str], asked: AnswerClass | None, message: str
) -> None:
    with pytest.raises(Rejected) as caught:
        drafted_for(tmp_path, "y", {"y": values}, asked)
    assert str(caught.value) == message


def test_what_looks_like_dates_is_classes_where_that_is_asked_and_digits_are_codes(tmp_path: Path) -> None:
    asked = goal_of(drafted_for(tmp_path, "y", {"y": cycle("1/2/2013", "3/4/2013")}, Classification))
    assert asked.column.type.categories == ("1/2/2013", "3/4/2013")
    codes = goal_of(drafted(tmp_path, y=cycle("010", "020")))
    assert codes.column.type.categories == ("010", "020")


def test_decimal_commas_between_semicolons_are_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "size;price;y\n" + "".join(f"{row % 23};{row * 7 % 31},5;{row % 2 > 0}\n" for row in range(ROWS))
    )
    made = draft(infer(file), "rows.csv", "p", "y")
    assert "    read:\n      price:\n        decimal: ','\n" in made.text
    (tmp_path / "mlbuild.yaml").write_text(made.text)
    spec, found = check(tmp_path / "mlbuild.yaml")
    assert spec is not None and found == []
    assert spec.models["y"].features == ("size", "price")


def test_a_target_that_is_not_there_is_told_with_the_header(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        drafted_for(tmp_path, "why", {"y": cycle("a", "b"), "who": cycle("c", "d")})
    (problem,) = caught.value.problems
    assert problem.message == "there is no column 'why'"
    assert problem.help == "did you mean 'who'?; available columns: size, y, who"


def test_rows_without_a_target_are_filtered_out(tmp_path: Path) -> None:
    made = drafted_for(tmp_path, "the y", {"the y": cycle("a", "b", "")})
    assert goal_of(made).rows.height == 40
    assert """        where: '"the y" IS NOT NULL'\n""" in made.text


@pytest.mark.parametrize(
    "codes", [["01234", "10115", "80331"], ["9007199254740993", "12", "9007199254740995"]]
)
def test_digits_that_are_names_are_categories(tmp_path: Path, codes: list[str]) -> None:
    made = drafted_for(tmp_path, "y", {"y": cycle("a", "b"), "place": cycle(*codes)})
    assert "      - place\n" in made.text and "left out" not in made.text


LEFT_OUT = {
    "one value": (cycle("5"), "has the same value in all rows"),
    "one value beside missing ones": (cycle("5", ""), "has the same value in all rows"),
    "an id": (
        [f"k{row}" for row in range(ROWS)],
        "is different in every row, so it says nothing about new rows",
    ),
    "free text": (
        [f"told {'so ' * row}" for row in range(ROWS)],
        "is text with few repeated values: 60 distinct values in 60 rows",
    ),
    "the target again": (
        cycle("A", "B"),
        "gives the target away: each of its values corresponds to one value of 'y'",
    ),
    "dates in another form": (
        cycle("1/1/2013", "2/1/2013", "3/1/2013"),
        "has dates like '1/1/2013', whose format may be '%d/%m/%Y' or '%m/%d/%Y'",
    ),
    "times of day": (cycle("5:00", "6:00", "7:30 pm"), "has times of day: '5:00'"),
    "decimals or thousands": (
        cycle("1,500", "2,500", "3,500"),
        "has numbers like '1,500', in which ',' may separate decimals or thousands",
    ),
    "one day": (cycle("2013-10-01", ""), "has the same value in all rows"),
    "years as dates": (
        [f"{1950 + row}-01-01" for row in range(ROWS)],
        "has no date part with repeated values",
    ),
}


@pytest.mark.parametrize(("values", "reason"), LEFT_OUT.values(), ids=list(LEFT_OUT))
def test_what_is_no_feature_is_left_out_with_the_reason(
    tmp_path: Path, values: list[str], reason: str
) -> None:
    made = drafted(tmp_path, y=cycle("a", "b"), x=values)
    assert made.roles is not None
    assert (made.roles.features, made.roles.left_out) == (("size",), {"x": reason})
    told = f"    #   x: {reason}"
    assert told[:100] in made.text


def test_a_column_can_be_constant_only_where_there_is_a_target(tmp_path: Path) -> None:
    """A flight that is cancelled has no delay."""
    made = drafted(tmp_path, y=cycle("1.5", "2.5", ""), cancelled=cycle("false", "false", "true"))
    why = "has the same value in all rows with a target"
    assert made.roles is not None and made.roles.left_out == {"cancelled": why}
    assert f"    #   cancelled: {why}\n" in made.text


def test_texts_that_an_artifact_would_cut_are_no_features(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    columns = {"size": [*map(float, SIZE)], "y": cycle("a", "b"), "x": cycle("a", "a\0", "b\0")}
    pl.DataFrame(columns).write_parquet(file)
    made = draft(infer(file), "rows.parquet", "p", "y")
    why = {"x": "contains the character U+0000, which ends a string in an artifact"}
    assert made.roles is not None and made.roles.left_out == why


def test_names_of_outputs_are_no_features(tmp_path: Path) -> None:
    why = {"label": "has the name of an output of the artifact; rename it in the data to use it"}
    made = drafted(tmp_path, y=cycle("a", "b"), label=cycle("1", "2", "3"))
    assert made.roles is not None and made.roles.left_out == why
    made = drafted_for(tmp_path, "size", {"label": cycle("1", "2", "3")})
    assert made.roles is not None and made.roles.features == ("label",)


def test_a_number_that_equals_the_target_is_no_feature(tmp_path: Path) -> None:
    made = drafted(
        tmp_path, y=[f"{row}.5" for row in range(ROWS)], again=[f"{row}.50" for row in range(ROWS)]
    )
    assert made.roles is not None and list(made.roles.left_out) == ["again"]


def test_without_a_feature_nothing_is_drafted(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no column is left as a feature") as caught:
        drafted(tmp_path, y=cycle("a", "b"), size=cycle("5"))
    assert caught.value.problems[0].help == "'size' has the same value in all rows"


def test_dates_are_used_through_the_parts_that_differ(tmp_path: Path) -> None:
    months = [f"{2000 + row // 12}-{row % 12 + 1:02}-01" for row in range(ROWS)]
    hours = [f"2013-10-01T{row % 24:02}:00" for row in range(ROWS)]
    made = drafted(tmp_path, y=cycle("a", "b"), born=months[::-1][7:] + months[:7], due=hours)
    assert made.roles is not None
    assert made.roles.parts == {"born": ("year", "month"), "due": ("hour",)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("penguins-raw", "penguins-raw"),
        ("Body Mass (g)", "Body_Mass_g"),
        ("größe", "gro_e"),
        ("2011", "_2011"),
        ("日本", "data"),
        ("", "data"),
        ("--", "data"),
    ],
)
def test_names_are_made_of_any_text(text: str, name: str) -> None:
    assert name_of(text, "data") == name


@pytest.mark.parametrize(("name", "guessed"), [("z", False), ("age", True)])
def test_a_draft_says_where_a_minimum_comes_from(tmp_path: Path, name: str, guessed: bool) -> None:
    columns = {
        name: [str(row % 50 + 1) for row in range(ROWS)],
        "y": [str(row % 7 + row) for row in range(ROWS)],
    }
    (tmp_path / "rows.csv").unlink(missing_ok=True)
    pl.DataFrame({"other": [str(0.5 - row) for row in range(ROWS)], **columns}).write_csv(
        tmp_path / "rows.csv"
    )
    text = draft(infer(tmp_path / "rows.csv"), "rows.csv", "p", "y", None).text
    assert ("min: 0" in text) == guessed == ("('min: 0' is a guess from names and zeros)" in text)


COUNTED: dict[str, tuple[str, list[str], AnswerClass]] = {
    "a name": ("num_children", cycle("0", "1", "2", "1"), Regression),
    "ever rarer": ("events", [str(min(row % 12, row % 5, row % 7, 5)) for row in range(ROWS)], Regression),
    "rarer, with gaps": ("events", cycle(*"000000001111110222233359"), Regression),
    "equally frequent": ("digit", cycle("0", "1", "2", "3", "4", "5"), Classification),
    "ratings": ("rating", cycle("5", "4", "4", "3", "5", "5", "2", "4", "1", "5"), Classification),
    "codes from 3": ("count", cycle("3", "4", "5"), Classification),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "answer"), COUNTED.values(), ids=list(COUNTED))
def test_counts_are_numbers(tmp_path: Path, name: str, values: list[str], answer: AnswerClass) -> None:
    made = drafted_for(tmp_path, name, {name: values})
    assert goal_of(made).answer is answer
    other = "classification" if answer is Regression else "regression"
    assert [note for note in made.remarks if f"use --task {other}" in note]


@pytest.mark.parametrize(("number", "rows"), [("-999", 6), ("99", 6), ("-9999", 6), ("-999", 1), ("35", 6)])
def test_numbers_that_may_mean_missing_values_have_a_remark(tmp_path: Path, number: str, rows: int) -> None:
    ages = [number if row < rows else str(18 + row % 40) for row in range(ROWS)]
    remarks = drafted(tmp_path, y=cycle("a", "b"), age=ages).remarks
    told = f"'age' has {number} in 6 rows, far from all other values: if it means a missing value, add "
    assert [one[: len(told)] for one in remarks] == ([told] if rows == 6 and number != "35" else [])
