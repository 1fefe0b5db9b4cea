"""Every op in the catalogue passes every test, and each planted fault is found by its test."""

from __future__ import annotations

import pytest

from mlbuild.ops import OPS
from mlbuild.ops.op import Op
from tests.ops.faults import FAULTS
from tests.ops.laws import LAWS, check
from tests.pipeline.target_mean import TargetMean


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cls", [*OPS, TargetMean], ids=lambda cls: cls.op)
def test_every_op_keeps_every_law(cls: type[Op], law: str) -> None:
    check(law, cls)


@pytest.mark.parametrize("cls", FAULTS, ids=lambda cls: cls.__name__)
def test_a_fault_is_found_by_its_law(cls: type[Op]) -> None:
    law, told = FAULTS[cls]
    with pytest.raises(AssertionError, match=told):
        check(law, cls)


def test_every_law_finds_some_fault() -> None:
    assert {law for law, _ in FAULTS.values()} == {*LAWS}
    assert len(FAULTS) == 36
