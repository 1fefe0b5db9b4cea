"""LightGBM's parameters as fields: those that the classifier and the regressor share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import INT32, Boolean, Choice, Described, Integer, Number, field, params_of

#: The parameters that determine the bins. While these and the columns are unchanged, a binned dataset is reused.
BINNING = (
    "max_bin",
    "min_data_in_bin",
    "bin_construct_sample_cnt",
    "use_missing",
    "zero_as_missing",
)
#: Parameters that matter only for splits on categories.
CATEGORY_PARAMETERS = ("max_cat_to_onehot", "max_cat_threshold", "min_data_per_group", "cat_smooth", "cat_l2")


@frozen
class Parameters(Described):
    """The parameters of both LightGBM learners, with LightGBM's names and defaults."""

    boosting: str = field(
        Choice(
            {
                "gbdt": "gradient boosted decision trees",
                "dart": "DART: drops random trees during training",
                "rf": "random forest: the mean of trees grown on random samples",
            }
        ),
        "Boosting method.",
        default="gbdt",
    )
    num_iterations: int = field(
        Integer(min=1, max=INT32),
        "Number of boosting rounds: one tree per round, or one per class with several classes. With `early_stopping`, the maximum.",
        default=100,
    )
    learning_rate: float = field(
        Number(above=0),
        "Shrinkage applied to each new tree. Smaller values need more `num_iterations`.",
        default=0.1,
    )
    num_leaves: int = field(
        Integer(min=2, max=131072),
        "Maximum number of leaves in one tree: the main control of model complexity. Values above 2^`max_depth` have no effect.",
        default=31,
    )
    max_depth: int = field(
        Integer(min=-1, max=INT32),
        "Maximum depth of a tree. 0 or -1 means no limit other than `num_leaves`.",
        default=-1,
    )
    min_data_in_leaf: int = field(
        Integer(min=0, max=INT32),
        "Minimum number of training rows in a leaf; larger values regularize more.",
        default=20,
    )
    min_sum_hessian_in_leaf: float = field(
        Number(min=0),
        "Minimum sum of hessians (second derivatives of the objective) in a leaf; larger values regularize more.",
        default=1e-3,
    )
    data_sample_strategy: str = field(
        Choice(
            {
                "bagging": "a random sample, set by `bagging_fraction`",
                "goss": "gradient-based one-side sampling: rows with large gradients and a random sample of the rest",
            }
        ),
        "How the rows for each tree are sampled.",
        default="bagging",
    )
    bagging_fraction: float = field(
        Number(above=0, max=1),
        "Fraction of rows in each sample. Needs a `bagging_freq` of 1 or more.",
        default=1.0,
    )
    bagging_freq: int = field(
        Integer(min=0, max=INT32),
        "Draw a new sample of the rows every `bagging_freq` rounds; 0 turns bagging off.",
        default=0,
    )
    top_rate: float = field(
        Number(above=0, max=1),
        "With `goss`: the fraction of rows with the largest gradients to keep.",
        default=0.2,
    )
    other_rate: float = field(
        Number(above=0, max=1),
        "With `goss`: the fraction of the other rows to sample.",
        default=0.1,
    )
    feature_fraction: float = field(
        Number(above=0, max=1),
        "Fraction of features to sample for each tree.",
        default=1.0,
    )
    feature_fraction_bynode: float = field(
        Number(above=0, max=1),
        "Fraction of features to sample for each split.",
        default=1.0,
    )
    lambda_l1: float = field(Number(min=0), "L1 regularization of leaf values.", default=0.0)
    lambda_l2: float = field(Number(min=0), "L2 regularization of leaf values.", default=0.0)
    min_gain_to_split: float = field(Number(min=0), "Minimum gain required to split a leaf.", default=0.0)
    max_delta_step: float = field(
        Number(min=0), "Maximum absolute output of a leaf; 0 means no limit.", default=0.0
    )
    path_smooth: float = field(
        Number(min=0),
        "Smooths the outputs of leaves with few rows toward those of their parents; 0 turns smoothing off.",
        default=0.0,
    )
    extra_trees: bool = field(
        Boolean(),
        "Use extremely randomized trees: try only one random threshold per feature at each split.",
        default=False,
    )
    drop_rate: float = field(
        Number(min=0, max=1), "With `dart`: the fraction of earlier trees to drop in a round.", default=0.1
    )
    max_drop: int = field(
        Integer(min=-1, max=INT32),
        "With `dart`: the maximum number of trees to drop in a round; 0 or -1 means no limit.",
        default=50,
    )
    skip_drop: float = field(
        Number(min=0, max=1), "With `dart`: the probability of dropping no tree in a round.", default=0.5
    )
    max_bin: int = field(
        Integer(min=2, max=INT32),
        "Maximum number of bins for the values of a feature. More bins give finer thresholds and slower training.",
        default=255,
    )
    min_data_in_bin: int = field(
        Integer(min=1, max=INT32), "Minimum number of training rows in one bin.", default=3
    )
    bin_construct_sample_cnt: int = field(
        Integer(min=1, max=INT32), "Number of rows sampled to find the bins.", default=200_000
    )
    use_missing: bool = field(
        Boolean(),
        "Learn a direction for missing values at each split. If false, they are treated as zero.",
        default=True,
    )
    zero_as_missing: bool = field(Boolean(), "Treat zeros as missing values.", default=False)
    max_cat_to_onehot: int = field(
        Integer(min=1, max=INT32),
        "Features with at most this many categories are split one category against the rest.",
        default=4,
    )
    max_cat_threshold: int = field(
        Integer(min=1, max=INT32), "Maximum number of categories on the smaller side of a split.", default=32
    )
    min_data_per_group: int = field(
        Integer(min=1, max=INT32), "Minimum number of rows in a group of categories.", default=100
    )
    cat_smooth: float = field(
        Number(min=0),
        "Smooths the statistics of rare categories, which reduces noise in splits.",
        default=10.0,
    )
    cat_l2: float = field(
        Number(min=0), "Additional L2 regularization in splits on categories.", default=10.0
    )

    def check(self) -> Iterator[Problem]:
        yield from self._sampling()
        if self.boosting != "dart":
            yield from self.without_effect("without 'boosting: dart'", "drop_rate", "max_drop", "skip_drop")
        if self.zero_as_missing and not self.use_missing:
            yield from self.without_effect("with 'use_missing: false'", "zero_as_missing")

    def _sampling(self) -> Iterator[Problem]:
        """Check that only one sampling strategy is used, and that a random forest has one."""
        goss = self.data_sample_strategy == "goss"
        if goss:
            yield from self.without_effect(
                "with 'data_sample_strategy: goss'", "bagging_fraction", "bagging_freq"
            )
            if self.top_rate + self.other_rate > 1:
                yield Problem(
                    "contradiction",
                    "the sum of 'top_rate' and 'other_rate' is greater than 1",
                    ("other_rate",),
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
                    "a random forest must sample rows or features; otherwise all trees are identical",
                    ("boosting",),
                    help="add 'bagging_freq: 1' and 'bagging_fraction: 0.632'",
                )

    def without_effect(self, why: str, *names: str) -> Iterator[Problem]:
        """Return a problem for each of these parameters that does not have its default value."""
        params, values = params_of(type(self)), self.values_by_field()
        for name in names:
            if values[name] != params[name].default:
                yield Problem("no-effect", f"'{name}' has no effect {why}", (name,), on="key")

    def values(self) -> dict[str, Any]:
        """Return the value of each parameter by name. LightGBM chooses those that are None."""
        values = self.values_by_field()
        return {name: values[name] for name in params_of(type(self)) if values[name] is not None}
