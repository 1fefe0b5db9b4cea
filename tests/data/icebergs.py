"""Tables of Apache Iceberg for tests, in a catalog in a SQLite file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl


def catalog(folder: Path, warehouse: str = "", options: Mapping[str, str] = {}) -> Any:
    """Open the catalog in a folder, and make it if it does not exist."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries about each other
        from pyiceberg.catalog import load_catalog

        made: Any = load_catalog(
            "shop",
            type="sql",
            uri=f"sqlite:///{folder}/catalog.db",
            warehouse=warehouse or f"file://{folder}/warehouse",
            **options,
        )
        made.create_namespace_if_not_exists("shop")
        return made


def overwritten(made: Any, rows: pl.DataFrame, append: bool = False, name: str = "shop.rows") -> int:
    """Replace the rows of a table, or add some; make it if it does not exist. Return the number of the snapshot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arrow = rows.to_arrow()
        table = made.create_table_if_not_exists(name, schema=arrow.schema)
        table.append(arrow) if append else table.overwrite(arrow)
        snapshot: int = table.current_snapshot().snapshot_id
        return snapshot
