"""The kinds of gates: one class per file, and the catalogue."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.verdicts.gates.gate import Gate

#: Every kind of gate, in the order of the reference page.
GATES: Catalogue[type[Gate]] = Catalogue(
    {
        "metric": "mlbuild.verdicts.gates.metric.MetricGate",
        "better": "mlbuild.verdicts.gates.better.Better",
        "no_worse": "mlbuild.verdicts.gates.no_worse.NoWorse",
        "spread": "mlbuild.verdicts.gates.spread.Spread",
        "churn": "mlbuild.verdicts.gates.churn.Churn",
        "latency": "mlbuild.verdicts.gates.latency.Latency",
        "size": "mlbuild.verdicts.gates.size.Size",
    }
)
