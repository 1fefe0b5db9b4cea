"""Reads compressed files as what they contain. The content decides how a file is compressed, not its name."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.formats.looks import HEAD, compression_of
from mlbuild.data.formats.refusals import refusal, refuse_other
from mlbuild.diagnostics import Failed
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from io import BufferedReader

#: The endings of compressed files.
ENDINGS = (".gz", ".zst", ".bz2", ".zip")
#: A compressed file may expand to this many bytes, or to this many times its size if that is more.
MOST, RATIO = 1 << 28, 200
_BLOCK = 1 << 18


def expanded(file: Path, format_: str) -> BufferedReader:
    """Open a file, and decompress it while it is read.

    Raises:
        Failed: Of kind `data`, when the file is opened or read: it is damaged, expands to too much, or is an archive
            of several files.
        OSError: The file cannot be opened.
    """
    stored: BufferedReader = io.BufferedReader(open_regular(file))
    try:
        kind = compression_of(stored.peek(HEAD)[:HEAD])
        if kind is None:
            return stored
        most = max(MOST, RATIO * os.fstat(stored.fileno()).st_size)
        return io.BufferedReader(_Expanding(stored, kind, most, format_), _BLOCK)
    except BaseException:
        stored.close()
        raise


def open_expanded(file: Path, format_: str, encoding: str = "utf-8") -> BufferedReader:
    """Open a file of text that may be compressed, and check that it does not look like one of another format.

    Raises:
        Failed: Of kind `data`: as for `expanded`; or it cannot be opened, or looks like one of another format.
    """
    try:
        stream = expanded(file, format_)
    except OSError as error:
        raise refusal(format_, str(error.strerror).casefold()) from None
    try:
        refuse_other(stream.peek(HEAD)[:HEAD], format_, encoding)
    except BaseException:
        stream.close()
        raise
    return stream


class _Expanding(io.RawIOBase):
    """The content of a compressed file, up to `most` bytes."""

    def __init__(self, stored: BufferedReader, kind: str, most: int, format_: str) -> None:
        self._stored, self._kind, self._format = stored, kind, format_
        self._left = self._most = most
        #: What the library raises for a damaged archive.
        self._errors: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, RuntimeError, zlib.error)
        self._content: Any = {"gzip": self._gzip, "bzip2": self._bzip2, "zstd": self._zstd, "zip": self._zip}[
            kind
        ]()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        try:
            found = self._content.read(len(view))
        except self._errors as error:
            raise self._damaged(error) from None
        self._left -= len(found)
        if self._left < 0:
            size = f"{self._most // 1_000_000:,} MB"
            reason = f"it is a {self._kind} archive that expands to more than {size}"
            raise refusal(self._format, reason, "if you trust it, decompress it first")
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._stored.close()
        super().close()

    def _gzip(self) -> Any:
        import gzip

        return gzip.GzipFile(fileobj=self._stored)

    def _bzip2(self) -> Any:
        import bz2

        return bz2.BZ2File(self._stored)

    def _zstd(self) -> Any:
        import zstandard

        self._errors += (zstandard.ZstdError,)
        return zstandard.ZstdDecompressor().stream_reader(self._stored, read_across_frames=True)

    def _zip(self) -> Any:
        """Open the only file of an archive. The notes that macOS adds to archives do not count."""
        import zipfile

        self._errors += (zipfile.BadZipFile,)
        try:
            archive = zipfile.ZipFile(self._stored)
            files = [
                one
                for one in archive.infolist()
                if not (one.is_dir() or one.filename.startswith("__MACOSX/"))
            ]
            if len(files) != 1:
                reason = (
                    f"it is a zip archive with {len(files):,} files"
                    if files
                    else "it is an empty zip archive"
                )
                raise refusal(self._format, reason, "put only the file with the table into it, or unpack it")
            if files[0].flag_bits & 1:
                raise refusal(self._format, "it is an encrypted zip archive", "decrypt it first")
            return archive.open(files[0])
        except self._errors as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> Failed:
        what = f"it is a damaged {self._kind} archive"
        cause = "it ends too early" if isinstance(error, EOFError) else " ".join(str(error).split())
        return refusal(self._format, f"{what}: {cause or type(error).__name__}", unquoted=what)
