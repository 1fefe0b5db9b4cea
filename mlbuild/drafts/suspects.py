"""Finds features that may give the target away: those that alone, or two together, determine it on all rows.

They stay features, because a person has to decide whether they are known when a prediction is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.drafts.goal import Goal

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: With fewer rows, a column can determine the target by chance.
_FEWEST_ROWS = 30
#: The average number of rows of a value, below which values identify rows rather than determine the target.
_ROWS_OF_A_VALUE = 4
#: The share of the variance of a number, or of its ranks, from which a column determines it.
_ALL = 0.999
#: The share for two columns together, which come closer by chance, and the maximum number of columns to pair.
_ALL_OF_TWO, _MOST_PAIRED = 0.9999, 300
#: The share of the difference to a whole coefficient that counts as rounding.
_ROUNDING = 0.01


def suspects(goal: Goal, features: Iterable[str]) -> Mapping[str, str]:
    """Return why features may give the target away, by feature."""
    import polars as pl

    if goal.rows.height < _FEWEST_ROWS:
        return {}
    target = goal.rows[goal.name]
    alone = _class_suspicion if goal.classes else _number_suspicion
    found, numbers = dict[str, str](), dict[str, pl.Series]()
    for name in features:
        values = goal.rows[name]
        if why := alone(goal, values, target):
            found[name] = why
        elif values.dtype.is_numeric() and not values.null_count():
            numbers[name] = values
    if not goal.classes and len(numbers) <= _MOST_PAIRED:
        found |= _together(goal.name, numbers, target)
    return found


def _class_suspicion(goal: Goal, values: pl.Series, target: pl.Series) -> str | None:
    """Return why a column may determine a class: each of its values, or each range of its values, has one class."""
    import polars as pl

    if values.null_count():
        if target.n_unique() == 2 == pl.DataFrame([values.is_null(), target]).n_unique():
            return f"is missing only where '{goal.name}' has one of its two values"
        there = values.is_not_null()
        values, target = values.filter(there), target.filter(there)
        if len(values) < max(_FEWEST_ROWS, goal.rows.height / 2) or target.n_unique() < goal.classes:
            return None
    if _repeats(values) and pl.DataFrame([values, target]).n_unique() == values.n_unique():
        return f"has {values.n_unique():,} values, each of which occurs with only one value of '{goal.name}'"
    if not values.dtype.is_numeric():
        return None
    rows = pl.DataFrame([values.alias("value"), target.alias("class")]).sort("value", "class")
    changed = rows["class"] != rows["class"].shift(1)
    if int(changed.sum()) != goal.classes - 1 or not _apart(rows, changed):
        return None
    cuts = rows["value"].filter(changed.fill_null(False))
    at = f"at {cuts[0]:g}" if len(cuts) == 1 else f"at {len(cuts)} thresholds"
    return f"alone separates the values of '{goal.name}' {at}"


def _apart(rows: pl.DataFrame, changed: pl.Series) -> bool:
    """Whether no value occurs with the classes on both sides of a change."""
    return not (changed & (rows["value"] == rows["value"].shift(1))).any()


def _number_suspicion(goal: Goal, values: pl.Series, target: pl.Series) -> str | None:
    """Return why a column may determine a number: it rises or falls with it, or each value has nearly one number."""
    import polars as pl

    rows = pl.DataFrame([values.alias("value"), target.cast(pl.Float64).alias("number")]).drop_nulls()
    if rows.height < max(_FEWEST_ROWS, goal.rows.height / 2):
        return None
    if values.dtype.is_numeric():
        ranks = rows.select(pl.col("value").rank(), pl.col("number").rank())
        if abs(_correlation(ranks["value"], ranks["number"])) > _ALL:
            return f"is in the same or the reverse order as '{goal.name}' in nearly all rows"
    if _repeats(rows["value"]):
        rest = rows.select(pl.col("number") - pl.col("number").mean().over("value"))["number"]
        spread = rows["number"].var()
        if isinstance(spread, float) and spread and (1 - float((rest**2).mean()) / spread) > _ALL:  # type: ignore[arg-type]  # the mean of numbers is a number
            return f"has nearly one value of '{goal.name}' for each of its values"
    return None


def _together(target: str, numbers: Mapping[str, pl.Series], values: pl.Series) -> dict[str, str]:
    """Return which two columns determine a number as a weighted sum, by the first of them."""
    import numpy as np
    import polars as pl

    if len(numbers) < 2 or len(values) < _FEWEST_ROWS:
        return {}
    names = [*numbers]
    columns = np.stack([series.cast(pl.Float64).to_numpy() for series in (*numbers.values(), values)])
    with np.errstate(all="ignore"):  # a column with infinite values is related to nothing
        columns -= columns.mean(axis=1, keepdims=True)
        sizes = np.sqrt((columns**2).mean(axis=1))
        related = np.corrcoef(columns)
        of_target, between = related[:-1, -1], related[:-1, :-1]
        both = of_target[:, None] ** 2 + of_target[None, :] ** 2
        crossed = 2 * of_target[:, None] * of_target[None, :] * between
        explained = np.triu((both - crossed) / (1 - between**2), 1)
        explained[(between**2 > _ALL) | ~np.isfinite(explained)] = 0
    found = {}
    for first, second in np.argwhere(explained > _ALL_OF_TWO)[:_MOST_PAIRED]:
        weights = np.linalg.lstsq(columns[[first, second]].T, columns[-1], rcond=None)[0]
        # A column that adds next to nothing is not part of the sum.
        if min(abs(weights) * sizes[[first, second]]) > _ROUNDING * sizes[-1]:
            sign = "-" if weights[1] < 0 else "+"
            left, right = (
                _term(weight, names[at]) for weight, at in zip(weights, (first, second), strict=True)
            )
            found[names[first]] = (
                f"with '{names[second]}' determines '{target}', nearly as {left} {sign} {right}"
            )
    return found


def _term(weight: float, name: str) -> str:
    size = abs(weight)
    return name if abs(size - 1) < _ROUNDING else f"{size:.3g} * {name}"


def _repeats(values: pl.Series) -> bool:
    return len(values) >= _ROWS_OF_A_VALUE * values.n_unique()


def _correlation(one: pl.Series, other: pl.Series) -> float:
    import numpy as np

    with np.errstate(all="ignore"):
        found = float(np.corrcoef(one.to_numpy(), other.to_numpy())[0, 1])
    return found if np.isfinite(found) else 0.0
