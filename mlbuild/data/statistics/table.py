"""Statistics of a table: those of its columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.data.statistics import FAMILIES
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

_BY_DTYPE = {dtype: family for family in FAMILIES for dtype in family.dtypes}


@frozen
class TableStatistics:
    """The number of rows of a table and the statistics of its columns."""

    rows: int
    columns: Mapping[str, Statistics]

    @staticmethod
    def of(table: pl.DataFrame, dtypes: Mapping[str, str]) -> TableStatistics:
        """Compute the statistics of the columns in `dtypes`."""
        columns = {name: _BY_DTYPE[dtype].of(table[name], dtype) for name, dtype in dtypes.items()}
        return TableStatistics(table.height, columns)

    def merged(self, other: TableStatistics) -> TableStatistics:
        """Return the statistics of the rows of two tables with the same columns."""
        columns = {name: one.merged(other.columns[name]) for name, one in self.columns.items()}
        return TableStatistics(self.rows + other.rows, columns)

    def without_values(self, private: Collection[str]) -> TableStatistics:
        """Return the statistics with only counts for private columns."""
        columns = {
            name: one.without_values() if name in private else one for name, one in self.columns.items()
        }
        return TableStatistics(self.rows, columns)

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "columns": {name: one.to_json() for name, one in self.columns.items()}}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TableStatistics:
        columns = {
            name: _BY_DTYPE[column["dtype"]].from_json(column) for name, column in value["columns"].items()
        }
        return TableStatistics(value["rows"], columns)
