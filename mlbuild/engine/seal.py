"""JSON that carries the digest of its body, so that a changed byte is seen."""

from __future__ import annotations

from typing import Any

from mlbuild.engine.canonical import canonical, digest, parse

_HEAD, _MARK, _END = b'{"body":', b',"sha256":"', b'"}\n'
_TAIL = len(_MARK) + 64 + len(_END)


def sealed(value: Any) -> bytes:
    """JSON with a value as its `body`, and the digest of that.

    Raises:
        TypeError: a value that JSON cannot say.
    """
    return _around(canonical(value))


def unsealed(content: bytes | None) -> Any:
    """The body, or None where the seal is broken."""
    body = (content or b"")[len(_HEAD) : -_TAIL]
    if not body or content != _around(body):
        return None
    try:
        return parse(body)
    except (RecursionError, ValueError):  # sealed all the same, but not by us
        return None


def _around(body: bytes) -> bytes:
    return b"".join((_HEAD, body, _MARK, digest(body).encode(), _END))
