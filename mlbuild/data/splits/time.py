"""The split `time`: train before valid, valid before test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.columns import TEMPORAL
from mlbuild.data.faults import Fault, faulty
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Split, suitable_column
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.moments import DAY, DURATION, DURATION_WORDS, parse_duration, parse_moment
from mlbuild.params import Name, Text, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Time(Split):
    """Split by time: training rows come before validation rows, which come before test rows."""

    discriminator = ("type", "time")
    usual = ("valid_from", "test_from")
    separates = False
    valid_key = "valid_from"

    column: str = field(
        Name("column"), "Date or datetime column to split by. Its values must not be missing."
    )
    valid_from: str | None = field(
        Text(),
        "Start of the validation rows, a date or datetime. Earlier rows are for training. Without it, there are no validation rows.",
        default=None,
        examples=("2013-10-01",),
    )
    test_from: str | None = field(
        Text(),
        "Start of the test rows, a date or datetime. Without it, there are no test rows.",
        default=None,
        examples=("2013-11-01", "2013-11-01T06:00"),
    )

    gap: str | None = field(
        Text(DURATION, DURATION_WORDS),
        "Leave out the rows within this time before each start, so that no part contains the rows just before"
        " another one.",
        default=None,
        examples=("7d", "12h"),
    )

    def check(self) -> Iterator[Problem]:
        given = {"valid_from": self.valid_from, "test_from": self.test_from}
        moments = {name: parse_moment(text) for name, text in given.items() if text is not None}
        if not moments:
            yield Problem("missing-key", "a time split needs 'valid_from' or 'test_from'")
        for name, moment in moments.items():
            if moment is None:
                help_ = "write it like 2013-10-01 or 2013-10-01T05:00:00"
                yield Problem("bad-format", f"'{given[name]}' is not an ISO date or datetime", (name,), help_)
        valid, test = moments.get("valid_from"), moments.get("test_from")
        if valid is not None and test is not None and valid >= test:
            yield Problem("contradiction", "'valid_from' must be before 'test_from'", ("valid_from",))
        elif valid is not None and test is not None and self._gap() >= test - valid:
            message = "'gap' leaves no validation rows: it is not shorter than the time from 'valid_from' to 'test_from'"
            yield Problem("contradiction", message, ("gap",))

    @property
    def cluster(self) -> Cluster:
        """The rows of a day have the same weather, prices and news."""
        return Cluster(column=(self.column,), every="1d")

    @property
    def has_valid(self) -> bool:
        return self.valid_from is not None

    @property
    def has_test(self) -> bool:
        return self.test_from is not None

    @property
    def partial(self) -> bool:  # type: ignore[override] # it depends on the gap
        return self.gap is not None

    def infer(self, table: Table) -> None:
        suitable_column(self.column, table, "a time split needs", TEMPORAL)

    def _gap(self) -> int:
        return parse_duration(self.gap) if self.gap is not None else 0

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        moments = moments_of(rows, self.column, "time split")
        part = pl.Series([TRAIN]).new_from_index(0, rows.height)
        for name, start in ((VALID, self.valid_from), (TEST, self.test_from)):
            moment = parse_moment(start) if start is not None else None
            if moment is not None:
                part = part.set(moments >= moment - self._gap(), None).set(moments >= moment, name)
        return part


def moments_of(rows: pl.DataFrame, column: str, what: str) -> pl.Series:
    """Return the values of a date or datetime column as microseconds since 1970; `what` is divided by them.

    Raises:
        Failed: Of kind `data`: values are missing.
    """
    import polars as pl

    times = rows[column]
    absent = times.is_null().arg_true().to_list()
    if absent:
        fault = Fault.of((column,), "not null", absent, rows)
        raise faulty(f"the column of the {what} has missing values", [fault])
    return times.cast(pl.Int64) * (DAY if times.dtype == pl.Date else 1)
