"""Every learner in the catalogue passes every test, and each planted fault is found by its test."""

from __future__ import annotations

import numpy as np
import pytest

from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.models.metrics import METRICS
from tests.models.faults import FAULTS
from tests.models.laws import LAWS
from tests.models.overconfident import Overconfident
from tests.models.requests import asked


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cls", LEARNERS, ids=lambda cls: cls.type)
def test_every_learner_keeps_every_law(cls: type[Learner], law: str) -> None:
    LAWS[law](cls)


@pytest.mark.parametrize("law", LAWS)
def test_a_learner_need_not_be_calibrated(law: str) -> None:
    LAWS[law](Overconfident)


def test_its_probabilities_can_be_worse_than_a_constant() -> None:
    metric = METRICS.named(Overconfident.answer.loss)()
    for one in asked(Overconfident, 400):
        target, count = one.training.target, one.training.classes
        scores = Overconfident().predict(Overconfident().fit(one.training), one.rows, 1)
        constants = [np.tile(row, (len(target), 1)) for row in Overconfident.answer.constants(target, count)]
        ours, *theirs = (metric.value(target, some, count) for some in (scores, *constants))
        assert ours is not None and ours > min(one for one in theirs if one is not None)


@pytest.mark.parametrize("cls", FAULTS, ids=lambda cls: cls.__name__)
def test_a_fault_is_found_by_its_law(cls: type[Learner]) -> None:
    with pytest.raises(AssertionError):
        LAWS[FAULTS[cls]](cls)


def test_every_law_finds_some_fault() -> None:
    assert {*FAULTS.values()} == {*LAWS}
