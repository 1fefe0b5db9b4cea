"""Ops with one planted fault each, and the test that must find it."""

from __future__ import annotations

from tests.ops import result_faults, state_faults

FAULTS = result_faults.FAULTS | state_faults.FAULTS
