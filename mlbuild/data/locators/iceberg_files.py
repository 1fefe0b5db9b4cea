"""The files of a table of Apache Iceberg. All of them are opened here, because the metadata could name any file."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import Server
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.frozen import frozen
from mlbuild.regular import open_regular

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://)?")
#: Other names of S3.
_S3 = ("s3a", "s3n")


@frozen
class IcebergFiles:
    """Opens the files of a table, as the `FileIO` of pyiceberg.

    `folder` is that of a local catalog. Local files must be in it; a catalog elsewhere must not name any. `clouds` are those
    from which files can be read, by the schemes of their addresses.
    """

    called: str
    table: str
    folder: Path | None
    clouds: Mapping[str, type[Server]]

    def new_input(self, location: str) -> IcebergFile:
        return IcebergFile(self, location)

    def opened(self, location: str) -> IO[bytes]:
        """Open a file for reading.

        Raises:
            Failed: It is none of the table, does not exist, or is out of reach.
        """
        found = _SCHEME.match(location)
        scheme = found[1].casefold() if found else "file"
        scheme = "s3" if scheme in _S3 else scheme
        if scheme == "file":
            return self._local(location[found.end() :] if found else location)
        if scheme not in self.clouds or found is None:
            raise data_failure(f"table '{self.table}' is at '{scheme}:', which is not supported")
        address = Address(f"{scheme}://{location[found.end() :]}", self.called)
        try:
            with self.clouds[scheme].asked(address) as answer:
                return io.BytesIO(b"".join(answer.chunks()))
        except Failed as failed:
            if failed.failure.kind == "data":
                raise self._lost() from None
            raise

    def _local(self, path: str) -> IO[bytes]:
        if self.folder is None:
            raise data_failure(f"table '{self.table}' has local files, but its catalog is on a server")
        if not os.path.realpath(path).startswith(f"{os.path.realpath(self.folder)}{os.sep}"):
            raise data_failure(f"table '{self.table}' has files outside the folder of its catalog")
        try:
            return io.BufferedReader(open_regular(Path(path)))
        except FileNotFoundError:
            raise self._lost() from None

    def _lost(self) -> Failed:
        help_ = "name a newer snapshot, or use what was fetched before: mlbuild build --offline"
        message = f"files of table '{self.table}' were removed"
        return data_failure(message, lines=[f"help: {help_}"])


class IcebergFile:
    """A file of a table, as the `InputFile` of pyiceberg."""

    def __init__(self, files: IcebergFiles, location: str) -> None:
        self._files, self.location = files, location

    def open(self, seekable: bool = True) -> IO[bytes]:
        return self._files.opened(self.location)

    def exists(self) -> bool:
        return True  # whether it does is known when it is opened

    def __len__(self) -> int:
        with self.open() as file:
            return file.seek(0, os.SEEK_END)
