"""The properties that every metric must have. Each test takes a metric and raises AssertionError if it fails."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from inspect import isfunction, signature
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as scikit_learn
from sklearn.utils._param_validation import InvalidParameterError

from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer, Coding
from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.calibration import CalibrationError, Recalibration
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import Json, write
from tests.budget import examples, seed
from tests.models.metric_definitions import DEFINITIONS
from tests.models.requests import answer_of, held_by, width_of

Array = np.ndarray[Any, Any]
Law = Callable[[Metric], None]
#: Metrics with options, each as it is written in a spec. The classes of `cases` are numbers.
WITH_OPTIONS: tuple[Json, ...] = (
    {"metric": "precision", "class": 2},
    {"metric": "recall", "class": 0},
    {"metric": "f_beta", "beta": 2},
    {"metric": "f_beta", "beta": 0.5, "class": 1},
    {"metric": "false_positive_rate", "class": 0},
    {"metric": "mean_pinball_loss", "alpha": 0.9},
    {"metric": "ndcg", "group": "query", "at": 3},
    {"metric": "mean_average_precision", "group": "query", "at": 3},
    {"metric": "mean_reciprocal_rank", "group": ["shop", "query"], "at": 3, "relevant": 1},
)


@frozen
class Case:
    """A coded target, scores, and the number of classes (0: none). If it is `grouped`, the target has the groups of rows."""

    target: Array
    scores: Array
    classes: int
    grouped: bool = False

    @property
    def truth(self) -> Array:
        """The values to predict, [N, width]; the classes of rows, [N, 1]."""
        columns = self.target.reshape(len(self.target), -1)
        return columns if self.classes else columns[:, : self.scores.shape[1]]

    def with_scores(self, scores: Array) -> Case:
        return Case(self.target, scores, self.classes, self.grouped)

    def rows(self, places: Array) -> Case:
        return Case(self.target[places], self.scores[places], self.classes, self.grouped)

    def unit(self, row: int) -> Array:
        """Return the rows of which there is one more if there is one more of a row: all rows of its group, or itself."""
        return np.flatnonzero(self.target[:, 1] == self.target[row, 1]) if self.grouped else np.array([row])

    def repeated(self, times: int, *more: int) -> Case:
        """Return so many copies of each row, and one more of some. Each copy of a group is another group."""
        places = np.concatenate([np.tile(np.arange(len(self.target)), times), np.array(more, np.int64)])
        found = self.rows(places)
        if self.grouped:
            turn = np.append(np.arange(times).repeat(len(self.target)), np.full(len(more), times))
            found.target[:, 1] += turn * (self.target[:, 1].max() + 1)
        return found

    def perfect(self) -> Case:
        right = np.eye(self.classes)[self.target] if self.classes else self.truth.astype(np.float64)
        return self.with_scores(right)


def samples() -> Iterator[Metric]:
    """Yield each metric of the catalogue, with its default options, unless it needs some, and with others."""
    plain = (METRICS.named(name)() for name in METRICS.names)
    yield from (metric for metric in plain if not [*metric.check()])
    yield from map(METRIC_KIND.read, WITH_OPTIONS)


def cases(metric: Metric) -> Iterator[Case]:
    """Yield random rows: few and many, with many ties, with rare classes; numbers of all sizes, also positive ones."""
    chance = np.random.default_rng(seed())
    fitting = class_counts(metric)
    for number in range(examples(40, 3000)):
        rows = int(chance.integers(1, 40))
        classes = fitting[number % len(fitting)]
        if classes:
            parts = chance.integers(0, 6, (rows, classes)) + (chance.random((rows, 1)) if number % 2 else 0.0)
            parts[parts.sum(axis=1) == 0] = 1.0
            target = chance.integers(0, classes, rows)
            yield Case(target, parts / parts.sum(axis=1, keepdims=True), classes)
        else:
            shape = (rows, width_of_numbers(answer_for(metric)))
            size = 10.0 ** chance.integers(-3, 6)
            target = np.round(chance.normal(size=shape) * size, int(chance.integers(0, 4)))
            scores = target + chance.normal(size=shape) * size * 10.0 ** chance.integers(-4, 2)
            positive = abs(target) + 0.01, abs(scores) + 0.01
            yield case_of(metric, *((target, scores) if number % 2 else positive))


def answer_for(metric: Metric) -> type[Answer]:
    """Return an answer that a metric is for."""
    return Regression if metric.grouping else metric.answer


def case_of(metric: Metric, numbers: Array, scores: Array) -> Case:
    """Return a case of a metric of an answer without classes. Some of the rows in a group are relevant to no degree."""
    case = numbers_case(answer_for(metric), numbers, scores)
    if not metric.grouping:
        return case
    groups = np.arange(len(numbers)) // 6
    relevance = np.where(np.arange(len(numbers)) % 3 > 0, case.target, 0.0)
    return Case(np.column_stack([relevance, groups]), scores, 0, True)


def numbers_case(answer: type[Answer], numbers: Array, scores: Array) -> Case:
    """Return a case of an answer without classes, for numbers to predict and scores, both [N, width]."""
    made = answer_of(answer)
    held = held_by(made, [pl.Series(column) for column in numbers.T])
    return Case(made.coded(held, Coding("float"), "test"), scores, 0)


def width_of_numbers(answer: type[Answer]) -> int:
    """Return the number of columns of the scores of an answer without classes."""
    made = answer_of(answer)
    return width_of(made, held_by(made, [pl.Series([0.5, 1.5, 2.5])]), Coding("float"))


def class_counts(metric: Metric) -> list[int]:
    """Return the numbers of classes to try, of which a class that the metric names is one (0: no classes)."""
    named = getattr(metric, "class_", None) or 0
    counts = [count for count in answer_for(metric).cases.values() if count is not None]
    return [max(count, named + 1) if count else 0 for count in counts if metric.suits(count)]


def value(metric: Metric, case: Case) -> float | None:
    """Return the value from `evaluate`, with every warning as an error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        try:
            found = for_classes(metric, case).value(case.target, case.scores, case.classes)
        except Exception as error:  # a metric must raise nothing at all, so the law must report anything
            raise AssertionError(f"{metric.metric} on {case}: {type(error).__name__}: {error}") from error
    assert found is None or (isinstance(found, float) and np.isfinite(found)), found
    return found


def influence(metric: Metric, case: Case) -> Array | None:
    """Return the influences of rows on a value that they have, with every warning as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found: Array | None = for_classes(metric, case).influence(case.target, case.scores)
    return found


def for_classes(metric: Metric, case: Case) -> Metric:
    """Return the metric with the index of the class that it names; a skill is compared with the rows themselves."""
    return metric.prepared(range(case.classes), case.target) if hasattr(metric, "class_") else metric


def has_the_value_of_its_definition(metric: Metric) -> None:
    """It equals scikit-learn's function with that name, or the definition in this module."""
    defined = 0
    for case in cases(metric):
        found, wanted = value(metric, case), definition(metric, case)
        if found is None:
            assert wanted is None or not np.isfinite(wanted) or _undefined(case), f"{wanted} for {case}"
            continue
        defined += 1
        assert wanted is not None and found == pytest.approx(wanted, rel=1e-9, abs=1e-12), case
    assert defined > 10


def _undefined(case: Case) -> bool:
    """Whether rows are uninformative, so that scikit-learn warns and returns some number."""
    return min(len(np.unique(column)) for column in case.truth.T) < max(case.classes, 2)


def _positive(case: Case) -> bool:
    """Whether numbers are all positive, so that any deviance has a value."""
    return case.classes > 0 or min(case.target.min(), case.scores.min()) > 0


def definition(metric: Metric, case: Case) -> float | None:
    """Find the definition by the name of the metric: `f1_macro` is `f1_score` with `average="macro"`."""
    given = {key: value for key, value in write(metric).items() if key != "metric"}
    if metric.metric in DEFINITIONS:
        given.pop("group", None)
        return DEFINITIONS[metric.metric](case.target, case.scores, **given)
    name, macro, _ = metric.metric.partition("_macro")
    named = [getattr(scikit_learn, one, None) for one in (name, f"{name}_score", f"{name}_loss")]
    function = next((one for one in named if one is not None), None)
    assert function is not None, f"scikit-learn has no '{metric.metric}': write it into DEFINITIONS"
    keys = signature(function).parameters
    told = {"multi_class": "ovr", "zero_division": np.nan, **({"average": "macro"} if macro else {})}
    if "class" in given:
        told |= {"labels": [given.pop("class")], "average": "macro"}
    options: dict[str, Any] = {key: told[key] for key in told if key in keys} | given
    scores = case.scores
    if case.classes and "y_pred" in keys and "labels" in keys and name.endswith("loss"):
        options["labels"] = range(case.classes)
    elif case.classes:
        scores = (
            _predicted(scores)
            if keys.keys() & {"y_pred", "y2"}
            else scores[:, 1]
            if case.classes == 2
            else scores
        )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return float(function(case.target, scores, **options))
        except ValueError as error:
            rejected = isinstance(error, InvalidParameterError)
            if not rejected and (_undefined(case) or not _positive(case)):
                return None
            why = f"scikit-learn's {function.__name__}: {error}; define '{metric.metric}' in DEFINITIONS"
            raise AssertionError(why) from error


def _predicted(scores: Array) -> Array:
    best: Array = scores.argmax(axis=1)
    return best


def is_best_for_perfect_answers(metric: Metric) -> None:
    for case in cases(metric) if metric.best is not None else ():
        found, others = value(metric, case.perfect()), value(metric, case)
        assert found is None or found == pytest.approx(metric.best, abs=1e-12)
        assert found is None or others is None or _better_or_equal(metric, found, others)


def stays_between_worst_and_best(metric: Metric) -> None:
    low, high = metric.low, metric.high
    for case in cases(metric):
        found = value(metric, case)
        assert found is None or low - 1e-12 <= found <= high + 1e-12, found


def comes_close_to_its_worst(metric: Metric) -> None:
    """The bound is tight. An infinite one is passed by any number, but logarithms of 0 are cut off at 36."""
    found = [one for case in _worst_cases(metric) if (one := value(metric, case)) is not None]
    for bound, furthest in ((metric.low, min(found)), (metric.high, max(found))):
        if bound == metric.best:
            continue
        if np.isfinite(bound):
            assert furthest == pytest.approx(bound, abs=0.02), furthest
        else:
            assert abs(furthest) > 30 and np.sign(furthest) == np.sign(bound), furthest


def _worst_cases(metric: Metric) -> Iterator[Case]:
    """Yield rows of one frequent class, and one row of each other class, whose right class gets no score, also with as
    many rows of each class; probabilities that say little; and numbers with distant predictions.
    """
    for classes in class_counts(metric):
        if classes == 0:
            target = np.random.default_rng(4).normal(size=(200, width_of_numbers(answer_for(metric))))
            yield case_of(metric, target, -1e6 * target)
            if metric.grouping:
                only = np.column_stack([np.arange(200) % 5 == 0, np.arange(200) // 5]).astype(float)
                yield Case(only, -only[:, :1], 0, True)
            for factor in (1e-6, 1e6):
                yield case_of(metric, abs(target), factor * abs(target))
                yield case_of(metric, target, target + factor)
                yield case_of(metric, target, target - factor)
            continue
        numbers: list[Array] = [np.maximum(np.arange(200) - 200 + classes, 0), np.arange(200) % classes]
        for target in numbers:
            right = np.eye(classes)[target]
            yield Case(target, (1 - right) / (classes - 1), classes)
            yield Case(target, np.roll(right, 1, axis=1), classes)
            yield Case(target, right, classes)
        for sign in (1, -1) if classes == 2 else ():
            for middle in (0.5, 1e-9, 1 - 1e-9):
                odds = np.where(np.arange(200) % 7 == 0, 1 - target, target) * 2.0 - 1
                share = middle + sign * odds * min(middle, 1 - middle) * 1e-2
                yield Case(target, np.stack([1 - share, share], axis=1), 2)


def gets_worse_with_the_answers(metric: Metric) -> None:
    """Over all cases: predictions for other rows are worse than the right ones, and distant ones worse than near
    ones.
    """
    chance = np.random.default_rng(1)
    worse = 0
    for case in cases(metric) if metric.best is not None else ():
        mixed = case.perfect().rows(chance.permutation(len(case.target))).scores
        right, wrong = value(metric, case.perfect()), value(metric, case.with_scores(mixed))
        if right is not None and wrong is not None:
            assert _better_or_equal(metric, right, wrong)
            worse += right != wrong
    assert worse > 5 or metric.best is None or isinstance(metric, Recalibration)


def _better_or_equal(metric: Metric, one: float, other: float) -> bool:
    return metric.distance(one) <= metric.distance(other) + 1e-12


def depends_neither_on_order_nor_on_repetition(metric: Metric) -> None:
    chance = np.random.default_rng(2)
    for case in cases(metric):
        found = value(metric, case)
        orders = [case.rows(chance.permutation(len(case.target))), case.repeated(3)]
        for other in orders[:1] if isinstance(metric, CalibrationError) else orders:
            again = value(metric, other)
            assert (found is None) == (again is None), case
            assert found is None or again == pytest.approx(found, rel=1e-9, abs=1e-12), case


def has_no_value_where_it_means_nothing(metric: Metric) -> None:
    """There is no value for zero rows, NaN scores, or a wrong number of classes.

    One row and one class raise nothing.
    """
    for case in cases(metric):
        assert value(metric, case.rows(np.arange(0))) is None
        broken = case.scores.copy()
        broken[-1] = np.nan
        assert value(metric, case.with_scores(broken)) is None
        for few in (np.arange(1), np.flatnonzero((case.truth == case.truth[0]).all(axis=1))):
            if value(metric, case.rows(few)) is not None:
                influence(metric, case.rows(few))
        if metric.classes is not None:
            more = np.hstack([case.scores, np.zeros((len(case.scores), 1))])
            assert value(metric, Case(case.target, more, case.classes + 1)) is None


def knows_the_influence_of_each_row(metric: Metric) -> None:
    """One more copy of a row among very many copies of all rows changes the value by the influence of the row.

    The influences add up to 0, and there are some where there is a value.
    """
    chance, known = np.random.default_rng(5), 0
    for case in cases(metric):
        rows = len(case.target)
        if value(metric, case) is None or rows < 5:
            continue
        found = influence(metric, case)
        if found is None:
            assert known == 0
            return
        assert found.shape == (rows,) and found.dtype == np.float64
        scale = float(abs(found).max())
        assert abs(found.sum()) <= 1e-9 * max(scale, 1) * rows
        for row in chance.integers(0, rows, 3):
            changes, unit = [], case.unit(row)
            for copies in (400, 800):
                more = case.repeated(copies, *unit)
                before, after = value(metric, case.repeated(copies)), value(metric, more)
                assert before is not None and after is not None
                changes.append((after - before) * len(more.target))
            slope = 2 * changes[1] - changes[0]  # without the error that the number of copies halves
            # A mean of large numbers is exact to its last digits, and the change is that of thousands of rows.
            noise = 1e-10 * abs(value(metric, case) or 0) * rows * 800
            assert found[unit].sum() == pytest.approx(slope, rel=1e-3, abs=max(noise, 1e-4 * scale, 1e-9)), (
                case
            )
        known += 1
    assert known > 5


def leaves_its_arguments_alone(metric: Metric) -> None:
    for case in cases(metric):
        before = case.target.copy(), case.scores.copy()
        value(metric, case)
        assert np.array_equal(before[0], case.target) and np.array_equal(before[1], case.scores)


def has_its_best_constant_among_those_of_its_answer(metric: Metric) -> None:
    """No constant score beats the constants that models are compared with."""
    chance = np.random.default_rng(3)
    for case in cases(metric):
        if len(case.target) % 2 == 0:
            case = case.rows(
                np.arange(1, len(case.target))
            )  # otherwise, a median of two values is not quite the best
        if len(case.target) == 0 or (
            case.classes and len(np.unique(case.target)) < 2
        ):  # no learner takes such
            continue
        prepared = for_classes(metric, case)
        offered = _constants(metric, case, prepared.constants(case.target, case.classes))
        width = case.scores.shape[1]
        tried = chance.dirichlet(np.ones(width), 15) if case.classes else chance.choice(case.truth, 15)
        tried = tried if case.classes else tried * chance.choice([1.0, 0.9, 1.1], (15, 1))
        others = _constants(metric, case, tried)
        nearest = min(map(metric.distance, offered), default=np.inf)
        assert not others or nearest <= min(map(metric.distance, others)) + 1e-12, case


def tells_whether_a_constant_is_perfect(metric: Metric) -> None:
    """A constant is perfect on all rows with several values, or not on all: then a model can be better."""
    perfect = []
    for case in cases(metric):
        if len(case.target) < 8 or len(np.unique(case.truth)) < max(case.classes, 2):
            continue
        offered = _constants(metric, case, for_classes(metric, case).constants(case.target, case.classes))
        nearest = min(map(metric.distance, offered), default=np.inf)
        perfect.append(bool(nearest <= 1e-9 * (1 + abs(case.truth).max())))
    assert perfect
    assert metric.constant_is_perfect == (metric.best is not None and all(perfect))


def _constants(metric: Metric, case: Case, constants: Array) -> list[float]:
    found = (value(metric, case.with_scores(np.tile(row, (len(case.target), 1)))) for row in constants)
    return [one for one in found if one is not None]


#: The tests by name.
LAWS: dict[str, Law] = {
    name: law
    for name, law in globals().items()
    if isfunction(law)
    and law.__module__ == __name__
    and signature(law) == signature(is_best_for_perfect_answers)
}
