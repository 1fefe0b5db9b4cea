"""Recognizes files that are not in the format that they are read as."""

from __future__ import annotations

import codecs
import re

from mlbuild.frozen import frozen

#: How many of its first bytes show what a file is.
HEAD = 4096
_UNPACK = "decompress it first"
_AS_CSV = "export the table as csv"
_AS_PARQUET = "write the table as parquet or csv"
_AS_LINES = "write the table as JSON Lines (one object per line) or as csv"
_AS_UTF8 = "save the file as UTF-8"
_AS_UTF16 = "save the file as UTF-8, or set 'encoding: utf-16' for a csv source"
#: From how many pairs of bytes on UTF-16 is recognized by its zeros.
_FEWEST_PAIRS = 4


@frozen
class Look:
    """What the first bytes of a file look like, and the name of the format for such files, even if there is none yet.

    `help` says what to do with a file that no source can read.
    """

    what: str
    format: str | None = None
    help: str | None = None


#: By the first bytes of such files. Some of these could also start a CSV file, so they count only if the file is
#: not text.
_BINARY = {
    b"\x1f\x8b": Look("a gzip archive", help=_UNPACK),
    b"BZh": Look("a bzip2 archive", help=_UNPACK),
    b"\xfd7zXZ": Look("an xz archive", help=_UNPACK),
    b"\x28\xb5\x2f\xfd": Look("a zstd archive", help=_UNPACK),
    b"7z\xbc\xaf": Look("a 7z archive", help=_UNPACK),
    b"Rar!": Look("a rar archive", help=_UNPACK),
    b"PAR1": Look("a parquet file", "parquet"),
    b"ARROW1": Look("an Arrow (Feather) file", "arrow"),
    b"\xff\xff\xff\xff": Look("an Arrow stream", "arrow_stream", _AS_PARQUET),
    b"ORC": Look("an ORC file", "orc", _AS_PARQUET),
    b"Obj\x01": Look("an Avro file", "avro", _AS_PARQUET),
    b"SQLite format 3": Look("a SQLite database", help=_AS_CSV),
    b"\xd0\xcf\x11\xe0": Look("an old (xls) or encrypted Excel workbook", help=_AS_CSV),
    b"\x89HDF": Look("an HDF5 file", help=_AS_PARQUET),
    b"\x93NUMPY": Look("a numpy array", help=_AS_PARQUET),
    b"\x80\x04\x95": Look("a Python pickle", help=_AS_PARQUET),
    b"\x80\x05\x95": Look("a Python pickle", help=_AS_PARQUET),
    b"%PDF-": Look("a PDF document", help=_AS_CSV),
    b"\xff\xfe\0\0": Look("UTF-32 text", help=_AS_UTF8),
    b"\0\0\xfe\xff": Look("UTF-32 text", help=_AS_UTF8),
    b"\xff\xfe": Look("UTF-16 text", help=_AS_UTF16),
    b"\xfe\xff": Look("UTF-16 text", help=_AS_UTF16),
}
_WORKBOOK = (b"xl/", b"[Content_Types].xml")
#: By the first characters of such texts.
_TEXTS = {
    r"\[\s*[\[{]": Look("a JSON list", help=_AS_LINES),
    r"\{\s*\n": Look("a JSON document", help=_AS_LINES),
    r"\{\s*\"": Look("JSON Lines", "ndjson"),
    r"<!doctype html|<html": Look("a web page", help="download the file itself: this may be a login page"),
    r"<\?xml": Look("XML", help=_AS_CSV),
    r"version https://git-lfs": Look("a Git LFS pointer", help="fetch the file with 'git lfs pull'"),
}


#: The kinds of compression that `expanded` undoes, by the first bytes of such files.
_COMPRESSED = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
#: Control characters that texts do not contain.
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x19\x1b-\x1f]")


def look_at(head: bytes, encoding: str = "utf-8") -> Look | None:
    """Recognize a file by its first bytes. None for text that could be CSV in this encoding, and for unknown content."""
    text = _text(head) if encoding == "utf-8" else _text_in(head, encoding)
    if text is not None:
        found = (look for start, look in _TEXTS.items() if re.match(start, text.lstrip(), re.IGNORECASE))
        return next(found, None)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head)
    known = next((look for start, look in _BINARY.items() if head.startswith(start)), None)
    return known or (Look("UTF-16 text", help=_AS_UTF16) if _in_pairs(head) else None)


def compression_of(head: bytes) -> str | None:
    """Return how a file is compressed, by its first bytes. None for a file that is not, and for workbooks."""
    if _BZIP2.match(head):
        return "bzip2"
    kind = next((kind for start, kind in _COMPRESSED.items() if head.startswith(start)), None)
    return None if kind == "zip" and _zipped(head).what != "a zip archive" else kind


def byte_order(head: bytes) -> str | None:
    """Return the codec of UTF-16 text that starts with these bytes. Without a mark, zeros show the order of bytes."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if not _in_pairs(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _text(head: bytes) -> str | None:
    """Decode the first bytes as text. None if they are not UTF-8, or contain a NUL."""
    try:
        # The last character may be cut off.
        text, _ = codecs.utf_8_decode(head.removeprefix(codecs.BOM_UTF8), "strict", len(head) < HEAD)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _text_in(head: bytes, encoding: str) -> str | None:
    """Decode the first bytes in another encoding than UTF-8. None if the result has control characters."""
    codec = byte_order(head) if encoding == "utf-16" else encoding
    if codec is None:
        return None
    text = codecs.getincrementaldecoder(codec)("replace").decode(head)
    return None if _CONTROLS.search(text) else text


def _zipped(head: bytes) -> Look:
    if any(name in head for name in _WORKBOOK):
        return Look("an Excel workbook (xlsx)", "xlsx")
    if b"opendocument.spreadsheet" in head:
        return Look("an OpenDocument spreadsheet", help=_AS_CSV)
    return Look("a zip archive", help=_UNPACK)


def _in_pairs(head: bytes) -> bool:
    """Whether nearly every second byte is zero, as in UTF-16 without a byte order mark. A few bytes do not show it."""
    zeros, half = (head[::2].count(0), head[1::2].count(0)), len(head) // 2
    return half >= _FEWEST_PAIRS and max(zeros) > 0.8 * half and min(zeros) < 0.2 * half
