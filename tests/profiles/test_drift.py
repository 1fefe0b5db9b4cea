"""How often drift is found where there is none, and where there is: simulations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.drift import INDEPENDENT, PERIODS, TOO_FEW, Drift, Reference
from mlbuild.profiles.profile import ENOUGH_PERIODS, FEWEST_ROWS, Periods, Profile
from mlbuild.profiles.tally import Tally
from tests.budget import examples, seed, tell

Array = np.ndarray[Any, Any]
_ROWS, _COLUMNS, _RUNS = 2_000, examples(10, 50), examples(12, 200)
#: The correlation of neighboring rows.
INDEPENDENT_ROWS, SIMILAR_ROWS = 0.0, 0.95


def rows(rng: np.random.Generator, count: int, similar: float) -> Array:
    """Return standard normal rows [count, columns]; neighboring rows are similar."""
    noise = rng.standard_normal((count + 200, _COLUMNS))
    found: Array = lfilter([np.sqrt(1 - similar**2)], [1, -similar], noise, axis=0)[200:]
    return found


def allowed(share: float) -> float:
    """Return how many of few runs can be wrong by chance. Of many, it is the share."""
    return examples(3, share * _RUNS)


def profile_of(values: Array, periods: int) -> Profile:
    number = np.arange(len(values)) // (len(values) // periods) if periods else None
    columns = (
        ColumnProfile.of(f"c{index}", "input", "float", column, periods=number)
        for index, column in enumerate(values.T)
    )
    starts = Periods("at", "1d", (*range(periods),), (len(values) // periods,) * periods) if periods else None
    return Profile("", len(values), tuple(columns), starts)


def compared(
    rng: np.random.Generator, similar: float, shift: float, periods: int, count: int = _ROWS
) -> Drift:
    profile = profile_of(rows(rng, _ROWS * ENOUGH_PERIODS, similar), periods)
    now = rows(rng, count, similar)
    now[:, 0] += shift
    return Reference(profile).drift(Tally.of(profile, {f"c{place}": one for place, one in enumerate(now.T)}))


@pytest.mark.parametrize(
    ("similar", "periods", "rule"),
    [
        (INDEPENDENT_ROWS, ENOUGH_PERIODS, PERIODS),
        (SIMILAR_ROWS, ENOUGH_PERIODS, PERIODS),
        (INDEPENDENT_ROWS, 0, INDEPENDENT),
    ],
)
def test_there_are_few_false_alarms(similar: float, periods: int, rule: str) -> None:
    rng = np.random.default_rng(seed())
    found = [compared(rng, similar, 0.0, periods) for _ in range(_RUNS)]
    assert {one.rule for one in found} == {rule}
    false = sum(bool(one.alarms) for one in found)
    tell(f"{rule}, correlation {similar}: {false} of {_RUNS} windows without drift give an alarm")
    assert false <= allowed(0.05)


@pytest.mark.parametrize("count", [_ROWS // 2, 4 * _ROWS])
def test_windows_of_another_length_give_few_false_alarms(count: int) -> None:
    rng = np.random.default_rng(seed())
    found = [compared(rng, SIMILAR_ROWS, 0.0, ENOUGH_PERIODS, count) for _ in range(_RUNS)]
    false = sum(bool(one.alarms) for one in found)
    tell(
        f"windows of {count} rows, correlation {SIMILAR_ROWS}: {false} of {_RUNS} without drift give an alarm"
    )
    assert false <= allowed(0.05)


@pytest.mark.parametrize(
    ("similar", "shift", "periods"),
    [
        (INDEPENDENT_ROWS, 0.5, ENOUGH_PERIODS),
        (INDEPENDENT_ROWS, 0.5, 0),
        (SIMILAR_ROWS, 1.0, ENOUGH_PERIODS),
    ],
)
def test_a_shift_is_found(similar: float, shift: float, periods: int) -> None:
    rng = np.random.default_rng(seed())
    found = [compared(rng, similar, shift, periods) for _ in range(_RUNS)]
    right = sum("c0" in {alarm.name for alarm in one.alarms} for one in found)
    tell(
        f"a shift of {shift} standard deviations, correlation {similar}: found in {right} of {_RUNS} windows"
    )
    assert _RUNS - right <= allowed(0.05)


def test_similar_rows_would_give_false_alarms_without_periods() -> None:
    """The rule with periods is there for a reason."""
    rng = np.random.default_rng(seed())
    found = [compared(rng, SIMILAR_ROWS, 0.0, 0, FEWEST_ROWS) for _ in range(_RUNS)]
    assert sum(bool(one.alarms) for one in found) > 0.3 * _RUNS


def test_few_rows_decide_nothing() -> None:
    found = compared(np.random.default_rng(0), INDEPENDENT_ROWS, 9.0, 0, FEWEST_ROWS - 1)
    assert (found.rule, found.enough, found.alarms) == (TOO_FEW, False, ())


def test_what_was_constant_and_changes_is_found() -> None:
    rng = np.random.default_rng(0)
    values = rows(rng, _ROWS * ENOUGH_PERIODS, INDEPENDENT_ROWS)
    values[:, 0] = 1.0
    profile = profile_of(values, ENOUGH_PERIODS)
    now = rows(rng, _ROWS, INDEPENDENT_ROWS)
    for changed, expected in ((1.0, []), (2.0, ["c0"]), (np.nan, ["c0"])):
        now[:, 0] = changed
        tally = Tally.of(profile, {f"c{place}": one for place, one in enumerate(now.T)})
        assert [one.name for one in Reference(profile).drift(tally).alarms] == expected


def test_counts_of_two_windows_add_up() -> None:
    rng = np.random.default_rng(0)
    profile = profile_of(rows(rng, _ROWS * ENOUGH_PERIODS, INDEPENDENT_ROWS), ENOUGH_PERIODS)
    now = rows(rng, _ROWS, INDEPENDENT_ROWS)
    halves, whole = (
        [Tally.of(profile, {f"c{place}": one for place, one in enumerate(part.T)}) for part in parts]
        for parts in ((now[:700], now[700:]), (now,))
    )
    added = Reference(profile).drift(halves[0].added(halves[1])).to_json()
    assert added["columns"] == [
        one | {"shift": pytest.approx(one["shift"])}
        for one in Reference(profile).drift(whole[0]).to_json()["columns"]
    ]


def test_a_profile_survives_json() -> None:
    profile = profile_of(rows(np.random.default_rng(0), 4_000, INDEPENDENT_ROWS), ENOUGH_PERIODS)
    assert Profile.from_json(profile.to_json()) == profile
