"""Data: sources, contracts, dataset steps, splits and folds. The only room that reads data files."""

from __future__ import annotations

from functools import partial

from mlbuild.catalogue import Catalogue
from mlbuild.data.folds.folds import Folds
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.sources import Source, of_every_format, source_at
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep

#: The classes for `type:` of a source.
SOURCES: Catalogue[type[Source]] = Catalogue(
    {
        **of_every_format("mlbuild.data.locators.file.File"),
        "sql": partial(source_at, "mlbuild.data.locators.sql.Sql", Parquet),
        "delta": partial(source_at, "mlbuild.data.locators.delta.Delta", Parquet),
        "iceberg": partial(source_at, "mlbuild.data.locators.iceberg.Iceberg", Parquet),
    }
)
#: The classes for `op:` of a dataset step.
DATASET_STEPS: Catalogue[type[DatasetStep]] = Catalogue(
    {
        "join": "mlbuild.data.steps.joins.join.Join",
        "filter": "mlbuild.data.steps.filter.Filter",
        "derive": "mlbuild.data.steps.derive.Derive",
        "select": "mlbuild.data.steps.select.Select",
        "rename": "mlbuild.data.steps.rename.Rename",
        "concat": "mlbuild.data.steps.concat.Concat",
        "deduplicate": "mlbuild.data.steps.deduplicate.Deduplicate",
        "sort": "mlbuild.data.steps.sort.Sort",
        "sample": "mlbuild.data.steps.sample.Sample",
        "aggregate": "mlbuild.data.steps.aggregates.aggregate.Aggregate",
        "window": "mlbuild.data.steps.aggregates.window.Window",
        "asof_join": "mlbuild.data.steps.joins.asof_join.AsofJoin",
        "unpivot": "mlbuild.data.steps.unpivot.Unpivot",
    }
)
#: The classes for `type:` of a split.
SPLITS: Catalogue[type[Split]] = Catalogue(
    {
        "hash": "mlbuild.data.splits.hash.Hash",
        "time": "mlbuild.data.splits.time.Time",
        "random": "mlbuild.data.splits.random.Random",
        "stratified": "mlbuild.data.splits.stratified.Stratified",
        "column": "mlbuild.data.splits.by_column.ByColumn",
        "sources": "mlbuild.data.splits.from_sources.FromSources",
    }
)
#: The classes for `type:` of folds.
FOLDS: Catalogue[type[Folds]] = Catalogue(
    {
        "hash": "mlbuild.data.folds.hash.HashFolds",
        "time": "mlbuild.data.folds.time.TimeFolds",
        "random": "mlbuild.data.folds.random.RandomFolds",
        "stratified": "mlbuild.data.folds.stratified.StratifiedFolds",
    }
)

__all__ = ["DATASET_STEPS", "FOLDS", "SOURCES", "SPLITS"]
