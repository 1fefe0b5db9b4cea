"""The dialect of a CSV file: how its bytes are text, and how the text is divided into fields."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mlbuild.data.formats.expanded import open_expanded
from mlbuild.data.formats.looks import HEAD, byte_order, compression_of
from mlbuild.data.formats.refusals import refusal, undecodable
from mlbuild.diagnostics import Failed
from mlbuild.frozen import frozen
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from io import BufferedReader

_BLOCK = 1 << 20
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@frozen
class Dialect:
    """How a file is written.

    `names` are the columns of a file without a header. An empty `quote` or `comment` means that there are none.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    names: tuple[str, ...] = ()
    skip_rows: int = 0
    comment: str = ""

    def open(self, file: Path, errors: str = "strict") -> io.TextIOWrapper:
        """Open a file as text, without converting line ends, and skip its first lines.

        Raises:
            Failed: Of kind `data`: this is not a text file in this encoding.
        """
        stream = open_expanded(file, "csv", self.encoding)
        try:
            text = io.TextIOWrapper(stream, self._codec(stream), errors, newline="")
        except BaseException:
            stream.close()
            raise
        for _ in islice(text, self.skip_rows):
            pass
        return text

    def undecodable(self, file: Path) -> Failed:
        """Create the failure for a file that is not text in this encoding, with the place of the first wrong byte."""
        with open_expanded(file, "csv", self.encoding) as stream:
            codec = "utf-8" if self.encoding == "utf-8" else self._codec(stream)
            return undecodable(stream, "csv", codec, "set 'encoding: windows-1252'")

    @contextmanager
    def plain(self, file: Path) -> Iterator[Path | None]:
        """Provide the lines of a file as UTF-8, without those that are skipped and without comments.

        This is the file itself if possible, or else a temporary one. None if that is not certain: a line that starts
        like a comment may be inside quotes.

        Raises:
            UnicodeDecodeError: It is not text in this encoding.
        """
        import tempfile

        if self.encoding == "utf-8" and not self.skip_rows and not self.comment and not _is_compressed(file):
            yield file
            return
        with tempfile.TemporaryDirectory(prefix="mlbuild-") as folder:
            copy = Path(folder, "rows.csv")
            with self.open(file) as text, copy.open("w", encoding="utf-8", newline="") as target:
                sure = self._copy(text, target)
            yield copy if sure else None

    def _copy(self, text: TextIO, target: TextIO) -> bool:
        if not self.comment:
            while block := text.read(_BLOCK):
                target.write(block)
            return True
        quotes = 0
        for line in text:
            # In a file whose quotes are not all pairs, the count is meaningless. Such a file is not read quickly.
            if line.startswith(self.comment):
                if quotes % 2:
                    return False
                continue
            quotes += line.count(self.quote) if self.quote else 0
            target.write(line)
        return True

    def _codec(self, stream: BufferedReader) -> str:
        """Return the codec for a file of this encoding.

        Raises:
            Failed: Of kind `data`: the file has another encoding.
        """
        head = stream.peek(HEAD)[:HEAD]
        marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
        if marked not in (None, self.encoding):
            raise refusal("csv", f"it has the byte order mark of {marked}", f"set 'encoding: {marked}'")
        if self.encoding == "utf-16":
            codec = byte_order(head)
            if codec is None:
                raise refusal(
                    "csv", "it is not UTF-16 text, or has no byte order mark", "set another 'encoding'"
                )
            return codec
        return "utf-8-sig" if self.encoding == "utf-8" else self.encoding


def _is_compressed(file: Path) -> bool:
    with io.BufferedReader(open_regular(file)) as stream:
        return compression_of(stream.read(HEAD)) is not None
