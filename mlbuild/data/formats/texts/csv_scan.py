"""Finds the structure of a CSV file in its bytes, and checks whether the quotes follow RFC 4180.

If they do not, polars guesses, and returns different values without an error. This pass over the bytes ensures that
polars reads only files that can be read in one way. It uses one bit per byte and works on 64-bit words, so it takes
only a small fraction of the time for reading the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bits = np.ndarray[Any, np.dtype[np.uint64]]

#: The byte order mark of UTF-8, which is not part of the first name.
MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 18
_WORD = 64


@frozen
class CsvScan:
    """Facts about the bytes of a CSV file.

    `opens`: at least one field starts with a quote. `sound`: every quote opens a field, closes one, or is doubled
    inside one. `strays`: there is a carriage return outside quotes that no line feed follows. `nul`: there is a
    NUL byte. `blanks`: there is a space or a tab. `delimiters` and `records` are the counts outside quotes,
    including blank lines. They are meaningful only if the file is sound.
    """

    opens: bool
    sound: bool
    strays: bool
    nul: bool
    blanks: bool
    delimiters: int
    records: int


def scan(file: Path, delimiter: str, quote: str = '"') -> CsvScan:
    """Scan a file. Without a `quote`, all characters but the delimiter and line ends are ordinary ones."""
    scanner = _Scanner(delimiter, quote)
    delimiters = records = 0
    nul = blanks = False
    for chunk, padding in _chunks(file):
        marks = scanner.read(chunk)
        delimiters += _count(marks.delimiters)
        records += _count(marks.feeds) - padding
        nul = nul or b"\0" in chunk
        blanks = blanks or b" " in chunk or b"\t" in chunk
    sound = scanner.sound and not scanner.inside
    return CsvScan(scanner.opens, sound, scanner.strays, nul, blanks, delimiters, records)


def blank_lines(file: Path, delimiter: str, quote: str = '"') -> npt.NDArray[np.int64]:
    """Return the positions of blank lines among the records of a sound file without strays, in ascending order."""
    import numpy as np

    scanner = _Scanner(delimiter, quote)
    found: list[npt.NDArray[np.int64]] = []
    before, started, returned = 0, 1, 0
    for chunk, padding in _chunks(file):
        marks = scanner.read(chunk)
        starts = _next(marks.feeds, started)
        alone = starts & marks.returns
        blank = marks.feeds & (starts | _next(alone, returned))
        started, returned = _last(marks.feeds), _last(alone)
        ends = _positions(marks.feeds)
        places = before + np.searchsorted(ends, _positions(blank))
        before += len(ends) - padding
        found.append(places[places < before])
    return np.concatenate(found)


def has_blank_start(file: Path, delimiter: str, quote: str = '"') -> bool:
    """Whether a field of a file without strays, or the text in its quotes, may start with a space or a tab.

    If not, no field consists of nothing else.
    """
    import numpy as np

    ended, opened = 1, 0
    for chunk, _ in _chunks(file):
        data = np.frombuffer(chunk, np.uint8)
        blanks = _bits((data == ord(" ")) | (data == ord("\t")))
        delimiters = _bits(data == ord(delimiter))
        ends = delimiters | _bits(data == ord("\n"))  # also those inside quotes
        starts = _next(ends, ended)
        opening = starts & _bits(data == ord(quote)) if quote else np.zeros_like(starts)
        if (blanks & ((starts & ~delimiters) | _next(opening, opened))).any():
            return True
        ended, opened = _last(ends), _last(opening)
    return False


@frozen
class _Marks:
    """The structure of a chunk: one bit for each byte, which is set only outside quotes."""

    delimiters: Bits
    feeds: Bits
    returns: Bits


class _Scanner:
    """Reads chunks in order. The state between chunks is kept as bits, 0 or 1."""

    def __init__(self, delimiter: str, quote: str) -> None:
        self._delimiter, self._quote = ord(delimiter), quote.encode()
        self.opens, self.sound, self.strays = False, True, False
        self.inside = 0
        self._ended, self._quoted, self._closed, self._returned = 1, 0, 0, 0

    def read(self, chunk: bytes) -> _Marks:
        import numpy as np

        data = np.frombuffer(chunk, np.uint8)
        delimiters, feeds = _bits(data == self._delimiter), _bits(data == ord("\n"))
        returns = _bits(data == ord("\r")) if b"\r" in chunk else np.zeros_like(feeds)
        ends = delimiters | feeds | returns
        if self._quote and (self.inside or self._closed or self._quote in chunk):
            quotes = _bits(data == self._quote[0])
            inside = _parity(quotes, self.inside)
            self._check(quotes, inside, ends)
            delimiters, feeds, returns = delimiters & ~inside, feeds & ~inside, returns & ~inside
            self.inside, self._quoted = _last(inside), _last(quotes)
        self._ended = _last(ends)
        self.strays = self.strays or bool((_next(returns, self._returned) & ~feeds).any())
        self._returned = _last(returns)
        return _Marks(delimiters, feeds, returns)

    def _check(self, quotes: Bits, inside: Bits, ends: Bits) -> None:
        """Check that quotes open fields where a field can start, and close them where a field can end.

        Every second quote is a closing one. If another quote follows it directly, the two are a quote in the text.
        """
        starts, closing = _next(ends, self._ended), quotes & ~inside
        opening = quotes & inside & ~_next(quotes, self._quoted)
        self.opens = self.opens or bool((quotes & starts).any())
        bad = (opening & ~starts) | (_next(closing, self._closed) & ~(ends | quotes))
        self.sound = self.sound and not bad.any()
        self._closed = _last(closing)


def _chunks(file: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of a file without the byte order mark, in whole words, and the number of line feeds that are
    padding.

    The padding fills the last word. If the file does not end with a line end, the first line feed of the padding
    ends the last record, and is not counted.
    """
    last = b"\n"
    with io.BufferedReader(open_regular(file)) as stream:
        if stream.read(len(MARK)) != MARK:
            stream.seek(0)
        while len(chunk := stream.read(_CHUNK)) == _CHUNK:
            last = chunk[-1:]
            yield chunk, 0
    last, padding = chunk[-1:] or last, _WORD - len(chunk) % _WORD
    # A carriage return at the end of the file remains one without a line feed.
    filling = (b"\r" if last == b"\r" else b"\n") + b"\n" * (padding - 1)
    yield chunk + filling, padding - (last != b"\n")


def _bits(chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Bits:
    import numpy as np

    bits: Bits = np.packbits(chosen, bitorder="little").view("<u8")
    return bits


def _parity(quotes: Bits, before: int) -> Bits:
    """Return, for each byte, whether the number of quotes up to it, including `before`, is odd."""
    import numpy as np

    found = quotes.copy()
    for step in (1, 2, 4, 8, 16, 32):
        found ^= found << np.uint64(step)
    odd = found >> np.uint64(_WORD - 1)
    outside: Bits = np.bitwise_xor.accumulate(odd) ^ odd ^ np.uint64(before)
    return found ^ -outside


def _next(bits: Bits, before: int) -> Bits:
    """Move each bit to the next byte. `before` is the bit that moves in."""
    import numpy as np

    moved = bits << np.uint64(1)
    moved[1:] |= bits[:-1] >> np.uint64(_WORD - 1)
    moved[0] |= np.uint64(before)
    return moved


def _last(bits: Bits) -> int:
    return int(bits[-1]) >> (_WORD - 1)


def _count(bits: Bits) -> int:
    import numpy as np

    return int(np.bitwise_count(bits).sum())


def _positions(bits: Bits) -> np.ndarray[Any, np.dtype[np.intp]]:
    import numpy as np

    return np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
