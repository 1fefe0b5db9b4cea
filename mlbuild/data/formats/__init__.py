"""The forms in which a table can stand in a file; each is a class in a file of its own."""

from __future__ import annotations

from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.parquet import Parquet

#: What `type:` of a source that is a file can be.
FORMATS = (Csv, Parquet, Ndjson)

__all__ = ["FORMATS"]
