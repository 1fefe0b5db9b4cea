"""Checks the values of a table against its contract, and reports all violations at once.

One query finds out which columns violate a rule. Only for these, pandera then finds the rows: it takes a millisecond
for each column, which is long for a table with thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.data.casts import polars_type
from mlbuild.data.contracts import INT_MAX, INT_MIN, Column, Contract
from mlbuild.data.faults import MISSING, Fault

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

NOT_NULL = "not null"
_COLUMNS_AT_ONCE = 64


def violations(rows: pl.DataFrame, contract: Contract, faults: Sequence[Fault]) -> list[Fault]:
    """Return the faults found while reading and the violated rules: by column, followed by those of the table.

    `rows` are the contract's columns as a source read them. A missing value violates only `not null`, and nothing
    at all if it is missing because it could not be parsed.
    """
    absent = {name for fault in faults if fault.rule == MISSING for name in fault.columns}
    present = [name for name in contract.columns if name not in absent]
    found = [*faults, *_of_rules(rows, _violated(rows, contract, present), faults)]
    place = {name: index for index, name in enumerate(contract.columns)}
    return sorted(found, key=lambda fault: (len(fault.columns) > 1, place[fault.columns[0]]))


def _violated(rows: pl.DataFrame, contract: Contract, present: Sequence[str]) -> Contract:
    """Return the part of a contract that is violated: only columns with a violated rule, and `unique` only if it is."""
    import polars as pl

    dtypes = rows.schema  # computed on each access
    kept: list[tuple[str | None, pl.Expr]] = []
    for name in present:
        column = contract.columns[name]
        kept.append((name, pl.lit(dtypes[name] == polars_type(column.dtype))))
        if not column.nullable:
            kept.append((name, pl.col(name).is_not_null().all()))
        kept += [(name, rule.all()) for rule in _rules(name, column).values()]
    if contract.unique and set(contract.unique) <= set(present):
        kept.append((None, _unique(contract.unique).all()))
    if not kept:  # every column is missing in the file
        return replace(contract, columns={}, unique=None)
    answers = rows.select(rule.alias(str(index)) for index, (_, rule) in enumerate(kept)).row(0)
    wrong = {name for (name, _), holds in zip(kept, answers, strict=True) if not holds}
    columns = {name: column for name, column in contract.columns.items() if name in wrong}
    return replace(contract, columns=columns, unique=contract.unique if None in wrong else None)


def _of_rules(rows: pl.DataFrame, violated: Contract, faults: Sequence[Fault]) -> Iterator[Fault]:
    """Yield the violated rules of a contract."""
    if not violated.columns and violated.unique is None:
        return  # without the time for importing pandera
    import pandera.polars as pa
    from pandera.config import ValidationDepth, config_context

    # An environment variable can disable pandera. Enable it in any case.
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        for schema, names in _schemas(violated):
            try:
                schema.validate(rows.select(names), lazy=True)
            except pa.errors.SchemaErrors as errors:
                for error in errors.schema_errors:
                    yield from _told(error, violated, rows, faults)


def _schemas(contract: Contract) -> Iterator[tuple[pa.DataFrameSchema, Sequence[str]]]:
    """Yield schemas for groups of columns: the time that pandera takes grows with the square of their number."""
    import pandera.polars as pa

    columns = [*contract.columns]
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        names = columns[start : start + _COLUMNS_AT_ONCE]
        yield pa.DataFrameSchema({name: _column(name, contract.columns[name]) for name in names}), names
    if contract.unique:
        check = _check(f"unique [{', '.join(contract.unique)}]", _unique(contract.unique))
        yield pa.DataFrameSchema(checks=[check]), contract.unique


def _column(name: str, column: Column) -> pa.Column:
    import pandera.polars as pa

    checks = [_check(rule, kept) for rule, kept in _rules(name, column).items()]
    return pa.Column(polars_type(column.dtype), checks, nullable=column.nullable)


def _check(rule: str, kept: pl.Expr) -> pa.Check:
    import pandera.polars as pa

    def check(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(kept)

    return pa.Check(check, name=rule)


def _rules(name: str, column: Column) -> Mapping[str, pl.Expr]:
    """Return the rules of a column by name, each true for the rows that keep it. Missing values keep them all."""
    import polars as pl

    value, rules = pl.col(name), {}
    if column.min is not None:
        rules[f"min {column.min}"] = value >= _limit(column, column.min)
    if column.max is not None:
        rules[f"max {column.max}"] = value <= _limit(column, column.max)
    if column.categories is not None:
        rules["categories"] = value.is_in(list(column.type.categories or ()))
    if column.dtype == "float" and column.finite:
        rules["finite"] = value.is_finite()
    if column.unique:
        rules["unique"] = _unique([name])
    return rules


def _limit(column: Column, bound: int | float | str) -> Any:
    value = column.bound(bound)
    if column.dtype in TEMPORAL:
        return datetime(1970, 1, 1) + timedelta(microseconds=value)
    return value if INT_MIN <= value <= INT_MAX else float(value)


def _unique(together: Sequence[str]) -> pl.Expr:
    """No other row is equal in these columns. As in SQL, missing values are never equal."""
    import polars as pl

    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in together)
    alone = pl.col(together[0]) if len(together) == 1 else pl.struct(list(together))
    return ~(alone.is_duplicated() & whole)


def _told(error: Any, contract: Contract, rows: pl.DataFrame, faults: Sequence[Fault]) -> list[Fault]:
    """Convert one error of pandera to a fault, if it is one."""
    bad = (~error.check_output.to_series()).arg_true().to_list()
    if error.check != "not_nullable":
        columns = contract.unique or () if error.schema.name is None else (error.schema.name,)
        return [Fault.of(columns, error.check.name, bad, rows)]
    name = error.schema.name
    unparsed = [fault for fault in faults if fault.columns == (name,) and fault.count]
    count = len(bad) - sum(fault.count for fault in unparsed)
    # Only the first rows that did not parse are known. Up to the last of them, other missing values can be
    # distinguished.
    known = {sample[0] for fault in unparsed for sample in fault.samples}
    end = max(known) if count and sum(fault.count for fault in unparsed) > len(known) else rows.height
    bad = [row for row in bad if row + 1 not in known and row < end]
    told = Fault.of((name,), NOT_NULL, bad, rows)
    return [Fault(told.columns, told.rule, count, told.samples)] if count > 0 else []
