"""JSON that carries a digest of its body, so that a changed byte is seen.

The digest is also of a seal: text that only those know who may write the document. Whoever knows another one, or none, reads nothing.
"""

from __future__ import annotations

from typing import Any

from mlbuild.engine.canonical import canonical, digest, parse

_HEAD, _MARK, _END = b'{"body":', b',"sha256":"', b'"}\n'
_TAIL = len(_MARK) + 64 + len(_END)


def sealed(value: Any, seal: bytes = b"") -> bytes:
    """JSON with a value as its `body`, and the digest of that and the seal.

    Raises:
        TypeError: a value that JSON cannot say.
    """
    return _around(canonical(value), seal)


def unsealed(content: bytes | None, seal: bytes | None = b"") -> Any:
    """The body, or None where the seal is broken or there is none."""
    body = (content or b"")[len(_HEAD) : -_TAIL]
    if not body or seal is None or content != _around(body, seal):
        return None
    try:
        return parse(body)
    except (RecursionError, ValueError):  # sealed all the same, but not by us
        return None


def _around(body: bytes, seal: bytes) -> bytes:
    return b"".join((_HEAD, body, _MARK, digest(seal + body).encode(), _END))
