"""Arrow streams: the IPC format for pipes, columns with types."""

from __future__ import annotations

from mlbuild.frozen import frozen

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlbuild.data.formats.format import Format
from mlbuild.data.formats.refusals import refuse_others
from mlbuild.data.formats.unread import Unread, reading
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl


@frozen
class ArrowStream(Format):
    """An Arrow IPC stream. Its columns are converted to the dtypes of the contract."""

    type = "arrow_stream"
    suffixes = (".arrows",)
    can_crash = True

    def header(self, file: Path) -> list[str]:
        return self._read(file).columns

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        table = self._read(file)
        return table.select([name for name in names if name in table.columns]), table.columns

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        rows.write_ipc_stream(stream)

    def _read(self, file: Path) -> pl.DataFrame:
        import polars as pl

        refuse_others(file, self.type)
        try:
            with reading(file) as stream:
                return pl.read_ipc_stream(io.BytesIO(stream.read()))
        except (Unread, OSError) as error:
            raise self.refusal(f"it is damaged ({error})") from None
