"""The gate `size`: how large the model file is."""

from __future__ import annotations

import re

from mlbuild.frozen import frozen
from mlbuild.params import Text, field
from mlbuild.verdicts.gates.gate import Evidence, Found, Gate

_UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
_PATTERN = r"^[0-9]{1,6}(\.[0-9]{1,3})?(B|kB|MB|GB)$"


@frozen
class Size(Gate):
    """The model file is not larger than a number of bytes."""

    gate = "size"

    max: str = field(
        Text(_PATTERN, "a size such as 500kB or 2MB, with the unit B, kB, MB or GB"),
        "Largest accepted size, in units of 1,000.",
        examples=("2MB",),
    )

    @property
    def words(self) -> str:
        return f"size <= {self.max}"

    def judge(self, evidence: Evidence) -> Found:
        number, unit = re.findall(r"[0-9.]+|[A-Za-z]+", self.max)
        right = evidence.bytes <= float(number) * _UNITS[unit]
        return Found("pass" if right else "fail", f"{evidence.bytes:,} bytes")
