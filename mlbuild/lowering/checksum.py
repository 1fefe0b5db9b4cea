"""A checksum at the end of a model file, by which damage is seen without reading the model.

It is the last entry of the metadata, and covers all bytes before it. It shows damage, not malice: anybody can make one.
"""

from __future__ import annotations

import hashlib

KEY = "mlbuild.checksum"


def with_checksum(model: bytes) -> bytes:
    """A serialized model with its checksum behind it."""
    return model + _entry(model)


def checksum_holds(content: bytes) -> bool | None:
    """Whether all bytes are those that were written; None where there is no checksum."""
    length = len(_entry(b""))
    model, entry = content[:-length], content[-length:]
    if not entry.startswith(_entry(b"")[:-64]):
        return None
    return entry == _entry(model)


def _entry(model: bytes) -> bytes:
    """The entry as a ModelProto of its own: protobuf merges a message with one that is appended to it."""
    key, value = KEY.encode(), hashlib.sha256(model).hexdigest().encode()
    pair = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return b"\x72" + bytes([len(pair)]) + pair
