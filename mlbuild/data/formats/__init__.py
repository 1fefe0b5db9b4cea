"""The file formats of tables, one class per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.catalogue import Catalogue

if TYPE_CHECKING:
    from mlbuild.data.formats.format import Format

#: The classes for `type:` of a source that is a file.
FORMATS: Catalogue[type[Format]] = Catalogue(
    {
        "csv": "mlbuild.data.formats.csv.Csv",
        "parquet": "mlbuild.data.formats.parquet.Parquet",
        "ndjson": "mlbuild.data.formats.ndjson.Ndjson",
        "arrow": "mlbuild.data.formats.arrow.Arrow",
        "xlsx": "mlbuild.data.formats.xlsx.Xlsx",
    }
)

__all__ = ["FORMATS"]
