"""Checks the values of a table against its contract, and reports all violations at once.

One query finds out which rules are violated. Only for these, pandera then finds the rows: it takes a millisecond for
each column, which is long for a table with thousands of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.faults import MISSING, Fault
from mlbuild.data.rules.stated import StatedRules
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

_COLUMNS_AT_ONCE = 64


@frozen
class _Condition:
    """A rule for some columns: its text in messages, and an expression that is true for the rows that keep it."""

    columns: tuple[str, ...]
    text: str
    kept: pl.Expr
    about_nulls: bool = False


def violations(rows: pl.DataFrame, rules: StatedRules, faults: Sequence[Fault]) -> list[Fault]:
    """Return the faults found while reading and the violated rules: by column, followed by those of the table.

    `rows` are the contract's columns as a source read them. A missing value violates only rules about missing values,
    and nothing at all if it is missing because it could not be parsed.
    """
    absent = {name for fault in faults if fault.rule == MISSING for name in fault.columns}
    violated = _violated(rows, [*_conditions(rules, absent)])
    found = [*faults, *_faults(rows, violated, faults)]
    place = {name: index for index, name in enumerate(rules.dtypes)}
    return sorted(found, key=lambda fault: (len(fault.columns) > 1, place[fault.columns[0]]))


def _conditions(rules: StatedRules, absent: Collection[str]) -> Iterator[_Condition]:
    """Yield the rules for columns that the file has."""
    for name, dtype in rules.dtypes.items():
        if name not in absent:
            for rule in rules.columns[name]:
                yield _Condition((name,), rule.text, rule.kept(name, dtype), rule.about_nulls)
    for together in rules.table:
        if not set(together.columns) & set(absent):
            yield _Condition(together.columns, together.text, together.kept())


def _violated(rows: pl.DataFrame, conditions: Sequence[_Condition]) -> list[_Condition]:
    """Return the conditions that some row violates."""
    if not conditions:  # every column is missing in the file
        return []
    answers = rows.select(one.kept.all().alias(str(index)) for index, one in enumerate(conditions)).row(0)
    return [one for one, holds in zip(conditions, answers, strict=True) if not holds]


def _faults(rows: pl.DataFrame, violated: Sequence[_Condition], faults: Sequence[Fault]) -> Iterator[Fault]:
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
                    yield from _fault((error.schema.name,) if alone else columns, error, rows, faults)


def _schemas(violated: Sequence[_Condition]) -> Iterator[tuple[pa.DataFrameSchema, tuple[str, ...]]]:
    """Yield schemas with their columns: one for each rule of several columns, and some for groups of columns, because
    the time that pandera takes grows with the square of their number.
    """
    import pandera.polars as pa

    columns: dict[str, list[_Condition]] = {}
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


def _check(one: _Condition) -> pa.Check:
    import pandera.polars as pa

    def check(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(one.kept)

    return pa.Check(check, name=one.text, ignore_na=not one.about_nulls)


def _fault(columns: tuple[str, ...], error: Any, rows: pl.DataFrame, faults: Sequence[Fault]) -> list[Fault]:
    """Convert one error of pandera to a fault, if it is one."""
    bad = (~error.check_output.to_series()).arg_true().to_list()
    fault = Fault.of(columns, error.check.name, bad, rows)
    unparsed = [one for one in faults if one.columns == columns and one.count]
    if error.check.ignore_na or not unparsed:
        return [fault]
    count = len(bad) - sum(one.count for one in unparsed)
    # Only the first rows that did not parse are known. Up to the last of them, other missing values can be
    # distinguished.
    known = {sample[0] for one in unparsed for sample in one.samples}
    end = max(known) if count and sum(one.count for one in unparsed) > len(known) else rows.height
    bad = [row for row in bad if row + 1 not in known and row < end]
    told = Fault.of(columns, fault.rule, bad, rows)
    return [Fault(told.columns, told.rule, count, told.samples)] if count > 0 else []
