"""JSON that carries the digest of its body, so that a changed byte is seen."""

from __future__ import annotations

from typing import Any

from mlbuild.engine.canonical import canonical, digest, parse


def sealed(value: Any) -> bytes:
    """JSON that carries the digest of its body, so that a changed byte is seen."""
    body = canonical(value)
    return b'{"body":' + body + b',"sha256":"' + digest(body).encode() + b'"}\n'


def unsealed(content: bytes | None) -> Any:
    """The body, or None where the seal is broken."""
    if content is None or len(content) < 85:
        return None
    body, mark, seal = content[8:-78], content[-78:-67], content[-67:-3]
    if mark != b',"sha256":"' or seal != digest(body).encode():
        return None
    return parse(body)
