"""Checks the values of a table against its contract with pandera, and reports all violations at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    import pandera.polars as pa
    from pandera.config import ValidationDepth, config_context

    absent = {name for fault in faults if fault.rule == MISSING for name in fault.columns}
    present = [name for name in contract.columns if name not in absent]
    found = list(faults)
    # An environment variable can disable pandera. Enable it in any case.
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        for schema, names in _schemas(contract, present):
            try:
                schema.validate(rows.select(names), lazy=True)
            except pa.errors.SchemaErrors as errors:
                for error in errors.schema_errors:
                    found += _told(error, contract, rows, faults)
    place = {name: index for index, name in enumerate(contract.columns)}
    return sorted(found, key=lambda fault: (len(fault.columns) > 1, place[fault.columns[0]]))


def _schemas(
    contract: Contract, present: Sequence[str]
) -> Iterator[tuple[pa.DataFrameSchema, Sequence[str]]]:
    """Yield schemas for groups of columns: the time that pandera takes grows with the square of their number."""
    import pandera.polars as pa

    for start in range(0, len(present), _COLUMNS_AT_ONCE):
        names = present[start : start + _COLUMNS_AT_ONCE]
        yield pa.DataFrameSchema({name: _column(contract.columns[name]) for name in names}), names
    promised = contract.unique
    if promised and set(promised) <= set(present):
        check = _unique(promised, f"unique [{', '.join(promised)}]")
        yield pa.DataFrameSchema(checks=[check]), promised


def _column(column: Column) -> pa.Column:
    import pandera.polars as pa

    checks = []
    if column.min is not None:
        checks.append(pa.Check.ge(_limit(column, column.min), name=f"min {column.min}"))
    if column.max is not None:
        checks.append(pa.Check.le(_limit(column, column.max), name=f"max {column.max}"))
    if column.categories is not None:
        checks.append(pa.Check.isin(list(column.type.categories or ()), name="categories"))
    if column.dtype == "float" and column.finite:
        checks.append(pa.Check(_finite, name="finite"))
    if column.unique:
        checks.append(_unique(None, "unique"))
    return pa.Column(polars_type(column.dtype), checks, nullable=column.nullable)


def _limit(column: Column, bound: int | float | str) -> Any:
    value = column.bound(bound)
    if column.dtype in TEMPORAL:
        return datetime(1970, 1, 1) + timedelta(microseconds=value)
    return value if INT_MIN <= value <= INT_MAX else float(value)


def _finite(data: pa.PolarsData) -> pl.LazyFrame:
    import polars as pl

    return data.lazyframe.select(pl.col(data.key).is_finite())


def _unique(together: Sequence[str] | None, name: str) -> pa.Check:
    """Check that no two rows are equal in these columns. As in SQL, missing values are never equal."""
    import pandera.polars as pa
    import polars as pl

    def check(data: pa.PolarsData) -> pl.LazyFrame:
        keys = [data.key] if together is None else list(together)
        whole = pl.all_horizontal(pl.col(key).is_not_null() for key in keys)
        alone = pl.col(keys[0]) if len(keys) == 1 else pl.struct(keys)
        return data.lazyframe.select(~(alone.is_duplicated() & whole))

    return pa.Check(check, name=name)


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
