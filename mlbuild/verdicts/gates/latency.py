"""The gate `latency`: how long the model takes."""

from __future__ import annotations

import re

from mlbuild.frozen import frozen
from mlbuild.params import Integer, Text, field
from mlbuild.verdicts.gates.gate import Evidence, Found, Gate

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}
_PATTERN = r"^[0-9]{1,6}(\.[0-9]{1,3})?(us|ms|s)$"


@frozen
class Latency(Gate):
    """The model file predicts a number of rows within a given time, on the machine of the build.

    It is measured once for each model and each model of CPU, with real rows in onnxruntime on one thread. The median of many
    runs counts: rare slow runs say more about what else a machine does than about a model.
    """

    gate = "latency"

    rows: int = field(Integer(min=1, max=100_000), "Number of rows of a call.", default=1)
    median: str = field(
        Text(_PATTERN, "a time such as 500us or 2ms, with the unit us, ms or s"),
        "Largest accepted median time of a call.",
        examples=("500us",),
    )

    @property
    def measured(self) -> int | None:
        return self.rows

    @property
    def words(self) -> str:
        return f"latency of {_rows(self.rows)} <= {self.median}"

    def judge(self, evidence: Evidence) -> Found:
        found = evidence.latency["rows"][str(self.rows)]
        number, unit = re.findall(r"[0-9.]+|[a-z]+", self.median)
        right = found["median"] <= float(number) * _UNITS[unit]
        where = f"one thread of {evidence.latency['machine']}"
        return Found(
            "pass" if right else "fail",
            f"{found['median']:.4g} us, the median of {found['runs']:,} runs on {where}",
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
