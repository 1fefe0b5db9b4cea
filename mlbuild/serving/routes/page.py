"""`GET /`: a form for people. It is made in the browser from `/openapi.json`, and loads nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mlbuild.serving.messages import Request, Response

_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = ((b"content-security-policy", _POLICY), (b"x-content-type-options", b"nosniff"))


async def page(request: Request) -> Response:
    """Return the page."""
    return Response(_content(), b"text/html; charset=utf-8", headers=_HEADERS)


@cache
def _content() -> bytes:
    return Path(__file__).with_name("page.html").read_bytes()
