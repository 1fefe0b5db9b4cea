"""What the steps share that look back in time: groups of rows with the same key, and times as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem
from mlbuild.moments import parse_duration

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, Any]
#: What makes it clear that the target of earlier rows gives nothing away.
ADVICE = "set 'known_after' if the values of earlier rows are known at the time of a row"


def untimely(table: Table, name: str, at: Path, of: str = "") -> Iterator[Problem]:
    """Report a column that is neither a date nor a datetime. `of` is the name of the table, if it is not this one."""
    type_ = table.columns[name].served
    if type_.known and type_.dtype not in TEMPORAL:
        called = f"'{name}'" + (f" of '{of}'" if of else "")
        message = f"{called} is of dtype {type_.dtype}, but times must be dates or datetimes"
        yield Problem("wrong-dtype", message, at, notes=(table.note(name, of),))


def row_groups(rows: pl.DataFrame, by: Sequence[str]) -> Numbers:
    """Return a number for the key of each row, the same for equal keys; -1 if a part of the key is missing."""
    import numpy as np
    import polars as pl

    keys = pl.DataFrame([rows[name].alias(str(place)) for place, name in enumerate(by)])
    each = keys.unique(maintain_order=True).drop_nulls().with_row_index("number")
    found = keys.join(each, on=[str(place) for place in range(len(by))], how="left", maintain_order="left")
    # A copy, because polars shares its memory only for reading.
    return found["number"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


def times_of(rows: pl.DataFrame, name: str) -> Numbers:
    """Return the times of a date or datetime in microseconds since 1970; any number where it is missing."""
    import numpy as np
    import polars as pl

    return rows[name].cast(pl.Datetime("us")).cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64)


class Timeline:
    """Rows that are sorted by group and time, in which the rows before a moment are found."""

    def __init__(self, groups: Numbers, times: Numbers) -> None:
        import numpy as np

        self._times = np.unique(times)
        self._place = self._places(groups, np.searchsorted(self._times, times))

    def first(self, groups: Numbers) -> Numbers:
        """Return the position of the first row of each group, or where it would be."""
        import numpy as np

        return self._positions(groups, np.zeros_like(groups))

    def since(self, groups: Numbers, times: Numbers) -> Numbers:
        """Return the position of the first row of each group that is not earlier than a time."""
        import numpy as np

        return self._positions(groups, np.searchsorted(self._times, times))

    def before(self, groups: Numbers, times: Numbers, known_after: str | None) -> Numbers:
        """Return the position behind the last row of each group that is earlier than a time, and known by then."""
        import numpy as np

        ranks = np.searchsorted(self._times, times)
        if known_after is not None:
            known = np.searchsorted(self._times, times - parse_duration(known_after), side="right")
            ranks = np.minimum(ranks, known)
        return self._positions(groups, ranks)

    def together(self, rows: Numbers) -> Numbers:
        """Return the position of the first row of the same group and time as each row."""
        import numpy as np

        found: Numbers = np.searchsorted(self._place, self._place[rows])
        return found

    def _places(self, groups: Numbers, ranks: Numbers) -> Numbers:
        """Return group and rank of a time as one number, which increases from row to row."""
        places: Numbers = groups * (len(self._times) + 1) + ranks
        return places

    def _positions(self, groups: Numbers, ranks: Numbers) -> Numbers:
        import numpy as np

        found: Numbers = np.searchsorted(self._place, self._places(groups, ranks))
        return found
