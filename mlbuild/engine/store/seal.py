"""JSON with a digest of its body, which reveals every changed byte.

The digest also covers a seal: a text that only those know who may write the document. With a wrong seal, nothing
can be read.
"""

from __future__ import annotations

from typing import Any

from mlbuild.engine.canonical import canonical, digest, parse

_HEAD, _MARK, _END = b'{"body":', b',"sha256":"', b'"}\n'
_TAIL = len(_MARK) + 64 + len(_END)


def sealed(value: Any, seal: bytes = b"") -> bytes:
    """Return JSON with a value as its `body`, and the digest of that and the seal.

    Raises:
        TypeError: JSON cannot represent the value.
    """
    return _around(canonical(value), seal)


def unsealed(content: bytes | None, seal: bytes | None = b"") -> Any:
    """Return the body, or None if the seal does not match or there is none."""
    body = (content or b"")[len(_HEAD) : -_TAIL]
    if not body or seal is None or content != _around(body, seal):
        return None
    try:
        return parse(body)
    except (RecursionError, ValueError):  # the digest matches, but mlbuild did not write it
        return None


def _around(body: bytes, seal: bytes) -> bytes:
    return b"".join((_HEAD, body, _MARK, digest(seal + body).encode(), _END))
