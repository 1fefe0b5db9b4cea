"""The file formats of tables, one class per file."""

from __future__ import annotations

from mlbuild.data.formats.arrow import Arrow
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.parquet import Parquet

#: The classes for `type:` of a source that is a file.
FORMATS = (Csv, Parquet, Ndjson, Arrow)

__all__ = ["FORMATS"]
