"""The language below the top-level keys of a spec, described once for reading, schema and documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mlbuild.data import DATASET_STEPS, FOLDS, SOURCES, SPLITS
from mlbuild.data.folds.folds import Folds
from mlbuild.data.formats.by_suffix import COMPRESSED, NAMED
from mlbuild.data.slices import Slice
from mlbuild.data.splits.clusters import COLUMNS, Cluster
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep
from mlbuild.frozen import frozen
from mlbuild.hints import in_words
from mlbuild.models import ANSWERS
from mlbuild.models.metrics.listed import METRIC_KIND, METRIC_LIST
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.searches import SEARCHES
from mlbuild.models.searches.search import Search
from mlbuild.models.thresholds.listed import THRESHOLD
from mlbuild.models.thresholds.threshold import Threshold
from mlbuild.ops.op import Op
from mlbuild.params import (
    INT32,
    Boolean,
    Choice,
    Described,
    Integer,
    Json,
    Kind,
    ListOf,
    Name,
    Object,
    TaggedUnion,
    field,
)
from mlbuild.selection import ColumnSelection, Selector
from mlbuild.spec.kinds import LearnerParams, LearnerType, Steps
from mlbuild.spec.trials import Choose, Matrix
from mlbuild.verdicts.tests import TESTS

NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,79}$"
_SUFFIXES = tuple((suffix, one.type) for suffix, one in (NAMED | COMPRESSED).items())
SOURCE = TaggedUnion("type", SOURCES, "source", _SUFFIXES)
DATASET_STEP = TaggedUnion("op", DATASET_STEPS, "dataset_step")
SPLIT = TaggedUnion("type", SPLITS, "split")
CLUSTER = Object(Cluster, COLUMNS, "column")
SLICE = Object(Slice, Name("column"), "column")
FOLD = TaggedUnion("type", FOLDS, "folds")
TEST = TaggedUnion("test", TESTS, "test", otherwise="expect")
SEARCH = TaggedUnion("type", SEARCHES, "search")


@frozen
class Dataset(Described):
    """A table to train models on. It starts from a source or dataset, applies steps, and splits the rows."""

    from_: str = field(Name("table"), "Source or dataset to start from.", key="from")
    steps: tuple[DatasetStep, ...] = field(
        ListOf(DATASET_STEP),
        "Steps applied to the table, in order. Each has an `op`.",
        default=(),
    )
    split: Split | None = field(
        SPLIT,
        "How to split the rows into train, valid and test. Required if a model uses the dataset.",
        default=None,
    )
    cluster: Cluster | None = field(
        CLUSTER,
        "How to group rows that are not independent of each other, such as those of one customer. This affects the width of confidence intervals."
        " Default: the `key` of a hash split, the days of a time split, otherwise each row alone.",
        default=None,
    )
    folds: Folds | None = field(
        FOLD,
        "How to divide the training rows into folds, for models with `cross_validation`.",
        default=None,
    )


def _target() -> type[Described]:
    """Return one class with the keys of all kinds of answers. Keys that not all of them have are optional.

    The learner determines the kind of answer, so `target` needs no discriminator.
    """
    fields: dict[str, Any] = {}
    for cls in ANSWERS:
        for item in dataclasses.fields(cls):
            if any(item.name not in {one.name for one in dataclasses.fields(other)} for other in ANSWERS):
                optional = dataclasses.field(default=None, kw_only=True, metadata=item.metadata)
                fields.setdefault(item.name, (item.name, Any, optional))
            else:
                required = dataclasses.field(kw_only=True, metadata=item.metadata)
                fields.setdefault(item.name, (item.name, Any, required))
    return dataclasses.make_dataclass(
        "Target",
        fields.values(),
        bases=(Described,),
        unsafe_hash=True,
        namespace={"__doc__": "What the model predicts."},
    )


@frozen
class TargetKeys(Object):
    """A model's target as it is written, with `column` for the short form. The answer of its learner reads it."""

    def read(self, value: Any) -> dict[str, Any]:
        return dict(value) if isinstance(value, Mapping) else {self.short_key: value}


TARGET = TargetKeys(_target(), Name("column"), "column")


@frozen
class Stopping(Described):
    """Stop training when a metric on held-out rows stops improving."""

    split: str = field(
        Choice({"valid": "the validation rows"}), "Rows to compute the metric on.", default="valid"
    )
    rounds: int = field(
        Integer(min=1), "Stop after this many rounds without improvement. The best round is kept."
    )
    metric: str | None = field(
        METRIC_KIND.alone,
        "Metric to watch. Default: the first of the model's `metrics` that training can watch.",
        default=None,
    )


def _default_metrics() -> str:
    """Describe the default metrics in words."""
    told = []
    for cls in ANSWERS:
        for case, classes in cls.cases.items():
            names = [f"`{name}`" for name in cls.default_metrics(classes)]
            told.append(f"for {case} {in_words(names)}")
    return "; ".join(told)


@frozen
class Model(Described):
    """A learner trained on a dataset: its features, its target and its parameters."""

    type: str = field(LearnerType(), "Learner: the library and the kind of model.")
    dataset: str = field(Name("dataset"), "Dataset to train on. The model is fitted to its training rows.")
    features: Selector = field(
        ColumnSelection(),
        "Columns to train on: a list of names or a selector. The inputs of the artifact are the raw columns that these depend on.",
    )
    preprocessing: str | tuple[Op, ...] = field(
        Steps(),
        "Steps that transform the features for the learner: the name of a preprocessing list, or a list of steps.",
        default=(),
    )
    target: Mapping[str, Any] = field(TARGET, "Column to predict.")
    metrics: tuple[Metric, ...] | None = field(
        METRIC_LIST,
        f"Metrics to compute on each split. Default: {_default_metrics()}.",
        default=None,
    )
    slices: tuple[Slice, ...] = field(
        ListOf(SLICE),
        "Groups of rows to compute the metrics on as well: columns, or maps. Changing them trains nothing.",
        default=(),
    )
    threshold: Threshold | None = field(
        THRESHOLD,
        "Lowest probability at which a row is predicted as positive: a number, or how to choose it on the validation rows. Only"
        " for two classes. Default: the class with the higher probability is predicted.",
        default=None,
    )
    early_stopping: Stopping | None = field(
        Object(Stopping),
        "Stop training when a metric on the validation rows stops improving. Only for learners that train in rounds.",
        default=None,
    )
    cross_validation: bool = field(
        Boolean(),
        "Also train on the `folds` of the dataset and measure how good the predictions of held-out rows are.",
        default=False,
    )
    params: Mapping[str, Any] = field(
        LearnerParams(), "Parameters of the learner, with the names that its library uses.", default={}
    )
    seed: int | None = field(
        Integer(min=0, max=INT32),
        "Random seed of the training. Default: the `seed` of the project.",
        default=None,
    )
    matrix: Matrix | None = field(
        Object(Matrix),
        "Values to train the model with, in all combinations. Each combination is a model of its own.",
        default=None,
    )
    choose: Choose | None = field(
        Object(Choose, METRIC_KIND.alone, "metric"),
        "How to choose one combination of the `matrix`, which is then this model.",
        default=None,
    )
    search: Search | None = field(
        SEARCH,
        "A search for the parameters with which the model is best on the validation rows, or on folds.",
        default=None,
    )


@frozen
class Overlay(Kind):
    """What a profile changes. It has the shape of a spec without required keys."""

    def json_schema(self) -> Json:
        """Return a reference; the schema writer makes the definition from those of a spec."""
        return {"$ref": "#/definitions/overlay"}

    def phrase(self) -> str:
        return "a map of changes"
