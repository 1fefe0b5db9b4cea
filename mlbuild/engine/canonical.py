"""Canonical JSON: equal values are equal bytes, so that they have equal digests."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_DIGEST = re.compile(r"[0-9a-f]{64}")
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


def is_digest(value: object) -> bool:
    """Whether a value can be a digest, which is also the name of a file."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
