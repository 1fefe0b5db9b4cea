"""Measures what the metrics of slices cost, next to Fairlearn.

    python -m tests.bench.slices [--python PYTHON]

16 slices and 10 metrics on as many rows as the flights example has. PYTHON is an interpreter that has Fairlearn, which is
measured without intervals, and with 2 resamples. It needs hundreds of them for intervals. With it, the table goes to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np
import polars as pl

from mlbuild.data.slices import Slice
from mlbuild.evaluation.rows import Rows
from mlbuild.evaluation.slices import sliced
from mlbuild.models.metrics import METRICS
from tests.bench.page import table, write_section

#: The budget in CPU seconds.
BUDGET = 0.5
ROWS, SLICES = 327_346, 16
NAMES = (
    "roc_auc average_precision log_loss brier_score accuracy balanced_accuracy f1 precision recall matthews_corrcoef"
).split()
_FAIRLEARN = f"""
import time
from importlib.metadata import version
import numpy as np
from fairlearn.metrics import MetricFrame
from sklearn import metrics as m
chance = np.random.default_rng(0)
x = chance.normal(size={ROWS})
target = (chance.random({ROWS}) < 1 / (1 + np.exp(-x + 1.4))).astype(np.int64)
share = 1 / (1 + np.exp(-(x + chance.normal(size={ROWS}) * 0.5 - 1.4)))
group = chance.integers(0, {SLICES}, {ROWS})
def decided(function):
    return lambda true, told: function(true, told >= 0.5)
functions = {{
    "roc_auc": m.roc_auc_score, "average_precision": m.average_precision_score, "log_loss": m.log_loss,
    "brier": m.brier_score_loss, "accuracy": decided(m.accuracy_score), "f1": decided(m.f1_score),
    "balanced": decided(m.balanced_accuracy_score), "precision": decided(m.precision_score),
    "recall": decided(m.recall_score), "mcc": decided(m.matthews_corrcoef),
}}
for what, more in (("without intervals", {{}}), ("with 2 resamples", {{"n_boot": 2, "ci_quantiles": [0.025, 0.975]}})):
    start = time.process_time()
    frame = MetricFrame(
        metrics=functions, y_true=target, y_pred=share, sensitive_features=group, random_state=0, **more
    )
    frame.by_group_ci if more else frame.by_group
    print(f"Fairlearn {{version('fairlearn')}}, {{what}}\t{{time.process_time() - start:.2f}}")
"""


def mlbuild_seconds() -> float:
    """Return the CPU seconds of the metrics of all slices with their intervals: the least of three runs."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=ROWS)
    target = (chance.random(ROWS) < 1 / (1 + np.exp(-x + 1.4))).astype(np.int64)
    share = 1 / (1 + np.exp(-(x + chance.normal(size=ROWS) * 0.5 - 1.4)))
    rows = Rows(target, np.stack([1 - share, share], axis=1), 2, chance.integers(0, 365, ROWS))
    groups_of = pl.DataFrame({"group": chance.integers(0, SLICES, ROWS)})
    metrics = [METRICS.named(name)() for name in NAMES]
    seconds = []
    for _ in range(3):
        start = time.process_time()
        groups, _ = Slice(column="group").groups(groups_of)
        assert len(sliced(metrics, rows, [("group", groups)])) == SLICES
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", metavar="PYTHON", help="interpreter with Fairlearn")
    args = parser.parse_args()
    own = mlbuild_seconds()
    rows = [["mlbuild, with confidence intervals", f"{own:.2f}"]]
    if args.python:
        command = [args.python, "-W", "ignore", "-c", _FAIRLEARN]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows += [line.split("\t") for line in told.splitlines()]
    content = table(["", "CPU seconds"], rows)
    text = (
        f"`python -m tests.bench.slices --python PYTHON`: {len(NAMES)} metrics of {SLICES} slices of {ROWS:,} rows, as many as the flights\n"
        f"example has, in clusters of days. The budget is {BUDGET} CPU seconds. An interval of Fairlearn needs hundreds of resamples.\n\n{content}"
    )
    sys.stdout.write(f"{text}\n")
    if args.python:
        write_section("slices", "Metrics of slices", text)


if __name__ == "__main__":
    main()
