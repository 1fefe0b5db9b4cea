"""Data: sources, contracts, dataset steps, splits and folds. The only room that reads data files."""

from __future__ import annotations

from mlbuild.data.folds.hash import HashFolds
from mlbuild.data.folds.random import RandomFolds
from mlbuild.data.folds.stratified import StratifiedFolds
from mlbuild.data.folds.time import TimeFolds
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.locators.file import File
from mlbuild.data.locators.sql import Sql
from mlbuild.data.sources import source_of
from mlbuild.data.splits.by_column import ByColumn
from mlbuild.data.splits.from_sources import FromSources
from mlbuild.data.splits.hash import Hash
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.stratified import Stratified
from mlbuild.data.splits.time import Time
from mlbuild.data.steps.aggregates.aggregate import Aggregate
from mlbuild.data.steps.aggregates.window import Window
from mlbuild.data.steps.concat import Concat
from mlbuild.data.steps.deduplicate import Deduplicate
from mlbuild.data.steps.derive import Derive
from mlbuild.data.steps.filter import Filter
from mlbuild.data.steps.joins.asof_join import AsofJoin
from mlbuild.data.steps.joins.join import Join
from mlbuild.data.steps.rename import Rename
from mlbuild.data.steps.sample import Sample
from mlbuild.data.steps.select import Select
from mlbuild.data.steps.sort import Sort
from mlbuild.data.steps.unpivot import Unpivot

#: The classes for `type:` of a source.
SOURCES = (*(source_of(File, one) for one in FORMATS), source_of(Sql, Parquet))
#: The classes for `op:` of a dataset step.
DATASET_STEPS = (
    Join,
    Filter,
    Derive,
    Select,
    Rename,
    Concat,
    Deduplicate,
    Sort,
    Sample,
    Aggregate,
    Window,
    AsofJoin,
    Unpivot,
)
#: The classes for `type:` of a split.
SPLITS = (Hash, Time, Random, Stratified, ByColumn, FromSources)
#: The classes for `type:` of folds.
FOLDS = (HashFolds, TimeFolds, RandomFolds, StratifiedFolds)

__all__ = ["DATASET_STEPS", "FOLDS", "SOURCES", "SPLITS"]
