"""Canonical JSON: equal values are equal bytes, so that they have equal digests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    """JSON with sorted maps and no spaces; NaN and the infinities are allowed, 1 and 1.0 differ.

    Raises:
        TypeError: a value that JSON cannot say.
    """
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def parse(content: bytes) -> Any:
    """The value of canonical JSON; maps are in sorted order.

    Raises:
        ValueError: these bytes are not JSON.
    """
    return json.loads(content.decode("utf-8", "surrogatepass"))


def digest(content: bytes) -> str:
    """The sha256 of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
