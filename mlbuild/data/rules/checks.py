"""Checks of a contract: named SQL conditions over each row, or over aggregates of the table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from mlbuild.columns import ColumnType, Schema
from mlbuild.data.casts import schema_of
from mlbuild.data.rules.rule import ERROR, WARN, Condition, ContractKeys, TableRule, Whole
from mlbuild.data.rules.strictness import SEVERITIES
from mlbuild.data.steps.aggregates.aggregation import Ranges, aggregated, zeros_without_sign
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.aggregates import TableCondition, bind_condition
from mlbuild.expressions.binding import bind
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Described, Expression, Json, MapOf, Number, Object, field, write

if TYPE_CHECKING:
    import polars as pl

_NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,79}$"


@frozen
class Check(Described):
    """A condition for each row (`where`) or for the whole table (`table`)."""

    where: str | Sequence[Any] | None = field(
        Expression(),
        "SQL condition that is true for every row. A missing result counts as true.",
        default=None,
        examples=("paid_at >= ordered_at",),
    )
    table: str | Sequence[Any] | None = field(
        Expression(),
        "SQL condition over `COUNT`, `SUM`, `AVG`, `MIN` and `MAX` of the whole table. A missing result counts as true.",
        default=None,
        examples=("COUNT(*) > 1000 AND AVG(amount) < 500",),
    )
    level: str = field(Choice(SEVERITIES), "What a violation does.", default=ERROR, key="severity")
    max_share: float = field(
        Number(min=0, below=1), "Share of the rows for which `where` may be false.", default=0.0
    )

    def check(self) -> Iterator[Problem]:
        if (self.where is None) == (self.table is None):
            message = "a check needs 'where' or 'table'" + (", but not both" if self.where else "")
            yield Problem("contradiction" if self.where else "missing-key", message, (), on="key")
        elif self.table is not None and self.max_share:
            message = "'max_share' has no effect on a check of the whole table"
            yield Problem("no-effect", message, ("max_share",), "remove it", on="key")

    def bound(self, schema: Schema) -> Typed | TableCondition:
        """Return the typed condition.

        Raises:
            Rejected: With problems under `where` or `table`.
        """
        key = "where" if self.where is not None else "table"
        try:
            if self.where is not None:
                made: Typed | TableCondition = bind(self.where, schema)
            else:
                made = bind_condition(self.table or "", schema)
        except Rejected as rejected:
            raise Rejected(*(problem.under(key) for problem in rejected.problems)) from None
        if made.type.known and made.type.dtype != "bool":
            message = f"a check needs a condition of dtype bool, but this is of dtype {made.type.dtype}"
            raise Rejected(Problem("type-mismatch", message, (key,)))
        return made


@frozen
class Checks(TableRule):
    """Every condition of `checks` is true."""

    rule = "checks"
    strict = True

    checks: Mapping[str, Check] | None = field(
        MapOf(Object(Check), min_items=1, name_pattern=_NAME),
        "Conditions by name, for rules that no other key expresses.",
        default=None,
        examples=({"in_order": {"where": "paid_at >= ordered_at"}},),
    )

    @property
    def promises(self) -> bool:
        return any(check.level == ERROR for check in (self.checks or {}).values())

    @property
    def described(self) -> str:
        told = (f"{name} ({check.where or check.table})" for name, check in (self.checks or {}).items())
        return f"checks {', '.join(told)}"

    def implied_by(self, other: Self) -> bool:
        """Checks that only warn promise nothing."""
        theirs = other.checks or {}
        return all(
            name in theirs and _kept(check, theirs[name])
            for name, check in (self.checks or {}).items()
            if check.level == ERROR
        )

    def contradictions(self, contract: ContractKeys) -> Iterator[Problem]:
        schema = _schema({name: column.dtype for name, column in contract.columns.items()})
        for name, check in (self.checks or {}).items():
            if (check.where is None) != (check.table is None):
                try:
                    check.bound(schema)
                except Rejected as rejected:
                    yield from (problem.under("checks", name) for problem in rejected.problems)

    def canonical(self, dtypes: Mapping[str, str]) -> Json:
        made: Json = {}
        for name, check in (self.checks or {}).items():
            key = "where" if check.where is not None else "table"
            made[name] = write(check) | {key: check.bound(_schema(dtypes)).tree}
        return {"checks": made}

    def for_rows(self) -> Self | None:
        rows = {
            name: replace(check, level=WARN) if check.max_share else check
            for name, check in (self.checks or {}).items()
            if check.where is not None
        }
        return replace(self, checks=rows) if rows else None

    def conditions(self, dtypes: Mapping[str, str]) -> Iterator[Condition]:
        for name, check in (self.checks or {}).items():
            bound = check.bound(_schema(dtypes)) if check.where is not None else None
            if isinstance(bound, Typed):
                at, kept = ("checks", name, "where"), bound.to_polars()
                yield Condition(bound.names, f"check {name}", kept, at, check.level, check.max_share)

    def wholes(self, rows: pl.DataFrame, absent: Collection[str]) -> Iterator[Whole]:
        for name, check in (self.checks or {}).items():
            bound = check.bound(schema_of(rows)) if check.table is not None else None
            if isinstance(bound, TableCondition) and not set(bound.names) & set(absent):
                why = _false(bound, rows)
                if why is not None:
                    at = ("checks", name, "table")
                    yield Whole(f"check {name}", why, at, check.level, tuple(bound.names))


def _kept(check: Check, other: Check) -> bool:
    same = (check.where, check.table, check.level) == (other.where, other.table, other.level)
    return same and other.max_share <= check.max_share


def _schema(dtypes: Mapping[str, str]) -> Schema:
    """Return columns that can all have missing values: this is about rows that are not checked yet."""
    return Schema({name: ColumnType(dtype, nullable=True) for name, dtype in dtypes.items()})


def _false(bound: TableCondition, rows: pl.DataFrame) -> str | None:
    """Return the values of the aggregates if the condition is false."""
    import numpy as np
    import polars as pl

    whole = Ranges(np.array([0]), np.array([rows.height]), np.array([0]))
    read = zeros_without_sign(rows.select(bound.names)) if bound.names else rows
    results = {name: aggregated(call, read, whole) for name, call in bound.calls.items()}
    frame = pl.DataFrame([values.alias(name) for name, values in results.items()])
    if frame.select(bound.condition.to_polars()).item() is not False:
        return None
    return ", ".join(f"{name} is {_shown(values.item())}" for name, values in results.items())


def _shown(value: Any) -> str:
    return "missing" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
