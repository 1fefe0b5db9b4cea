"""Chooses what a draft predicts: the target, and whether it is a class or a number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.contracts import Column
from mlbuild.data.evidence.spellings import unread_form
from mlbuild.data.evidence.words import words
from mlbuild.data.inference import Inferred
from mlbuild.data.rules.bounds import Min
from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.unique import Unique
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.learner import AnswerClass

if TYPE_CHECKING:
    import polars as pl

#: The kinds of answers that can be drafted.
ANSWERS = (Classification, Regression)
#: An int with more distinct values than this is a number, not a class. A float is a class if it has two values.
MOST_INTS, MOST_FLOATS = 10, 2
#: Words in the names of counts, and the fewest different counts from which their frequencies are evident.
_COUNTS = frozenset("count counts freq frequency num number quantity visits children kids".split())
_FEWEST_COUNTS = 5
#: The share of the counts that are rarer than the one before.
_MOSTLY = 0.7
#: Targets with more classes than this are not drafted.
MOST_CLASSES = 100


@frozen(eq=False)
class Goal:
    """The target: its column in the contract, the kind of answer, and the number of classes (0 for numbers).

    `rows` are those in which the target is not missing, with the target as the contract defines it. `note` says what
    else the target could be.
    """

    name: str
    column: Column
    answer: AnswerClass
    classes: int
    rows: pl.DataFrame
    note: str | None = None


def choose_goal(inferred: Inferred, name: str, asked: AnswerClass | None = None) -> Goal:
    """Choose the target `name`. If no answer is `asked` for, it depends on the values.

    Raises:
        Rejected: The column does not exist, or nothing can be learned from its values.
    """
    if name in inferred.refused:
        raise _unsupported(f"column '{name}' {inferred.refused[name]}")
    if name not in inferred.columns:
        help_ = did_you_mean(name, inferred.columns)
        known = f"available columns: {', '.join(inferred.columns)}"
        raise Rejected(
            Problem(
                "unknown-column", f"there is no column '{name}'", help=f"{help_}; {known}" if help_ else known
            )
        )
    column, rows = inferred.columns[name], inferred.rows.filter(inferred.rows[name].is_not_null())
    values = rows[name].n_unique()
    if values < 2:
        raise _unsupported(
            f"the target '{name}' has the same value in all rows, so there is nothing to learn"
        )
    if not column.rule(Finite).finite:
        raise _unsupported(f"the target '{name}' has infinite values", "remove these rows from the file")
    answer = asked or _answer(column.dtype, rows[name])
    if answer is Regression:
        note = None
        if asked is None and values <= MOST_INTS and column.dtype == "int":
            note = (
                f"'{name}' is treated as a count: if its values are classes, use --task {Classification.kind}"
            )
        return Goal(name, _number(name, column), answer, 0, rows, note)
    if asked is None and column.dtype == "string":
        _refuse_unread(inferred, rows[name].unique().sort())
    goal = _classes(name, column, rows)
    if asked is None and goal.classes > 2 and goal.column.dtype == "int":
        note = f"the {goal.classes} different numbers of '{name}' are treated as classes: if they are quantities, use --task {Regression.kind}"
        return replace(goal, note=note)
    return goal


def _answer(dtype: str, values: pl.Series) -> AnswerClass:
    few = {"int": MOST_INTS, "float": MOST_FLOATS}.get(dtype)
    if few is None:
        return Classification
    distinct = values.unique()
    whole = dtype == "int" or bool((distinct == distinct.round()).all())
    few_classes = whole and len(distinct) <= few and len(values) >= 5 * len(distinct)
    return Classification if few_classes and not _counts(values, distinct.sort()) else Regression


def _counts(values: pl.Series, distinct: pl.Series) -> bool:
    """Whether whole numbers count something: by name, or because larger ones are ever rarer, down from 0 or 1."""
    if len(distinct) < 3 or distinct[0] not in (0, 1):
        return False
    if _COUNTS & words(values.name):
        return True
    if len(distinct) < _FEWEST_COUNTS:
        return False
    rows = values.value_counts(name="rows").sort(values.name)["rows"]
    most = int(rows.arg_max() or 0)
    rarer = int((rows[most:].diff().drop_nulls() <= 0).sum()) >= _MOSTLY * (len(rows) - most - 1)
    return rarer and most <= len(distinct) // 3 and rows[-1] < rows[most] / 4


def _refuse_unread(inferred: Inferred, texts: pl.Series) -> None:
    """Refuse texts such as dates as classes, unless classes were requested."""
    form = unread_form(texts)
    reason = inferred.doubts.get(texts.name) or (None if form is None else f"has {form}: '{texts[0]}'")
    if reason is not None:
        message = f"the target '{texts.name}' {reason}"
        raise _unsupported(
            message, f"convert the data, or use --task {Classification.kind} to use the values as classes"
        )


def _number(name: str, column: Column) -> Column:
    if column.dtype not in Regression.dtypes:
        raise _unsupported(
            f"the target '{name}' is of dtype {column.dtype}, but {Regression.kind} predicts int or float",
            "remove --task, or choose another column",
        )
    return replace(column, serving=False)


def _classes(name: str, column: Column, rows: pl.DataFrame) -> Goal:
    import polars as pl

    values = rows[name]
    if column.dtype == "float" and (values == values.round()).all():
        column = replace(column, dtype="int").ruled(Min())
        rows = rows.with_columns(values.cast(pl.Int64))
    if column.dtype not in Classification.dtypes:
        help_ = "choose another column, or draft without --target and derive a bool, int or string from it"
        raise _unsupported(
            f"the target '{name}' is of dtype {column.dtype}, but classes must be bool, int or string", help_
        )
    distinct = rows[name].unique().sort()
    if len(distinct) == rows.height:
        raise _unsupported(
            f"the target '{name}' has a different value in every row, so there are no classes to learn"
        )
    if len(distinct) > MOST_CLASSES:
        told = f"{len(distinct):,} distinct values in {rows.height:,} rows"
        raise _unsupported(
            f"the target '{name}' has {told}, but a draft supports at most {MOST_CLASSES} classes"
        )
    categories = None if column.dtype == "bool" else tuple(distinct)
    made = replace(column, serving=False).ruled(Categories.of(categories), Min(), Unique())
    return Goal(name, made, Classification, len(distinct), rows)


def _unsupported(message: str, help_: str | None = None) -> Rejected:
    return Rejected(Problem("unsupported-target", message, help=help_))
