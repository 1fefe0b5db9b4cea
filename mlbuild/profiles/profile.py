"""The profile of a model: the distributions of its inputs and outputs for the training rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.profiles.column import ColumnProfile

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FORMAT = 1
#: The most periods that are kept, and the fewest that show how much distributions change by themselves.
MOST_PERIODS, ENOUGH_PERIODS = 64, 40
#: With fewer rows, chance alone often gives a stability index of 0.025: 40 rows for each of 15 degrees of freedom.
FEWEST_ROWS = 600


@frozen
class Periods:
    """Periods of equal length with enough reference rows: the column with their time, their length, their starts (microseconds since
    1970), and the number of their rows.
    """

    column: str
    length: str
    starts: tuple[int, ...]
    rows: tuple[int, ...]

    @staticmethod
    def of(column: str, length: str, micros: int, times: Array) -> tuple[Periods, Array]:
        """Choose periods of `micros` each, spread evenly, for the `times` of rows, float64 [N] in microseconds since 1970.

        Also return the period of each row, int64 [N], or -1. A row without a time (NaN) is in none.
        """
        import numpy as np

        dated = np.isfinite(times)
        starts, index, counts = np.unique(times[dated] // micros, return_inverse=True, return_counts=True)
        enough = np.flatnonzero(counts >= FEWEST_ROWS)
        if len(enough) > MOST_PERIODS:
            enough = enough[np.linspace(0, len(enough) - 1, MOST_PERIODS).round().astype(np.int64)]
        place = np.full(len(starts), -1)
        place[enough] = np.arange(len(enough))
        begins = (starts[enough] * micros).astype(np.int64).tolist()
        period = np.full(len(times), -1)
        period[dated] = place[index]
        return Periods(column, length, tuple(begins), tuple(counts[enough].tolist())), period

    @property
    def enough(self) -> bool:
        """Whether they show how much distributions change by themselves."""
        return len(self.starts) >= ENOUGH_PERIODS

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "length": self.length,
            "starts": list(self.starts),
            "rows": list(self.rows),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Periods:
        return Periods(value["column"], value["length"], tuple(value["starts"]), tuple(value["rows"]))


@frozen
class Profile:
    """The distributions of reference rows. `digest` is the SHA-256 digest of the model."""

    digest: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    periods: Periods | None

    @property
    def watched(self) -> tuple[ColumnProfile, ...]:
        return tuple(one for one in self.columns if one.watched)

    def without(self, names: Collection[str]) -> Profile:
        """Return the profile if some columns are not watched."""
        columns = (replace(one, bins=None, periods=()) if one.name in names else one for one in self.columns)
        return replace(self, columns=tuple(columns))

    def to_json(self) -> dict[str, Any]:
        told = {"format": FORMAT, "model": self.digest, "rows": self.rows}
        told |= {} if self.periods is None else {"periods": self.periods.to_json()}
        return told | {"columns": [one.to_json() for one in self.columns]}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Profile:
        periods = value.get("periods")
        columns = tuple(map(ColumnProfile.from_json, value["columns"]))
        return Profile(value["model"], value["rows"], columns, periods and Periods.from_json(periods))
