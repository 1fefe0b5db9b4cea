"""Arrow: the file format of Arrow IPC, which Feather uses too. Columns have types."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlbuild.data.formats.format import Format
from mlbuild.data.formats.refusals import refusal, refuse_others
from mlbuild.data.formats.unread import Unread, reading
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: An Arrow file starts and ends with this.
_MARK = b"ARROW1"


@frozen
class Arrow(Format):
    """An Arrow IPC file, also called Feather (version 2). Its columns are converted to the dtypes of the contract."""

    type = "arrow"
    suffixes = (".arrow", ".feather")
    other_suffixes = (".ipc",)
    can_crash = True

    def header(self, file: Path) -> list[str]:
        return self._read(file).columns

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        import polars.selectors as cs

        table = self._read(file)
        return table.select(cs.by_name(*[name for name in names if name in table.columns])), table.columns

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        rows.write_ipc(stream)

    def _read(self, file: Path) -> pl.DataFrame:
        import polars as pl

        refuse_others(file, self.type)
        content = b""
        try:
            with reading(file) as stream:
                content = stream.read()
                return pl.read_ipc(io.BytesIO(content))
        except (Unread, OSError) as error:
            what = _damage(content) or "it is damaged"
            cause = "" if _damage(content) else f" ({error})"
            raise refusal(self.type, what + cause, unquoted=what) from None


def _damage(content: bytes) -> str | None:
    """Describe what is wrong with a file, from its first and last bytes."""
    if content.startswith(_MARK):
        return None if content.endswith(_MARK) else "it is truncated"
    return "it is not an Arrow file" if content else "it is empty"
