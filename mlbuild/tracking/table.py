"""The table of the builds of a project: a row for each, with what differs from the row above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlbuild.engine.store.store import DiskStore
from mlbuild.evaluation.differences import Difference
from mlbuild.frozen import frozen
from mlbuild.spec.trials import without_trials
from mlbuild.tracking.builds import SPLITS, Build
from mlbuild.tracking.changes import Change, changes
from mlbuild.tracking.pairs import Pair, metric_order, pair_of


@frozen
class Column:
    """A metric of a model on a split."""

    model: str
    split: str
    metric: str


@frozen(eq=False)
class Cell:
    """A value, its interval, and the difference to the value above it."""

    value: float | None
    interval: list[float] | None
    difference: Difference | None


@frozen(eq=False)
class Row:
    """A build, what differs from the row above, and the metrics. `first` marks a row that has none above it."""

    build: Build
    changes: Sequence[Change]
    cells: Sequence[Cell | None]
    first: bool


def columns_of(builds: Sequence[Build], model: str | None = None) -> list[Column]:
    """Return the metrics that the table shows: all of one model, or the first of each of several models that are no trials.

    They are those of the rows that the model has not seen: of test, if there is such a part, otherwise of valid.
    """
    models = dict.fromkeys(name for build in reversed(builds) for name in build.metrics)
    wanted = without_trials(models) if model is None else [name for name in models if name == model]
    found: list[Column] = []
    for name in wanted:
        evaluated = [build for build in builds if name in build.metrics]
        split = next(
            (one for one in SPLITS if any(build.metrics[name].get(one) for build in evaluated)), None
        )
        names = dict.fromkeys(metric for build in reversed(evaluated) for metric in metric_order(build, name))
        if split is not None:
            found += [Column(name, split, metric) for metric in [*names][: 1 if wanted[1:] else None]]
    return found


def rows_of(store: DiskStore, builds: Sequence[Build], columns: Sequence[Column]) -> Iterator[Row]:
    """Yield a row for each build, the oldest first."""
    above: Build | None = None
    last: dict[str, Build] = {}
    for build in builds:
        pairs = _Pairs(store, last, build)
        cells = [_cell(build, column, last.get(column.model), pairs) for column in columns]
        yield Row(build, changes(above, build) if above else (), cells, above is None)
        above = build
        last |= dict.fromkeys(build.metrics, build)


class _Pairs:
    """The predictions of a build with those of the rows above, read when they are needed."""

    def __init__(self, store: DiskStore, above: dict[str, Build], build: Build) -> None:
        self._store, self._above, self._build = store, dict(above), build
        self._found: dict[tuple[str, str], Pair | None] = {}

    def difference(self, column: Column, value: float, former: float) -> Difference:
        """Return the difference, with its interval if the predictions are in the store."""
        at = (column.model, column.split)
        if at not in self._found:
            self._found[at] = pair_of(self._store, self._above[column.model], self._build, *at)
        pair = self._found[at]
        return (pair.difference(column.metric) if pair else None) or Difference(value - former)


def _cell(build: Build, column: Column, above: Build | None, pairs: _Pairs) -> Cell | None:
    at = (column.model, column.split, column.metric)
    value = _value(build, *at)
    if value is None:
        return None
    former = _value(above, *at) if above else None
    apart = None if former is None else pairs.difference(column, value, former)
    return Cell(value, build.interval(*at), apart)


def _value(build: Build, model: str, split: str, metric: str) -> float | None:
    return build.metrics.get(model, {}).get(split, {}).get(metric)
