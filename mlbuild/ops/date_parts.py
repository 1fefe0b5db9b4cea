"""The op `date_parts`: splits dates and times into integers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import TEMPORAL, UNKNOWN, ColumnType, Schema
from mlbuild.data.readings.zones import is_known, near_zones
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.dates.calendar import DAY, LIMIT, PARTS, SECOND, SHIFT, Instant, Numbers, Wholes
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.ops.op import Frame, Op, Placement, State, Target
from mlbuild.ops.times.time_zone import Offsets, fit_offsets
from mlbuild.params import Boolean, Choice, ListOf, Text, field

if TYPE_CHECKING:
    import polars as pl

DAY_PARTS = {
    "year": "the year",
    "quarter": "the quarter, 1 to 4",
    "month": "the month, 1 to 12",
    "week": "the ISO 8601 week, 1 to 53",
    "day": "the day of the month, 1 to 31",
    "weekday": "the ISO 8601 day of the week, 1 (Monday) to 7 (Sunday)",
    "day_of_year": "the day of the year, 1 to 366",
    "days_in_month": "the number of days in the month, 28 to 31",
}
CLOCK_PARTS = {
    "hour": "the hour, 0 to 23",
    "minute": "the minute, 0 to 59",
    "second": "the second, 0 to 59",
}


@frozen
class DateParts(Op):
    """Split a date or datetime into integer columns named `{column}_{part}`.

    The parts take the position of the original column. The parts of a missing value are missing. Years are correct
    up to 98,000 years before and after 1970. With `time_zone`, the state holds the transitions and offsets of the
    zone in seconds, so that the artifact and training use the same time zone database.
    """

    op = "date_parts"

    parts: tuple[str, ...] = field(
        ListOf(Choice(DAY_PARTS | CLOCK_PARTS), or_one=True, min_items=1, unique=True),
        "Parts to extract, in this order. A date has no `hour`, `minute` or `second`.",
        examples=(["month", "weekday", "hour"],),
    )
    time_zone: str | None = field(
        Text("^[A-Za-z][A-Za-z0-9_+/-]*$", "a time zone"),
        "IANA time zone to convert datetimes to, from UTC, before the parts are extracted. Default: no conversion.",
        default=None,
        examples=("America/New_York", "Europe/Berlin"),
    )
    keep: bool = field(
        Boolean(), "Whether to keep the original column. It comes before its parts.", default=False
    )

    def check(self) -> Iterator[Problem]:
        if self.time_zone is not None and not is_known(self.time_zone):
            names = "use an IANA time zone name, such as 'America/New_York'"
            hint = near_zones(self.time_zone) or names
            yield Problem("unknown-time-zone", f"unknown time zone '{self.time_zone}'", ("time_zone",), hint)

    def infer(self, read: Schema) -> Placement:
        problems = [
            problem for name, type_ in read.items() if type_.known for problem in self._problems(name, type_)
        ]
        if problems:
            raise Rejected(*problems)
        return {name: self._made(name, type_) for name, type_ in read.items()}

    def _problems(self, name: str, type_: ColumnType) -> Iterator[Problem]:
        if not type_.temporal:
            yield self.unsuitable(name, type_, TEMPORAL)
        elif type_.dtype == "date":
            for index, part in enumerate(self.parts):
                if part in CLOCK_PARTS:
                    message = f"column '{name}' is a date, which has no {part}"
                    hint = f"remove '{part}', or use a separate step for dates"
                    at = ("parts", index) if len(self.parts) > 1 else ("parts",)
                    yield Problem("wrong-dtype", message, at, hint)
            if self.time_zone is not None:
                message = f"column '{name}' is a date, which has no time zone"
                hint = "remove 'time_zone', or use a separate step for dates"
                yield Problem("wrong-dtype", message, ("time_zone",), hint, on="key")

    def _made(self, name: str, type_: ColumnType) -> Schema:
        made = ColumnType("int" if type_.known else UNKNOWN, type_.nullable)
        kept = Schema({name: type_} if self.keep else {})
        return kept.plus({f"{name}_{part}": made for part in self.parts})

    def fit(self, rows: Frame, read: Schema, target: Target | None) -> State:
        if self.time_zone is None:
            return {}
        found = fit_offsets(self.time_zone)
        return {"transitions": found.transitions, "offsets": found.offsets}

    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        made: list[pl.Series] = []
        for name in read:
            made += [rows[name]] if self.keep else []
            instant = Instant(self._shifted(state, rows[name]))
            made += [_part(instant, part).alias(f"{name}_{part}") for part in self.parts]
        return made

    def _shifted(self, state: State, column: pl.Series) -> pl.Series:
        """Convert a column to microseconds of local time, plus `SHIFT`."""
        import polars as pl

        whole = column.to_physical().cast(pl.Int64)
        if column.dtype == pl.Date:
            return whole.clip(-LIMIT // DAY, LIMIT // DAY) * DAY + SHIFT
        time = whole.clip(-LIMIT, LIMIT) + SHIFT
        if not state:
            return time
        seconds = (time // SECOND - SHIFT // SECOND).fill_null(0).to_numpy()
        return time + pl.Series(Offsets(**state).apply(seconds)) * SECOND

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        made: dict[str, Value] = {}
        nan = graph.constant(float("nan"))
        for name, value in values.items():
            made |= {name: value} if self.keep else {}
            missing = value.missing(graph)
            instant = Instant(self._lower_shifted(state, graph, value))
            for part in self.parts:
                number = graph.call("Cast", _part(instant, part).tensor, element="double", to=11)
                made[f"{name}_{part}"] = Value("int", graph.call("Where", missing, nan, number))
        return made

    def _lower_shifted(self, state: State, graph: Graph, value: Value) -> Wholes[Tensor]:
        """Do the same in the graph."""
        time = Wholes(graph, value.tensor).limited(LIMIT) + SHIFT
        if not state:
            return time
        offset = Offsets(**state).lower(graph, (time // SECOND).tensor, SHIFT // SECOND)
        return time + Wholes(graph, offset) * SECOND


def _part(instant: Instant, part: str) -> Numbers:
    return PARTS[part](instant)
