"""What gates decide from given evidence."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.evaluation.harm import IDENTICAL, TOO_FEW, Harm
from mlbuild.params import read
from mlbuild.verdicts.gates import GATES
from mlbuild.verdicts.gates.gate import Evidence, Gate


def gate(kind: str, **keys: Any) -> Gate:
    found: Gate = read(GATES.named(kind), keys)
    return found


def group(carrier: str, value: float, known: bool = True) -> Any:
    interval = [value - 0.01, value + 0.01] if known else "too few"
    return {
        "slice": "carrier",
        "values": {"carrier": carrier},
        "clusters": 61,
        "metrics": {"log_loss": {"value": value, "interval": interval}},
    }


def evidence(found: Harm | None = None, **more: Any) -> Evidence:
    usual: dict[str, Any] = {
        "slice_harms": {},
        "latency": {"machine": "a CPU", "rows": {"1": {"median": 58.24, "runs": 1000}}},
        "metrics": {"test": {"log_loss": 0.5}},
        "intervals": {"test": {"log_loss": [0.45, 0.55]}},
        "harms": {name: {"test": {"log_loss": found}} for name in ("baseline", "constant")},
        "flips": {"test": 0.04},
        "missing": None,
        "unit": "days",
        "bytes": 1_500_000,
        "slices": {"test": [group("AA", 0.4), group("UA", 0.5), group("HA", 0.9, known=False)]},
    }
    return Evidence(**usual | more)


#: With 61 clusters, the quantile is about 1.67.
def lost(value: float, error: float = 0.001, clusters: int = 61) -> Harm:
    return Harm(0.5 + value, 0.5, value, error, clusters)


def loses(margin: float) -> Gate:
    return gate("no_worse", metric="log_loss", margin=margin)


def groups(**losses: float | None) -> dict[str, Any]:
    """Return evidence of slices: how much worse each carrier is than the baseline; None for too few rows."""
    found = [
        {
            "slice": "carrier",
            "values": {"carrier": name},
            "harms": {
                "log_loss": Harm(0.5, 0.5, 0.0, None, 5, TOO_FEW) if value is None else lost(value),
            },
        }
        for name, value in losses.items()
    ]
    return {"slice_harms": {"baseline": {"test": found}}}


def estimated(*values: float) -> dict[str, Any]:
    """Return evidence of slices with a metric whose standard error is 0.01."""
    metrics = [{"value": value, "interval": None, "error": 0.01, "count": 61} for value in values]
    found = [
        {"slice": "carrier", "values": {"carrier": f"C{index}"}, "metrics": {"log_loss": one}}
        for index, one in enumerate(metrics)
    ]
    return {"slices": {"test": found}}


WORSE = "worse by 0.002 [0.000329, 0.00367]; baseline 0.5, this 0.502, 61 days"
FOUND: dict[str, tuple[Gate, Evidence, str, str]] = {
    "in range": (gate("metric", metric="log_loss", max=0.6), evidence(), "pass", "0.5"),
    "out of range": (gate("metric", metric="log_loss", max=0.4), evidence(), "fail", "0.5"),
    "interval in range": (
        gate("metric", metric="log_loss", max=0.56, evidence="interval"),
        evidence(),
        "pass",
        "0.5 [0.45, 0.55]",
    ),
    "interval across a bound": (
        gate("metric", metric="log_loss", max=0.5, evidence="interval"),
        evidence(),
        "inconclusive",
        "0.5 [0.45, 0.55]",
    ),
    "interval out of range": (
        gate("metric", metric="log_loss", max=0.4, evidence="interval"),
        evidence(),
        "fail",
        "0.5 [0.45, 0.55]",
    ),
    "no interval": (
        gate("metric", metric="log_loss", max=0.6, evidence="interval"),
        evidence(intervals={"test": {"log_loss": "too few"}}),
        "inconclusive",
        "0.5, but there are too few rows for an interval",
    ),
    "no rows": (
        gate("metric", metric="log_loss", max=0.6),
        evidence(metrics={}),
        "inconclusive",
        "log_loss is undefined on the test rows",
    ),
    "worse within the margin": (loses(0.004), evidence(lost(0.002)), "pass", WORSE),
    "worse beyond the margin": (loses(0.0003), evidence(lost(0.002)), "fail", WORSE),
    "worse by about the margin": (
        loses(0.002),
        evidence(lost(0.002)),
        "inconclusive",
        f"{WORSE}; about 97 days would decide if both were equally good",
    ),
    "a margin of 0": (
        loses(0.0),
        evidence(lost(0.001)),
        "inconclusive",
        "worse by 0.001 [-0.000671, 0.00267]; baseline 0.5, this 0.501, 61 days; no number of days decides about a margin of 0",
    ),
    "better": (
        loses(0.0),
        evidence(lost(-0.002)),
        "pass",
        "better by 0.002 [0.000329, 0.00367]; baseline 0.5, this 0.498, 61 days",
    ),
    "identical": (
        loses(0.0),
        evidence(Harm(0.5, 0.5, 0.0, None, 61, IDENTICAL)),
        "pass",
        "the predictions are those of the baseline",
    ),
    "too few": (
        loses(1.0),
        evidence(Harm(0.6, 0.5, 0.1, None, 4, TOO_FEW)),
        "inconclusive",
        "worse by 0.1, but there are too few rows to decide; baseline 0.5, this 0.6, 4 days",
    ),
    "no baseline": (loses(1.0), evidence(missing="it needs 'x'"), "no_baseline", "it needs 'x'"),
    "better than a constant": (
        gate("better", metric="log_loss", by=0.01),
        evidence(lost(-0.02)),
        "pass",
        "better by 0.02 [0.0183, 0.0217]; constant 0.5, this 0.48, 61 days",
    ),
    "not better than a constant": (
        gate("better", metric="log_loss", by=0.03),
        evidence(lost(-0.02)),
        "fail",
        "better by 0.02 [0.0183, 0.0217]; constant 0.5, this 0.48, 61 days",
    ),
    "identical to a constant": (
        gate("better", metric="log_loss", by=0.03),
        evidence(Harm(0.5, 0.5, 0.0, None, 61, IDENTICAL)),
        "fail",
        "the predictions are those of the constant",
    ),
    "fast enough": (
        gate("latency", median="0.1ms"),
        evidence(),
        "pass",
        "58.24 us, the median of 1,000 runs on one thread of a CPU",
    ),
    "too slow": (
        gate("latency", median="50us"),
        evidence(),
        "fail",
        "58.24 us, the median of 1,000 runs on one thread of a CPU",
    ),
    "every group within the margin": (
        gate("no_worse", metric="log_loss", margin=0.004, slices=["carrier"]),
        evidence(**groups(AA=0.0, UA=0.002, HA=None)),
        "pass",
        "all 2 groups pass; 1 of 3 groups have too few rows",
    ),
    "one group beyond the margin": (
        gate("no_worse", metric="log_loss", margin=0.001, slices=["carrier"]),
        evidence(**groups(AA=-0.01, UA=0.005)),
        "fail",
        "1 of 2 groups fail: carrier=UA: worse by 0.005 [0.00333, 0.00667]; baseline 0.5, this 0.505, 61 days",
    ),
    # alone, it would fail: its lower end is 0.000329
    "one of twenty groups beyond the margin can be chance": (
        gate("no_worse", metric="log_loss", margin=0.0003, slices=["carrier"]),
        evidence(**groups(UA=0.002, **{f"C{index}": -0.01 for index in range(19)})),
        "inconclusive",
        f"1 of 20 groups do not decide: carrier=UA: {WORSE}",
    ),
    # the third fails only because two others do, which are not counted any more
    "the correction goes step by step": (
        gate("no_worse", metric="log_loss", margin=0.0, slices=["carrier"]),
        evidence(**groups(AA=0.01, UA=0.01, HA=0.0018)),
        "fail",
        "3 of 3 groups fail: "
        + "; ".join(
            f"carrier={name}: {text}, 61 days"
            for name, text in (
                ("AA", "worse by 0.01 [0.00833, 0.0117]; baseline 0.5, this 0.51"),
                ("UA", "worse by 0.01 [0.00833, 0.0117]; baseline 0.5, this 0.51"),
                ("HA", "worse by 0.0018 [0.000129, 0.00347]; baseline 0.5, this 0.5018"),
            )
        ),
    ),
    "no group with enough rows": (
        gate("no_worse", metric="log_loss", margin=1.0, slices=["carrier"]),
        evidence(**groups(HA=None)),
        "inconclusive",
        "0 of 1 groups have enough rows",
    ),
    "values of groups": (
        gate("metric", metric="log_loss", max=0.45, slices=["carrier"]),
        evidence(),
        "fail",
        "2 of 3 groups fail: carrier=UA: 0.5; carrier=HA: 0.9",
    ),
    "intervals of groups": (
        gate("metric", metric="log_loss", max=0.5, slices=["carrier"], evidence="interval"),
        evidence(**estimated(0.4, 0.6)),
        "fail",
        "1 of 2 groups fail: carrier=C1: 0.6 [0.580327, 0.62034]",
    ),
    "intervals of many groups": (
        gate("metric", metric="log_loss", max=0.5, slices=["carrier"], evidence="interval"),
        evidence(**estimated(0.522, *[0.4] * 9)),
        "inconclusive",
        "1 of 10 groups do not decide: carrier=C0: 0.522 [0.502375, 0.542391]",
    ),
    "close slices": (
        gate("spread", metric="log_loss", slice="carrier", max_difference=0.1001),
        evidence(),
        "pass",
        "0.1 between 0.4 (carrier=AA) and 0.5 (carrier=UA), 2 of 3 groups have enough rows",
    ),
    "perhaps different slices": (
        gate("spread", metric="log_loss", slice="carrier", max_difference=0.09),
        evidence(),
        "inconclusive",
        "0.1 between 0.4 (carrier=AA) and 0.5 (carrier=UA), 2 of 3 groups have enough rows",
    ),
    "different slices": (
        gate("spread", metric="log_loss", slice="carrier", max_difference=0.07),
        evidence(),
        "fail",
        "0.1 between 0.4 (carrier=AA) and 0.5 (carrier=UA), 2 of 3 groups have enough rows",
    ),
    "one slice": (
        gate("spread", metric="log_loss", slice="carrier", max_difference=0.07),
        evidence(slices={"test": [group("AA", 0.4), group("HA", 0.9, known=False)]}),
        "inconclusive",
        "1 of 2 groups have enough rows to compare",
    ),
    "little churn": (gate("churn", max=0.05), evidence(), "pass", "0.04 of the predicted classes differ"),
    "much churn": (gate("churn", max=0.03), evidence(), "fail", "0.04 of the predicted classes differ"),
    "small": (gate("size", max="1.5MB"), evidence(), "pass", "1,500,000 bytes"),
    "large": (gate("size", max="1499kB"), evidence(), "fail", "1,500,000 bytes"),
}


@pytest.mark.parametrize(("one", "known", "finding", "text"), FOUND.values(), ids=FOUND)
def test_what_a_gate_finds(one: Gate, known: Evidence, finding: str, text: str) -> None:
    found = one.judge(known)
    assert (found.finding, found.text) == (finding, text)


def test_every_gate_has_an_example_of_passing_and_of_failing() -> None:
    seen = {(one.gate, finding) for one, _, finding, _ in FOUND.values()}
    assert {(name, finding) for name in GATES.names for finding in ("pass", "fail")} <= seen


def test_what_lets_an_output_be_published() -> None:
    usual, kind = (
        loses(0.1),
        gate("no_worse", metric="log_loss", margin=0.1, inconclusive="pass", no_baseline="fail"),
    )
    assert [usual.passes(one) for one in ("pass", "fail", "inconclusive", "no_baseline")] == [
        True,
        False,
        False,
        True,
    ]
    assert [kind.passes(one) for one in ("pass", "fail", "inconclusive", "no_baseline")] == [
        True,
        False,
        True,
        False,
    ]
