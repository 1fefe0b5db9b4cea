"""A checksum at the end of a model file, which reveals damage without parsing the model.

It is the last entry of the metadata and covers all bytes before it. It does not protect against tampering, because
anyone can compute it.
"""

from __future__ import annotations

import hashlib

KEY = "mlbuild.checksum"


def with_checksum(model: bytes) -> bytes:
    """Append the checksum to a serialized model."""
    return model + _entry(model)


def checksum_holds(content: bytes) -> bool | None:
    """Whether all bytes are as they were written; None if there is no checksum."""
    length = len(_entry(b""))
    model, entry = content[:-length], content[-length:]
    if not entry.startswith(_entry(b"")[:-64]):
        return None
    return entry == _entry(model)


def _entry(model: bytes) -> bytes:
    """Create the entry as a ModelProto: protobuf merges a message with one that is appended to it."""
    key, value = KEY.encode(), hashlib.sha256(model).hexdigest().encode()
    pair = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return b"\x72" + bytes([len(pair)]) + pair
