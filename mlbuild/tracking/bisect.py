"""Finds the commit that made a metric worse, by building few of the commits between a good and a bad one."""

from __future__ import annotations

from collections.abc import Callable

from mlbuild.engine.store.store import DiskStore
from mlbuild.evaluation.differences import Difference
from mlbuild.frozen import frozen
from mlbuild.tracking.builds import Build
from mlbuild.tracking.pairs import pair_of, plain_metric


@frozen(eq=False)
class Found:
    """What a search found: the last good place and the first bad one. Those between could not be judged."""

    good: int
    bad: int


def search(count: int, worse: Callable[[int], bool | None]) -> Found:
    """Find the first of the places 1 to `count` that is worse than place 0; all after it are, too.

    The place after the last one stands for "none is". `worse` returns None for a place that cannot be judged; another one
    is then asked. It is called at most log2(count + 1) times, rounded up, if all can be judged.
    """
    good, bad, unknown = 0, count + 1, set[int]()
    while True:
        left = [place for place in range(good + 1, bad) if place not in unknown]
        if not left:
            return Found(good, bad)
        middle = (good + bad) // 2
        place = min(left, key=lambda one: (abs(one - middle), one))
        verdict = worse(place)
        if verdict is None:
            unknown.add(place)
        elif verdict:
            bad = place
        else:
            good = place


@frozen(eq=False)
class Verdict:
    """Whether a build is worse than the reference; None if that cannot be said. `why` says why not."""

    worse: bool | None
    value: float | None = None
    difference: Difference | None = None
    why: str = ""


def judged(
    store: DiskStore, reference: Build, build: Build, model: str, split: str, metric: str, by: float | None
) -> Verdict:
    """Compare the metric of a build with that of the reference.

    It is worse if it is worse by at least `by` and, on the same rows, if the difference is statistically significant. On other rows, only
    `by` can tell.
    """
    values = [one.metrics.get(model, {}).get(split, {}).get(metric) for one in (reference, build)]
    if values[0] is None or values[1] is None:
        return Verdict(None, why=f"it has no {metric}")
    pair = pair_of(store, reference, build, model, split)
    known = (pair.metrics.get(metric) if pair else None) or plain_metric(metric)
    if known is None or known.best is None:
        return Verdict(None, values[1], why=f"no value of {metric} is better than another")
    apart = (pair.difference(metric) if pair else None) or Difference(values[1] - values[0])
    harm = known.distance(values[1]) - known.distance(values[0])
    if harm <= 0:
        return Verdict(False, values[1], apart)
    if apart.interval is not None:
        return Verdict(harm >= (by or 0.0) and apart.beyond_chance, values[1], apart)
    if by is None:
        why = (
            "there is no interval: the rows are not the same, or too few"
            if pair is None
            else "there is no interval"
        )
        return Verdict(
            None, values[1], apart, f"{why}; use --worse-by to set the smallest difference that counts"
        )
    return Verdict(harm >= by, values[1], apart)
