"""Every learner in the catalogue passes every test, and each planted fault is found by its test."""

from __future__ import annotations

import pytest

from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from tests.models.faults import FAULTS
from tests.models.laws import LAWS


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cls", LEARNERS, ids=lambda cls: cls.type)
def test_every_learner_keeps_every_law(cls: type[Learner], law: str) -> None:
    LAWS[law](cls)


@pytest.mark.parametrize("cls", FAULTS, ids=lambda cls: cls.__name__)
def test_a_fault_is_found_by_its_law(cls: type[Learner]) -> None:
    with pytest.raises(AssertionError):
        LAWS[FAULTS[cls]](cls)


def test_every_law_finds_some_fault() -> None:
    assert {*FAULTS.values()} == {*LAWS}
