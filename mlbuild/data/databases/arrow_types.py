"""Reads the names and metadata of columns from the C structure of an Arrow schema.

A database driver returns this structure before it reads any rows. polars would convert its types, and ends the process for
some that it does not know.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _schema() -> Any:
    """Return the class of the structure: https://arrow.apache.org/docs/format/CDataInterface.html."""
    from ctypes import POINTER, Structure, c_char_p, c_int64, c_void_p

    class Schema(Structure):
        pass

    Schema._fields_ = [
        ("format", c_char_p),
        ("name", c_char_p),
        ("metadata", c_void_p),
        ("flags", c_int64),
        ("n_children", c_int64),
        ("children", POINTER(POINTER(Schema))),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]
    return Schema


def columns_of(address: int) -> list[tuple[str, dict[str, str]]]:
    """Return the name and the metadata of each column of the schema at an address."""
    schema = _schema().from_address(address)
    found = []
    for index in range(schema.n_children):
        column: Any = schema.children[index].contents
        found.append((column.name.decode(), _metadata(column.metadata)))
    return found


def _metadata(address: int | None) -> dict[str, str]:
    """Return the pairs at an address: their number, and then the length and the bytes of each text."""
    from ctypes import c_int32, sizeof, string_at

    if not address:
        return {}
    size = sizeof(c_int32)
    count, address = c_int32.from_address(address).value, address + size
    texts = []
    for _ in range(2 * count):
        length = c_int32.from_address(address).value
        texts.append(string_at(address + size, length).decode("utf-8", "replace"))
        address += size + length
    return dict(zip(texts[::2], texts[1::2], strict=True))
