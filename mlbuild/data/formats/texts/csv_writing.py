"""Writes CSV files in a dialect."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.diagnostics import data_failure

if TYPE_CHECKING:
    import polars as pl


def write_csv(rows: pl.DataFrame, dialect: Dialect, stream: IO[bytes]) -> None:
    """Write a table so that it is read back unchanged.

    Raises:
        Failed: Of kind `data`: the dialect cannot represent a value or a name.
    """
    for values in rows:
        if (bad := _unwritable(values, dialect)) is not None:
            raise data_failure(f"cannot write column '{values.name}' as csv: {bad}")
    target = stream if dialect.encoding == "utf-8" else io.BytesIO()
    target.write(b"\n" * dialect.skip_rows)
    rows.write_csv(
        target,
        include_header=not dialect.names,
        separator=dialect.delimiter,
        quote_char=dialect.quote or '"',
        # A value that is not in quotes could start like a comment.
        quote_style="never" if not dialect.quote else "always" if dialect.comment else "necessary",
    )
    if isinstance(target, io.BytesIO) and target is not stream:
        stream.write(target.getvalue().decode().encode(dialect.encoding))


def _unwritable(values: pl.Series, dialect: Dialect) -> str | None:
    """Return what a column contains that cannot be written."""
    import polars as pl

    texts = pl.Series([values.name], dtype=pl.String)
    if values.dtype == pl.String:
        texts = pl.concat([texts, values.alias("")])
    if texts.str.contains("\0", literal=True).any():
        return "it contains a NUL byte"
    if not dialect.quote:
        special = {"the delimiter": dialect.delimiter, "a line feed": "\n", "a carriage return": "\r"}
        for what, char in special.items():
            if texts.str.contains(char, literal=True).any():
                return f"it contains {what}, and there is no 'quote'"
        if dialect.comment and texts.str.starts_with(dialect.comment).any():
            return "it contains a value that starts like a comment, and there is no 'quote'"
    if not dialect.encoding.startswith("utf"):
        try:
            "".join(texts.drop_nulls().unique()).encode(dialect.encoding)
        except UnicodeEncodeError as error:
            return f"it contains '{error.object[error.start]}', which {dialect.encoding} does not have"
    return None
