"""Canonical JSON: equal values have equal bytes, and therefore equal digests."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    """Serialize to JSON with sorted maps and no spaces. NaN and infinities are allowed; 1 and 1.0 differ.

    Raises:
        TypeError: JSON cannot represent the value.
    """
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def parse(content: bytes) -> Any:
    """Parse canonical JSON; maps are sorted.

    Raises:
        ValueError: These bytes are not JSON.
    """
    return json.loads(content.decode("utf-8", "surrogatepass"))


def digest(content: bytes) -> str:
    """Return the SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def is_digest(value: object) -> bool:
    """Whether a value can be a digest, which is also used as a file name."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
