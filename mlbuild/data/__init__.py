"""Rows: sources, contracts on tables, dataset steps, splits; the only room that reads files of rows."""

from __future__ import annotations

from mlbuild.data.sources import SUFFIXES, Csv, Parquet
from mlbuild.data.splits.hash import Hash
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.time import Time
from mlbuild.data.steps.derive import Derive
from mlbuild.data.steps.filter import Filter
from mlbuild.data.steps.join import Join

#: What `type:` of a source can be.
SOURCES = (Csv, Parquet)
#: What `op:` of a dataset step can be.
DATASET_STEPS = (Join, Filter, Derive)
#: What `type:` of a split can be.
SPLITS = (Hash, Time, Random)

__all__ = ["DATASET_STEPS", "SOURCES", "SPLITS", "SUFFIXES"]
