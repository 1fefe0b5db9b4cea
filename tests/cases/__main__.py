"""`python -m tests.cases`: updates the expected output of each case and `docs/errors.md`.

Review the differences.
"""

from __future__ import annotations

from tests.cases import cases, write

if __name__ == "__main__":
    write({code: case.renewed() for code, case in cases().items()})
