"""Metrics of the order of rows within groups, such as the results of a query.

A group counts if it has at least two rows, and one of them is relevant: any order of the others is right. The value is the
mean over the groups that count. Rows with equal scores have no order, so a group has the mean over all their orders (McSherry
and Najork, 2008).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer
from mlbuild.models.metrics.metric import Groups, Metric
from mlbuild.models.metrics.order import Order, joined
from mlbuild.params import Integer, ListOf, Name, Number, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Ranking(Metric):
    """A mean over groups of rows of how well the last score of each row orders them.

    The target is float64 [N, 2]: how relevant a row is, and the number of its group. A row of a positive class has 1, one of
    a negative class 0.
    """

    answer = Answer
    low = 0
    high = 1
    best = 1
    needs_every_class = False

    group: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Required. Columns of the dataset whose equal values make a group of rows to order, such as those of a query.",
        default=(),
        examples=("query",),
    )
    at: int | None = field(
        Integer(min=1),
        "Number of rows of each group that count, from the highest score. Default: all.",
        default=None,
        examples=(10,),
    )

    @property
    def grouping(self) -> tuple[str, ...]:
        return self.group

    @property
    def task(self) -> str:
        return "regression or two classes"

    def applies(self, answer: type[Answer], classes: int | None = None) -> bool:
        return answer.orders and self.suits(classes)

    def suits(self, classes: int | None) -> bool:
        return classes in (None, 0, 2)

    def needs(self) -> str:
        return "a number or 2 classes"

    def check(self) -> Iterator[Problem]:
        if not self.group:
            help_ = "name the columns whose equal values make a group, such as 'group: query'"
            yield Problem("missing-key", f"metric '{self.metric}' needs 'group'", (), help_, on="key")

    def grouped(self, target: Array, groups: Groups) -> Array:
        import numpy as np

        relevance = target if target.ndim == 1 else target[:, 0]
        taken: Array = np.column_stack([relevance, groups[self.group]]).astype(np.float64)
        return taken

    def units(self, target: Array, clusters: Array | None) -> Array:
        return joined(target[:, 1], clusters)

    def constants(self, train: Array, classes: int) -> Array:
        """Return one: all constant scores give the same order."""
        import numpy as np

        return np.full((1, classes or 1), 1 / (classes or 1))

    def compute(self, target: Array, scores: Array) -> float | None:
        order = Order(target, scores[:, -1])
        counts = self._counts(order)
        return float(self.each(order)[counts].mean()) if counts.any() and self.allowed(target) else None

    def counted(self, target: Array, scores: Array) -> Array:
        order = Order(target, scores[:, -1])
        return order.spread(self._counts(order))

    def influence(self, target: Array, scores: Array) -> Array:
        """Share what a group adds to the mean evenly between its rows."""
        import numpy as np

        order = Order(target, scores[:, -1])
        counts, each = self._counts(order), self.each(order)
        own = np.where(counts, each - each[counts].mean(), 0.0)
        shared: Array = order.spread(own / order.sizes) * (len(target) / counts.sum())
        return shared

    def allowed(self, target: Array) -> bool:
        """Whether the metric is defined for these targets."""
        return True

    def relevant(self, relevance: Array) -> Array:
        """Return which rows are relevant, bool [N]."""
        positive: Array = relevance > 0
        return positive

    def each(self, order: Order) -> Array:
        """Return the value of each group, float64 [G]. Those of groups that do not count do not matter."""
        raise NotImplementedError

    def _counts(self, order: Order) -> Array:
        counts: Array = (order.sizes > 1) & (order.totals(self.relevant(order.relevance)) > 0)
        return counts

    def _first(self, order: Order) -> Array:
        """Return which places count, bool [N]."""
        first: Array = order.place <= (self.at or len(order.place))
        return first


class NDCG(Ranking):
    """Normalized discounted cumulative gain: how high the rows with high targets are scored in each group, compared with the
    best order; the mean over groups.

    It is scikit-learn's `ndcg_score`: the target itself is the gain of a row, and that of the row in place i counts
    1 / log2(i + 1). For gains such as 2^grade - 1, which LightGBM uses, derive them as the target. Undefined if a target is
    below 0.
    """

    metric = "ndcg"

    def allowed(self, target: Array) -> bool:
        return bool((target[:, 0] >= 0).all())

    def each(self, order: Order) -> Array:
        import numpy as np

        discounts = self._first(order) / np.log2(order.place + 1)
        gained = order.totals(order.tied(order.relevance) * discounts)
        most = order.totals(order.ideal * discounts)
        values: Array = gained / np.where(most > 0, most, 1)
        return values


@frozen
class OfRelevant(Ranking):
    """A measure of where the relevant rows of a group are."""

    relevant_from: float | None = field(
        Number(),
        "Rows with at least this target are relevant. Default: those with a target above 0, or of the positive class.",
        default=None,
        key="relevant",
        examples=(4,),
    )

    @property
    def task(self) -> str:
        return super().task if self.relevant_from is None else "regression, because it has 'relevant'"

    def applies(self, answer: type[Answer], classes: int | None = None) -> bool:
        counted = self.relevant_from is None or 0 in answer.cases.values()
        return counted and super().applies(answer, classes)

    def relevant(self, relevance: Array) -> Array:
        if self.relevant_from is None:
            return super().relevant(relevance)
        reached: Array = relevance >= self.relevant_from
        return reached


class MeanAveragePrecision(OfRelevant):
    """Mean over groups of the average precision: the precision down to each relevant row, averaged over these rows.

    Without ties, it is scikit-learn's `label_ranking_average_precision_score`, and `average_precision_score` of each group. With
    `at`, the sum over the first rows is divided by the number of relevant rows, but by `at` at most, as in LightGBM.
    """

    metric = "mean_average_precision"

    def each(self, order: Order) -> Array:
        import numpy as np

        found = self.relevant(order.relevance).astype(np.float64)
        share, inside, size = order.tied(found), order.in_tie, order.tie_sizes
        # Of the other rows of a tie, as many are before a relevant one as chance puts there.
        others = np.where(size > 1, (inside - 1) * (share * size - 1) / np.maximum(size - 1, 1), 0.0)
        precision = (order.before(found) + others + 1) / order.place
        total = order.totals(found)
        most = np.minimum(total, self.at or np.inf)
        values: Array = order.totals(self._first(order) * share * precision) / np.where(most > 0, most, 1)
        return values


class MeanReciprocalRank(OfRelevant):
    """Mean over groups of 1 / i, where i is the place of the first relevant row. With `at`, it is 0 if that row is further
    down.
    """

    metric = "mean_reciprocal_rank"

    def each(self, order: Order) -> Array:
        import numpy as np

        found = self.relevant(order.relevance).astype(np.float64)
        values = np.zeros(len(order.sizes))
        # The first tie with relevant rows in each group: the rows of which any can be the first one.
        heads = np.flatnonzero(order.starts_tie & (order.tied(found) > 0) & (order.before(found) == 0))
        group, place, size = order.group[heads], order.place[heads], order.tie_sizes[heads]
        hits = order.tied(found)[heads] * size
        missed = np.ones(len(heads))  # the probability that no row so far is relevant
        for step in range(int(size.max(initial=0))):
            here = (missed > 0) & (step < size) & (place + step <= (self.at or np.inf))
            if not here.any():
                break
            chance = np.where(here, np.minimum(hits / np.maximum(size - step, 1), 1.0), 0.0)
            values[group] += missed * chance / (place + step)
            missed = missed * (1 - chance)
        return values
