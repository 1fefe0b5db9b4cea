"""Ops with a fault each, and the law that has to find it."""

from __future__ import annotations

from tests.ops import result_faults, state_faults

FAULTS = result_faults.FAULTS | state_faults.FAULTS
