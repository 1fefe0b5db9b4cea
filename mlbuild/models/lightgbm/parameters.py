"""LightGBM's parameters as fields: those that classifier and regressor share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.params import INT32, Boolean, Choice, Described, Integer, Number, field, params_of

#: The parameters that decide the bins, besides the columns: with these equal, a binned dataset is used again.
BINNING = (
    "max_bin",
    "min_data_in_bin",
    "bin_construct_sample_cnt",
    "use_missing",
    "zero_as_missing",
)
#: What is about splits on categories, and nothing else.
CATEGORICAL = ("max_cat_to_onehot", "max_cat_threshold", "min_data_per_group", "cat_smooth", "cat_l2")


@dataclass(frozen=True)
class Parameters(Described):
    """What both LightGBM learners take, by LightGBM's names and with its defaults."""

    boosting: str = field(
        Choice(
            {
                "gbdt": "gradient boosted trees",
                "dart": "boosting that drops trees at random while it trains",
                "rf": "a random forest: the mean of trees grown on samples of the rows",
            }
        ),
        "How trees are added.",
        default="gbdt",
    )
    num_iterations: int = field(
        Integer(min=1, max=INT32),
        "How many rounds are boosted, each with one tree, or with one for each of several classes. With `early_stopping` the most of them.",
        default=100,
    )
    learning_rate: float = field(
        Number(above=0),
        "How much of each new tree is added: smaller values learn more slowly, and need more `num_iterations`.",
        default=0.1,
    )
    num_leaves: int = field(
        Integer(min=2, max=131072),
        "The most leaves of a tree: what mostly decides how closely a model fits. Beyond 2^`max_depth` it has no effect.",
        default=31,
    )
    max_depth: int = field(
        Integer(min=-1, max=INT32),
        "The most levels of a tree; 0 or -1: any, `num_leaves` is the limit.",
        default=-1,
    )
    min_data_in_leaf: int = field(
        Integer(min=0, max=INT32),
        "The fewest train rows of a leaf: more of them fit less closely.",
        default=20,
    )
    min_sum_hessian_in_leaf: float = field(
        Number(min=0),
        "The smallest sum of the objective's second derivatives in a leaf: like `min_data_in_leaf`, weighed by doubt.",
        default=1e-3,
    )
    data_sample_strategy: str = field(
        Choice(
            {
                "bagging": "at random, by `bagging_fraction`",
                "goss": "those with the largest gradients, and some of the others",
            }
        ),
        "How the rows are chosen that a tree is grown on.",
        default="bagging",
    )
    bagging_fraction: float = field(
        Number(above=0, max=1),
        "The share of rows in a sample; takes effect with a `bagging_freq` of 1 or more.",
        default=1.0,
    )
    bagging_freq: int = field(
        Integer(min=0, max=INT32),
        "Draw a new sample of `bagging_fraction` of the rows every so many rounds; 0: never.",
        default=0,
    )
    top_rate: float = field(
        Number(above=0, max=1), "With `goss`: the share of rows kept for their gradients.", default=0.2
    )
    other_rate: float = field(
        Number(above=0, max=1), "With `goss`: the share drawn of the others.", default=0.1
    )
    feature_fraction: float = field(
        Number(above=0, max=1),
        "The share of features, drawn at random, that a tree may split on.",
        default=1.0,
    )
    feature_fraction_bynode: float = field(
        Number(above=0, max=1),
        "The share of features, drawn at random, that each single split may choose from.",
        default=1.0,
    )
    lambda_l1: float = field(
        Number(min=0), "L1 penalty on leaf values: draws small ones to zero.", default=0.0
    )
    lambda_l2: float = field(
        Number(min=0), "L2 penalty on leaf values: draws all of them towards zero.", default=0.0
    )
    min_gain_to_split: float = field(
        Number(min=0), "The smallest gain for which a leaf is split.", default=0.0
    )
    max_delta_step: float = field(Number(min=0), "The largest absolute value of a leaf; 0: any.", default=0.0)
    path_smooth: float = field(
        Number(min=0),
        "How far values of leaves with few rows are drawn to those of their parents; 0: not at all.",
        default=0.0,
    )
    extra_trees: bool = field(
        Boolean(),
        "Try one random threshold of each feature only, not all: extremely randomized trees.",
        default=False,
    )
    drop_rate: float = field(
        Number(min=0, max=1), "With `dart`: the share of earlier trees that a round drops.", default=0.1
    )
    max_drop: int = field(
        Integer(min=-1, max=INT32),
        "With `dart`: the most trees that a round drops; 0 or -1: any.",
        default=50,
    )
    skip_drop: float = field(
        Number(min=0, max=1), "With `dart`: the chance that a round drops no tree.", default=0.5
    )
    max_bin: int = field(
        Integer(min=2, max=INT32),
        "The most bins that a feature's values are sorted into: more of them find finer thresholds, more slowly.",
        default=255,
    )
    min_data_in_bin: int = field(
        Integer(min=1, max=INT32), "The fewest train rows that fall into one bin.", default=3
    )
    bin_construct_sample_cnt: int = field(
        Integer(min=1, max=INT32), "How many rows, drawn at random, bins are found from.", default=200_000
    )
    use_missing: bool = field(
        Boolean(), "Learn which way missing values go; if not, they count as zero.", default=True
    )
    zero_as_missing: bool = field(Boolean(), "Take zeros for missing values too.", default=False)
    max_cat_to_onehot: int = field(
        Integer(min=1, max=INT32),
        "With at most so many categories, a split takes one of them from the rest.",
        default=4,
    )
    max_cat_threshold: int = field(
        Integer(min=1, max=INT32), "The most categories that a split tries on its smaller side.", default=32
    )
    min_data_per_group: int = field(
        Integer(min=1, max=INT32), "The fewest rows of a group of categories that a split tries.", default=100
    )
    cat_smooth: float = field(
        Number(min=0),
        "How far the statistics of rare categories are smoothed when categories are ordered for a split.",
        default=10.0,
    )
    cat_l2: float = field(
        Number(min=0), "L2 penalty in splits on categories, on top of `lambda_l2`.", default=10.0
    )

    def check(self) -> Iterator[Problem]:
        yield from self._sampling()
        if self.boosting != "dart":
            yield from self.without_effect("without 'boosting: dart'", "drop_rate", "max_drop", "skip_drop")
        if self.zero_as_missing and not self.use_missing:
            yield from self.without_effect("with 'use_missing: false'", "zero_as_missing")

    def _sampling(self) -> Iterator[Problem]:
        """Rows are drawn in one way; a random forest has to draw."""
        goss = self.data_sample_strategy == "goss"
        if goss:
            yield from self.without_effect(
                "with 'data_sample_strategy: goss'", "bagging_fraction", "bagging_freq"
            )
            if self.top_rate + self.other_rate > 1:
                yield Problem(
                    "contradiction", "'top_rate' and 'other_rate' together are more than 1", ("other_rate",)
                )
        else:
            yield from self.without_effect("without 'data_sample_strategy: goss'", "top_rate", "other_rate")
            if self.bagging_freq == 0:
                yield from self.without_effect("without 'bagging_freq'", "bagging_fraction")
            elif self.bagging_fraction == 1 and self.boosting != "rf":
                yield from self.without_effect("without a 'bagging_fraction' below 1", "bagging_freq")
        if self.boosting == "rf":
            yield from self.without_effect("with 'boosting: rf'", "learning_rate")
            if (
                not goss
                and not (self.bagging_freq and self.bagging_fraction < 1)
                and self.feature_fraction == 1
            ):
                yield Problem(
                    "missing-key",
                    "a random forest needs samples of rows or of features, or all trees are the same",
                    ("boosting",),
                    help="add 'bagging_freq: 1' and 'bagging_fraction: 0.632'",
                )

    def without_effect(self, why: str, *names: str) -> Iterator[Problem]:
        """A problem for each of these parameters that is not at its default."""
        params = params_of(type(self))
        for name in names:
            if vars(self)[name] != params[name].default:
                yield Problem("no-effect", f"'{name}' has no effect {why}", (name,), on="key")

    def values(self) -> dict[str, Any]:
        """The value of each parameter by LightGBM's name; those that are None are LightGBM's to find."""
        return {name: value for name in params_of(type(self)) if (value := vars(self)[name]) is not None}
