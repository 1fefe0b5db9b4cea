"""How often gates are wrong: about models that differ by chance, by a planted loss, or in none of their slices."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from mlbuild.data.slices import Group
from mlbuild.evaluation import student
from mlbuild.evaluation.harm import Harm, harm
from mlbuild.evaluation.rows import Rows
from mlbuild.evaluation.slices import sliced
from mlbuild.models.metrics import METRICS
from tests.budget import examples, seed, tell
from tests.evaluation.real import REAL, Array, Real
from tests.verdicts.test_gates import evidence, gate, loses

LOG_LOSS = METRICS.named("log_loss")()
CARRIERS, DAYS = 16, 60


def test_equal_models_seldom_fail() -> None:
    """The predictions of two models for real flights are swapped on random days. A day is the unit, and not a flight."""
    real, chance = REAL["flights: late"](), np.random.default_rng(seed())
    both = two_models(real, chance)
    verdicts: dict[str, Counter[str]] = {"by day": Counter(), "by row": Counter()}
    builds = examples(150, 4000)
    for _ in range(builds):
        swapped = (chance.random(real.clusters.max() + 1) < 0.5)[real.clusters].astype(int)
        ours, theirs = (both[one, np.arange(len(swapped))] for one in (swapped, 1 - swapped))
        for unit, clusters in (("by day", real.clusters), ("by row", None)):
            found = harm(LOG_LOSS, real.target, ours, theirs, 2, clusters)
            verdicts[unit][loses(0.0).judge(evidence(found)).finding] += 1
    for unit, counts in verdicts.items():
        tell(f"equal models, {unit}: {counts['fail']} of {builds} builds fail no_worse with margin 0")
    # A harm of 0 is at the margin, where the gate fails with a probability of 5 %: half of all samples have more.
    assert verdicts["by day"]["fail"] <= stats.binom.isf(0.001, builds, 0.05)
    assert verdicts["by row"]["fail"] > 0.12 * builds


def two_models(real: Real, chance: np.random.Generator) -> Array:
    """Return the scores [2, N, 2] of a model, and of one that differs from it by another shift of the odds on each day."""
    shift = 0.5 * chance.normal(size=real.clusters.max() + 1)[real.clusters]
    share = 1 / (1 + np.exp(-np.log(real.other[:, 1] / real.other[:, 0]) - shift))
    return np.stack([real.other, np.stack([1 - share, share], axis=1)])


def test_equal_models_fail_as_often_as_the_level_says() -> None:
    """The same for so many builds that chance hides nothing: the losses of a day are summed before they are swapped."""
    real, chance = REAL["flights: late"](), np.random.default_rng(seed())
    both, days = two_models(real, chance), int(real.clusters.max()) + 1
    rows, number = np.bincount(real.clusters), np.arange(len(real.target))
    apart = np.bincount(real.clusters, np.log(both[0, number, real.target] / both[1, number, real.target]))
    quantile, builds, failed = student.quantile(0.95, days - 1), examples(20_000, 1_000_000), 0
    for start in range(0, builds, 5000):
        swapped = chance.random((5000, days)) < 0.5
        sums = np.where(swapped, apart, -apart)
        harms = sums.sum(axis=1) / rows.sum()
        sums -= harms[:, None] * rows
        errors = np.sqrt(days / (days - 1) * (sums**2).sum(axis=1)) / rows.sum()
        failed += int((harms > quantile * errors).sum())
        if start == 0:
            own = swapped[0][real.clusters].astype(int)
            ours, theirs = both[own, number], both[1 - own, number]
            found = harm(LOG_LOSS, real.target, ours, theirs, 2, real.clusters)
            assert found and (found.harm, found.error) == pytest.approx((harms[0], errors[0]), rel=1e-6)
    tell(f"equal models, by day: {failed} of {builds:,} builds fail no_worse with margin 0")
    # Student's t is exact only for normal sums, so the probability itself may be off by a thousandth.
    low, high = stats.binom.isf((0.999, 0.001), builds, (0.049, 0.051))
    assert low <= failed <= high


def alike(chance: np.random.Generator) -> tuple[Rows, Rows, list[tuple[str, list[Group]]]]:
    """Return rows by day and alone, and groups that do not differ: flights of a carrier on a day err together, because on
    some days the predictions of a carrier are misleading.
    """
    count = DAYS * CARRIERS * 15
    day, carrier = np.arange(count) // (CARRIERS * 15), np.arange(count) % CARRIERS
    odds = chance.normal(size=count)
    real = odds * np.where(chance.random((DAYS, CARRIERS)) < 0.2, -1, 2)[day, carrier]
    target = (chance.random(count) < 1 / (1 + np.exp(-real))).astype(np.int64)
    share = 1 / (1 + np.exp(-odds))
    scores = np.stack([1 - share, share], axis=1)
    groups = [Group({"carrier": str(one)}, np.flatnonzero(carrier == one)) for one in range(CARRIERS)]
    return Rows(target, scores, 2, day), Rows(target, scores, 2, None), [("carrier", groups)]


def test_equal_slices_are_seldom_taken_for_different() -> None:
    """None of 16 carriers differs. Rows that are taken for independent show a difference in most builds."""
    chance, builds = np.random.default_rng(seed()), examples(40, 1000)
    flagged, failed = Counter[str](), Counter[str]()
    for _ in range(builds):
        by_day, by_row, groups = alike(chance)
        for unit, rows in (("by day", by_day), ("by row", by_row)):
            found = sliced([LOG_LOSS], rows, groups)
            flagged[unit] += any(one["metrics"]["log_loss"]["outside_chance"] for one in found)
            spread = gate("spread", metric="log_loss", slice="carrier", max_difference=0.0)
            failed[unit] += spread.judge(evidence(slices={"test": found})).finding == "fail"
    for unit in ("by day", "by row"):
        told = f"one is outside chance in {flagged[unit]} of {builds} builds, and {failed[unit]} fail spread"
        tell(f"16 equal slices, {unit}: {told}")
    assert flagged["by day"] <= 0.12 * builds and failed["by day"] <= 0.06 * builds
    assert flagged["by row"] > 0.3 * builds


def simulated(chance: np.random.Generator, loss: float, clusters: int = 60, size: int = 20) -> Harm:
    """Compare two models whose log loss differs by `loss`, and by as much again in each cluster by chance."""
    count = clusters * size
    number = np.repeat(np.arange(clusters), size)
    likely = chance.uniform(0.2, 0.8, count)
    target = (chance.random(count) < likely).astype(int)
    by_day = chance.normal(0, 0.02, clusters)[number] + chance.normal(0, 0.02, count)
    one = np.log(likely / (1 - likely))
    side = np.where(target == 1, 1, -1)
    # Log odds that are lower on the right side lose about that much, weighted with the probability of the wrong class.
    scores = []
    for shift in (np.zeros(count), by_day + loss / np.where(target == 1, 1 - likely, likely)):
        share = 1 / (1 + np.exp(-(one - side * shift)))
        scores.append(np.stack([1 - share, share], axis=1))
    found = harm(LOG_LOSS, target, scores[1], scores[0], 2, number)
    assert found is not None
    return found


def verdicts(loss: float, margin: float, count: int) -> Counter[str]:
    chance = np.random.default_rng(int(loss * 1e6) + 1)
    return Counter(loses(margin).judge(evidence(simulated(chance, loss))).finding for _ in range(count))


def test_models_that_differ_by_chance_seldom_fail_and_a_loss_beyond_the_margin_seldom_passes() -> None:
    count = examples(100, 2000)
    equal, at, twice = (
        verdicts(0.0, 0.003, count),
        verdicts(0.003, 0.003, count),
        verdicts(0.006, 0.003, count),
    )
    for name, one in {"equal": equal, "worse by the margin": at, "worse by twice the margin": twice}.items():
        tell(
            f"{name}: {', '.join(f'{one[kind] / count:.1%} {kind}' for kind in ('pass', 'fail', 'inconclusive'))}"
        )
    assert equal["fail"] <= 0.01 * count and equal["pass"] > 0.3 * count
    assert at["pass"] <= 0.1 * count, at
    assert twice["pass"] <= 0.01 * count and twice["fail"] > 0.3 * count


@pytest.mark.parametrize("times", [0, 2])
def test_the_number_of_clusters_that_is_reported_decides(times: int) -> None:
    """With as many clusters as an inconclusive gate asks for, most comparisons are decided: in favor of an equally good
    model, and against one that is worse by twice the margin.
    """
    chance, margin, right = np.random.default_rng(seed()), 0.002, ("pass", "", "fail")[times]
    found = Counter[str]()
    asked: list[int] = []
    while len(asked) < examples(4, 40):
        one = loses(margin).judge(evidence(simulated(chance, times * margin)))
        if one.finding == "inconclusive":
            (number,) = re.findall(r"about ([0-9,]+) days would decide", one.text)
            asked.append(int(number.replace(",", "")))
    for number in asked:
        for _ in range(examples(5, 50)):
            again = evidence(simulated(chance, times * margin, number))
            found[loses(margin).judge(again).finding] += 1
    decided = found[right] / found.total()
    tell(
        f"worse by {times} margins, with the {min(asked)} to {max(asked)} days asked for: {decided:.1%} {right}"
    )
    assert decided >= examples(60, 75) / 100


def test_rows_without_clusters_are_taken_for_certain() -> None:
    """Why clusters matter: the same rows, taken one by one, decide what they cannot know."""
    chance = np.random.default_rng(2)
    number = np.repeat(np.arange(12), 100)
    by_day = chance.normal(0, 0.3, 12)[number]
    target = chance.integers(0, 2, len(number))
    share = 1 / (1 + np.exp(-by_day * np.where(target == 1, 1, -1)))
    ours = np.stack([1 - share, share], axis=1)
    theirs = np.full_like(ours, 0.5)
    clustered, alone = (harm(LOG_LOSS, target, ours, theirs, 2, one) for one in (number, None))
    assert clustered is not None and alone is not None and clustered.error and alone.error
    assert clustered.error > 3 * alone.error
