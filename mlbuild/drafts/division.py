"""Chooses how the rows of a draft are split: by time, by groups that belong together, or at random."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.by_column import ByColumn
from mlbuild.data.splits.hash import Hash
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Shares, Split
from mlbuild.data.splits.stratified import Stratified
from mlbuild.data.splits.time import Time
from mlbuild.diagnostics import Failed
from mlbuild.drafts.goal import Goal
from mlbuild.drafts.groups import MOST_WAVES, Group
from mlbuild.drafts.times import Timeline
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: With fewer rows there is no validation split, which only early stopping needs.
_FEWEST_FOR_VALID = 400
_VALID, _TEST, _TEST_ALONE = 0.15, 0.15, 0.2
_SEEDS = 50
#: The largest share of test rows, and the largest number of values of a part in a list.
_LARGEST_TEST, _MOST_LISTED = 0.4, 100
#: What a column may be called that says where rows belong, and the values that do.
_PARTS = frozenset("fold part partition set split subset".split())
_SAYS = {
    TRAIN: frozenset({"train", "training", "learn"}),
    VALID: frozenset({"valid", "validation", "val", "dev"}),
    TEST: frozenset({"test", "testing", "holdout", "eval"}),
}


@frozen(eq=False)
class Division:
    """A split with the reason for choosing it, the rows of each part, and dataset steps that the split needs.

    `remarks` say what could be wrong with it. `time` are the columns with the time, if it is a split by time.
    """

    split: Split
    why: str
    parts: Mapping[str, pl.DataFrame]
    steps: Sequence[Mapping[str, Any]] = ()
    remarks: Sequence[str] = field(default=())

    time: Sequence[str] = ()

    @property
    def by_time(self) -> bool:
        return bool(self.time)

    @property
    def has_valid(self) -> bool:
        return self.split.has_valid


def divide(goal: Goal, times: Sequence[Timeline], groups: Sequence[Group], others: Sequence[str]) -> Division:
    """Choose the split, in this order: as a column says, by groups with a few times each, by time, by groups, at random.

    `others` say why other columns are not the time.
    """
    given = _given(goal)
    if given is not None:
        return given
    time, group = (times[0] if times else None), (groups[0] if groups else None)
    waves = time is not None and (
        not time.calendar or (group is not None and group.sampled and time.values.n_unique() <= MOST_WAVES)
    )
    remarks: list[str] = []
    if group is not None and waves and (made := _by_group(goal, group)):
        return replace(made, remarks=[_instead(time), *others] if time is not None else others)
    for one in times:
        later = _by_time(goal, one)
        if isinstance(later, Division):
            known = [f"'{other.name}'" for other in groups if other.name not in one.columns]
            if known:
                remarks.append(
                    f"rows with the same {' or '.join(known)} are in several parts: the test rows are later rows of known "
                    "values; to test on new values, use a hash split"
                )
            return replace(later, remarks=remarks)
        remarks.append(later)
    remarks += others
    if group is not None and (made := _by_group(goal, group)):
        return replace(made, remarks=remarks)
    if group is not None:
        remarks.append(
            f"rows with the same '{group.name}' are in several parts, since each part needs all classes"
        )
    made = _by_chance(goal)
    return replace(made, remarks=[*remarks, *made.remarks])


def _instead(time: Timeline) -> str:
    return f"not split by time {time.name}: each group has only a few times"


def _given(goal: Goal) -> Division | None:
    """Return the split by a column that says where rows belong."""
    import polars as pl

    for name in goal.rows.columns:
        values = goal.rows[name]
        if name.strip().casefold() not in _PARTS or values.dtype != pl.String or values.null_count():
            continue
        found = {
            part: [text for text in values.unique().sort() if text.casefold() in said]
            for part, said in _SAYS.items()
        }
        if values.n_unique() == sum(map(len, found.values())) and found[TRAIN] and found[TEST]:
            split = ByColumn(column=name, valid=tuple(found[VALID]) or None, test=tuple(found[TEST]))
            return _division(split, f"by column '{name}', which assigns each row to a part", goal)
    return None


def _by_time(goal: Goal, time: Timeline) -> Division | str:
    """Return the split by time, or why there is none: a part would have no rows, or training rows would lack a class."""
    late = f"not split by time {time.name}: "
    starts = _starts(time.values, goal.rows.height >= _FEWEST_FOR_VALID)
    if starts is None:
        return f"{late}too many rows share the last time"
    valid, test = starts
    moments, steps = time.values, []
    why = f"by time {time.name}: train on the past, test on the future"
    split: Split
    rows = goal.rows
    if not time.text and not time.expression:
        split = Time(column=time.columns[0], valid_from=_iso(valid), test_from=str(_iso(test)))
    elif time.expression:
        column, text = _free("part", goal), time.expression
        cases = [
            f"WHEN {text} >= {test} THEN 'test'",
            *([f"WHEN {text} >= {valid} THEN 'valid'"] if valid is not None else []),
        ]
        steps = [{"op": "derive", "columns": {column: f"CASE {' '.join(cases)} ELSE 'train' END"}}]
        split = ByColumn(column=column, valid=("valid",) if valid is not None else None, test=("test",))
        rows = rows.with_columns(_part(moments, valid, test).alias(column))
    else:
        listed = goal.rows[time.columns[0]]
        part = _part(moments, valid, test)
        last, before = (
            tuple(listed.filter(part == name).unique(maintain_order=True).to_list()) for name in (TEST, VALID)
        )
        if max(len(last), len(before)) > _MOST_LISTED:
            return f"{late}the last part has too many different values to list"
        split = ByColumn(column=time.columns[0], valid=before or None, test=last)
    if list(split.check()):
        return f"{late}a part would be empty"
    made = _division(split, why, goal, rows, steps)
    if made is None:
        return f"{late}the rows before the last ones lack some of the classes"
    return replace(made, time=time.columns)


def _starts(moments: pl.Series, with_valid: bool) -> tuple[Any, Any] | None:
    """Return the first times of the validation rows (None if there are none) and of the test rows."""
    import polars as pl

    counts = moments.alias("time").value_counts(name="rows").sort("time", descending=True)
    tail = counts.select("time", share=pl.col("rows").cum_sum() / len(moments)).head(counts.height - 1)
    wanted = _TEST if with_valid else _TEST_ALONE
    at = int((tail["share"] - wanted).abs().arg_min() or 0)
    if not tail.height or tail["share"][at] > _LARGEST_TEST:
        return None
    before = tail.slice(at + 1)
    if not with_valid or before.is_empty():
        return None, tail["time"][at]
    start = int((before["share"] - tail["share"][at] - _VALID).abs().arg_min() or 0)
    if before["share"][start] - tail["share"][at] > _LARGEST_TEST:
        return None, tail["time"][at]
    return before["time"][start], tail["time"][at]


def _part(moments: pl.Series, valid: Any, test: Any) -> pl.Series:
    import polars as pl

    part = pl.Series([TRAIN]).new_from_index(0, len(moments))
    if valid is not None:
        part = part.set(moments >= valid, VALID)
    return part.set(moments >= test, TEST)


def _by_group(goal: Goal, group: Group) -> Division | None:
    valid, test = _shares(goal)
    why = f"by group: rows with the same '{group.name}' stay in one part, so the model is tested only on groups that it has not seen"
    for seed in (None, *range(1, _SEEDS)):
        made = _division(Hash(key=(group.name,), valid=valid, test=test, seed=seed), why, goal)
        if made and len(made.parts[TEST]) >= goal.rows.height * test / 2:
            return made
    return None


def _by_chance(goal: Goal) -> Division:
    valid, test = _shares(goal)
    candidates: Iterator[Split]
    if goal.classes:
        candidates = iter(
            (Stratified(column=goal.name, valid=valid, test=test), Random(valid=valid, test=test))
        )
        why = "at random, with the same share of each class in all parts"
    else:
        candidates = iter((Random(valid=valid, test=test),))
        why = "at random: the data has no time or groups to split by"
    for split in candidates:
        if made := _division(split, why, goal):
            return made
    everything = "all rows are for training: there are too few rows to hold any out"
    return Division(
        Random(),
        everything,
        {TRAIN: goal.rows},
        remarks=["there are no test rows, so nothing measures how good the model is"],
    )


def _division(
    split: Split,
    why: str,
    goal: Goal,
    rows: pl.DataFrame | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
) -> Division | None:
    """Return the division by a split, if each requested part has rows, and the training rows contain every class."""
    # Without a seed, a split has that of the project, which is 0.
    seeded = replace(split, seed=0) if isinstance(split, Shares) and split.seed is None else split
    try:
        parts = seeded.parts(goal.rows if rows is None else rows)
    except Failed:
        return None
    wanted = [TEST, *([VALID] if split.has_valid else [])]
    if any(parts[name].is_empty() for name in wanted):
        return None
    if goal.classes and parts[TRAIN][goal.name].n_unique() != goal.classes:
        return None
    return Division(split, why, parts, steps)


def _shares(goal: Goal) -> tuple[float, float]:
    return (_VALID, _TEST) if goal.rows.height >= _FEWEST_FOR_VALID else (0.0, _TEST_ALONE)


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _free(name: str, goal: Goal) -> str:
    return name if name not in goal.rows.columns else _free(f"{name}_of_split", goal)
