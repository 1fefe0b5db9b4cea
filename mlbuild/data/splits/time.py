"""The split `time`: train before valid, valid before test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.data.faults import Fault, faulty
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Split, unknown_column
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.moments import DAY, parse_moment
from mlbuild.params import Name, Text, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Time(Split):
    """Split by time: training rows come before validation rows, which come before test rows."""

    discriminator = ("type", "time")
    usual = ("valid_from", "test_from")
    valid_key = "valid_from"

    column: str = field(
        Name("column"), "Date or datetime column to split by. Its values must not be missing."
    )
    valid_from: str | None = field(
        Text(),
        "Start of the valid rows, a date or datetime. Earlier rows are for training. Without it, there are no valid rows.",
        default=None,
        examples=("2013-10-01",),
    )
    test_from: str | None = field(
        Text(),
        "Start of the test rows, a date or datetime. Without it, there are no test rows.",
        default=None,
        examples=("2013-11-01", "2013-11-01T06:00"),
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

    @property
    def has_valid(self) -> bool:
        return self.valid_from is not None

    @property
    def has_test(self) -> bool:
        return self.test_from is not None

    def infer(self, table: Table) -> None:
        unknown = unknown_column(self.column, table.trained, ("column",))
        if unknown:
            raise Rejected(unknown)
        type_ = table.trained[self.column]
        if type_.known and not type_.temporal:
            message = (
                f"a time split needs a date or datetime column, but '{self.column}' is of dtype {type_.dtype}"
            )
            raise Rejected(Problem("wrong-dtype", message, ("column",)))

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        times = rows[self.column]
        absent = times.is_null().arg_true().to_list()
        if absent:
            fault = Fault.of((self.column,), "not null", absent, rows)
            raise faulty("the column of the time split has missing values", [fault])
        moments = times.cast(pl.Int64) * (DAY if times.dtype == pl.Date else 1)
        part = pl.Series([TRAIN]).new_from_index(0, rows.height)
        for name, start in ((VALID, self.valid_from), (TEST, self.test_from)):
            if start is not None:
                part = part.set(moments >= parse_moment(start), name)
        return part
