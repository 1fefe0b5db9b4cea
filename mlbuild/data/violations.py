"""Checks the values of a table against its contract, and reports all violations at once.

One query finds out which rules are violated. Only for these, pandera then finds the rows: it takes a millisecond for
each column, which is long for a table with thousands of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.data.faults import MISSING, Fault
from mlbuild.data.rules.rule import Condition
from mlbuild.data.rules.stated import StatedRules

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

_COLUMNS_AT_ONCE = 64


def violations(
    rows: pl.DataFrame,
    rules: StatedRules,
    faults: Sequence[Fault],
    others: Mapping[tuple[str, str], pl.Series] | None = None,
    old: Mapping[str, str] | None = None,
    unknown: Collection[str] = (),
) -> list[Fault]:
    """Return the faults found while reading and the violated rules: by column, followed by those of the table.

    `rows` are the contract's columns as a source read them. A missing value violates only rules about missing values,
    and nothing at all if it is missing because it could not be parsed. `others` are the columns of other sources that
    rules compare with. `old` says why columns are too old. A missing value of the columns `unknown` is not known yet, so
    it violates nothing.
    """
    absent = {name for fault in faults if fault.rule == MISSING for name in fault.columns}
    violated = _violated(rows, [*_conditions(rules, absent, others or {}, unknown)], faults)
    found = [
        *faults,
        *_faults(rows, violated, faults),
        *_old(rules, old or {}),
        *_wholes(rows, rules, absent),
    ]
    place = {name: index for index, name in enumerate(rules.dtypes)}
    return sorted(
        found, key=lambda fault: (len(fault.columns) != 1, place[fault.columns[0]] if fault.columns else -1)
    )


def _conditions(
    rules: StatedRules,
    absent: Collection[str],
    others: Mapping[tuple[str, str], pl.Series],
    unknown: Collection[str],
) -> Iterator[Condition]:
    """Yield the conditions for rows, as far as they are about columns that the file has."""
    for name, dtype in rules.dtypes.items():
        if name not in absent:
            for one in (one for one in rules.columns[name] if not one.rule.timed):
                rule, at = one.rule, ("columns", name, one.rule.rule)
                if rule.about_nulls and name in unknown:
                    continue
                other = rule.other
                kept = rule.kept_among(name, others[other]) if other else rule.kept(name, dtype)
                yield Condition((name,), rule.text, kept, at, one.level, one.allowed, rule.about_nulls)
    for together in rules.table:
        for condition in together.rule.conditions(rules.dtypes):
            if not set(condition.columns) & set(absent):
                known = _where_known(condition, unknown)
                strict = together.rule.strict  # then the condition itself says how severe it is
                yield known if strict else replace(known, level=together.level, allowed=together.allowed)


def _where_known(condition: Condition, unknown: Collection[str]) -> Condition:
    """Return the condition for the rows in which the values that it is about are known."""
    import polars as pl

    late = [name for name in condition.columns if name in unknown]
    if not late:
        return condition
    return replace(condition, kept=condition.kept | pl.any_horizontal(pl.col(late).is_null()))


def _old(rules: StatedRules, old: Mapping[str, str]) -> Iterator[Fault]:
    """Yield which columns are too old."""
    for name, why in old.items():
        one = next(one for one in rules.columns[name] if one.rule.timed)
        at = ("columns", name, one.rule.rule)
        yield Fault((name,), one.rule.text, help=why, level=one.level, at=at)


def _wholes(rows: pl.DataFrame, rules: StatedRules, absent: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with the table as a whole."""
    for together in rules.table:
        for whole in together.rule.wholes(rows, absent):
            level = whole.level if together.rule.strict else together.level
            yield Fault((), whole.text, help=whole.why, level=level, at=whole.at, quotes=whole.quotes)


def _violated(
    rows: pl.DataFrame, conditions: Sequence[Condition], faults: Sequence[Fault]
) -> list[Condition]:
    """Return the conditions that more rows violate than may."""
    if not conditions:  # every column is missing in the file
        return []
    counts = rows.select((~one.kept).sum().alias(str(index)) for index, one in enumerate(conditions)).row(0)
    unparsed = Counter({name: fault.count for fault in faults for name in fault.columns})
    return [
        one
        for one, count in zip(conditions, counts, strict=True)
        if (count - (unparsed[one.columns[0]] if one.about_nulls else 0)) / max(rows.height, 1) > one.allowed
    ]


def _faults(rows: pl.DataFrame, violated: Sequence[Condition], faults: Sequence[Fault]) -> Iterator[Fault]:
    """Yield the violated rules with the rows that violate them."""
    if not violated:
        return  # without the time for importing pandera
    import pandera.polars as pa
    from pandera.config import ValidationDepth, config_context

    # An environment variable can disable pandera. Enable it in any case.
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        for schema, columns in _schemas(violated):
            try:
                schema.validate(rows.select(columns), lazy=True)
            except pa.errors.SchemaErrors as errors:
                for error in errors.schema_errors:
                    alone = error.schema.name is not None
                    names = (error.schema.name,) if alone else columns
                    one = next(
                        one for one in violated if (one.columns, one.text) == (names, error.check.name)
                    )
                    for fault in _fault(one, error, rows, faults):
                        yield replace(
                            fault,
                            level=one.level,
                            share=fault.count / rows.height,
                            max_share=one.allowed,
                            at=one.at,
                        )


def _schemas(violated: Sequence[Condition]) -> Iterator[tuple[pa.DataFrameSchema, tuple[str, ...]]]:
    """Yield schemas with their columns: one for each rule of several columns, and some for groups of columns, because
    the time that pandera takes grows with the square of their number.
    """
    import pandera.polars as pa

    columns: dict[str, list[Condition]] = {}
    for one in violated:
        if len(one.columns) == 1:
            columns.setdefault(one.columns[0], []).append(one)
    names = tuple(columns)
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        block = names[start : start + _COLUMNS_AT_ONCE]
        made = {name: pa.Column(checks=[*map(_check, columns[name])], nullable=True) for name in block}
        yield pa.DataFrameSchema(made), block
    for one in violated:
        if len(one.columns) > 1:
            yield pa.DataFrameSchema(checks=[_check(one)]), one.columns


def _check(one: Condition) -> pa.Check:
    import pandera.polars as pa

    def check(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(one.kept.fill_null(True))

    # Otherwise pandera would ignore rows with missing values, even if the condition is false for them.
    return pa.Check(check, name=one.text, ignore_na=False)


def _fault(one: Condition, error: Any, rows: pl.DataFrame, faults: Sequence[Fault]) -> list[Fault]:
    """Convert one error of pandera to a fault, if it is one."""
    bad = (~error.check_output.to_series()).arg_true().to_list()
    fault = Fault.of(one.columns, one.text, bad, rows)
    unparsed = [other for other in faults if other.columns == one.columns and other.count]
    if not one.about_nulls or not unparsed:
        return [fault]
    count = len(bad) - sum(other.count for other in unparsed)
    # Only the first rows that did not parse are known. Up to the last of them, other missing values can be
    # distinguished.
    known = {sample[0] for other in unparsed for sample in other.samples}
    end = max(known) if count and sum(other.count for other in unparsed) > len(known) else rows.height
    bad = [row for row in bad if row + 1 not in known and row < end]
    told = Fault.of(one.columns, one.text, bad, rows)
    return [Fault(told.columns, told.rule, count, told.samples)] if count > 0 else []
