"""Finds the encoding of a text file."""

from __future__ import annotations

import codecs
from pathlib import Path

from mlbuild.data.formats.expanded import expanded
from mlbuild.data.formats.looks import HEAD, byte_order

#: The encodings of CSV files. Every file is text in the last one.
ENCODINGS = {
    "utf-8": "the usual encoding, with or without a byte order mark",
    "utf-16": "`Unicode text` of Excel and other programs for Windows",
    "windows-1252": "Western European text of Windows, also called ANSI",
    "latin-1": "Western European text, also called ISO-8859-1",
}
_BLOCK = 1 << 20


def find_encoding(file: Path, format_: str) -> str:
    """Return the first encoding in which a whole file is text.

    Raises:
        Failed: Of kind `data`: it is a damaged archive.
        OSError: It cannot be opened.
    """
    with expanded(file, format_) as stream:
        head = stream.peek(HEAD)[:HEAD]
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked and not head.startswith(codecs.BOM_UTF32_LE):
        return "utf-16"
    if byte_order(head) is not None:
        return "utf-16"
    return next(name for name in ("utf-8", "windows-1252", "latin-1") if _is_text(file, name, format_))


def _is_text(file: Path, encoding: str, format_: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with expanded(file, format_) as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
