"""Every metric in the catalogue passes every test, and each planted fault is found by its test."""

from __future__ import annotations

import pytest

from mlbuild.models import ANSWERS, LEARNERS
from mlbuild.models.answers.answer import Answer
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from tests.models.metric_faults import FAULTS, differing
from tests.models.metric_laws import LAWS, samples


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("metric", [*samples()], ids=lambda metric: metric.label)
def test_every_metric_keeps_every_law(metric: Metric, law: str) -> None:
    LAWS[law](metric)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_law(fault: str) -> None:
    metric, law = FAULTS[fault]
    with pytest.raises(AssertionError):
        LAWS[law](metric)


@pytest.mark.parametrize(
    ("name", "told"),
    [("jaccard", "'zero_division' .* define 'jaccard' in DEFINITIONS"), ("f1_micro", "f1_micro")],
)
def test_a_function_that_does_not_fit_is_told(name: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        LAWS["has_the_value_of_its_definition"](differing("f1", metric=name))


def test_every_metric_is_tried() -> None:
    assert {type(metric) for metric in samples()} == {*METRICS}


def test_every_law_finds_some_fault() -> None:
    assert {law for _, law in FAULTS.values()} == {*LAWS}


@pytest.mark.parametrize("cls", ANSWERS, ids=lambda cls: cls.kind)
def test_the_metrics_of_an_answer_suit_it(cls: type[Answer]) -> None:
    for count in cls.cases.values():
        names = cls.default_metrics(count)
        assert names and all(METRICS.named(name)().applies(cls, count) for name in names)
    assert all(METRICS.named(cls.loss)().applies(cls, count) for count in cls.cases.values())
    learners = [learner for learner in LEARNERS if learner.answer is cls and learner().iterative]
    assert all(cls.loss in learner.watches(count) for learner in learners for count in cls.cases.values())


@pytest.mark.parametrize(
    ("name", "answer", "classes", "applies"),
    [
        ("roc_auc", Classification, None, True),
        ("roc_auc", Classification, 3, True),
        ("f1", Classification, 2, True),
        ("f1", Classification, 3, False),
        ("f1", Classification, None, True),
        ("f1", Regression, None, False),
        ("r2", Regression, 0, True),
        ("r2", Classification, 2, False),
        ("recall", Classification, 2, True),
        ("recall", Classification, 3, False),
        ("roc_auc_ovo", Classification, 2, False),
        ("roc_auc_ovo", Classification, 3, True),
        ("top_k_accuracy", Classification, 2, False),
    ],
)
def test_what_a_metric_suits(name: str, answer: type[Answer], classes: int | None, applies: bool) -> None:
    assert METRICS.named(name)().applies(answer, classes) == applies
