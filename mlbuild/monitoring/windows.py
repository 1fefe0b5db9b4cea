"""Compares each window of a log with the profile of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.monitoring.log import Log
from mlbuild.profiles.drift import Drift, Reference
from mlbuild.profiles.profile import Profile
from mlbuild.profiles.tally import Tally

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The quantiles of the time that requests took.
QUANTILES = {"median": 0.5, "95%": 0.95, "99%": 0.99}
CALM, DRIFT, TOO_FEW = "calm", "drift", "not enough rows"


@frozen
class Window:
    """What happened between two times, in microseconds since 1970. `violations` counts rows by column and rule."""

    start: int
    end: int
    drift: Drift
    micros: dict[str, float]
    violations: tuple[tuple[str, str, int], ...]

    @property
    def rows(self) -> int:
        return self.drift.rows

    @property
    def verdict(self) -> str:
        if not self.drift.enough:
            return TOO_FEW
        return DRIFT if self.drift.alarms else CALM

    def to_json(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "verdict": self.verdict,
            **self.drift.to_json(),
            "micros": self.micros,
            "violations": [
                {"column": column, "rule": rule, "rows": rows} for column, rule, rows in self.violations
            ],
        }


def windows_of(log: Log, profile: Profile, micros: int | None, matters: float) -> list[Window]:
    """Divide a log into windows of this length, which begin at multiples of it since 1970. None is one window for all rows."""
    import numpy as np

    if not log.rows:
        return []
    if micros is None:
        bounds = [(int(log.times[0]), int(log.times[-1]) + 1)]
    else:
        bounds = [(start, start + micros) for start in (np.unique(log.times // micros) * micros).tolist()]
    reference = Reference(profile)
    windows = []
    for start, end in bounds:
        part = log.between(start, end)
        windows.append(_window(part, start, end, reference.drift(Tally.of(profile, part.values), matters)))
    return windows


def judged(windows: Sequence[Window], newest: int) -> Window | None:
    """Return the window that the verdict is about: the last one that had ended at the time of the newest row. If none had, it is the
    only one.
    """
    ended = [one for one in windows if one.end <= newest]
    return (ended or [*windows])[-1] if windows else None


def _window(log: Log, start: int, end: int, drift: Drift) -> Window:
    return Window(start, end, drift, _micros(log.micros), _violations(log))


def _micros(values: Array) -> dict[str, float]:
    import numpy as np

    known = values[~np.isnan(values)]
    return {name: float(np.quantile(known, share)) for name, share in QUANTILES.items()} if len(known) else {}


def _violations(log: Log) -> tuple[tuple[str, str, int], ...]:
    import polars as pl

    counts = log.violations.group_by("column", "rule").agg(pl.len().alias("rows"))
    return tuple(counts.sort("rows", "column", "rule", descending=[True, False, False]).iter_rows())
