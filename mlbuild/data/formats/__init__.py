"""The file formats of tables, one class per file."""

from __future__ import annotations

from mlbuild.data.formats.arrow import Arrow
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.formats.xlsx import Xlsx

#: The classes for `type:` of a source that is a file.
FORMATS = (Csv, Parquet, Ndjson, Arrow, Xlsx)

__all__ = ["FORMATS"]
