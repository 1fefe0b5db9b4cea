"""`python -m tests.cases`: write what each case prints now, and `docs/errors.md`; the differences are to be reviewed."""

from __future__ import annotations

from tests.cases import cases, write

if __name__ == "__main__":
    write({code: case.renewed() for code, case in cases().items()})
