"""Reads JSON documents strictly."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

_DEEP = "the body is nested too deeply"
#: Numbers that Python's own JSON has, and so that of clients in Python.
_NOT_JSON = (b"NaN", b"Infinity")
_ESCAPED = re.compile(rb"\\.")


class _Repeated(Exception):
    """A key is in an object twice. The arguments are those that `repeated_key` returns."""


def decode(body: bytes, *, lenient: bool = False) -> Any:
    """Return the content of a JSON document. One that is read leniently can contain NaN and infinities.

    Raises:
        Refused: It is not JSON, or nested too deeply.
    """
    import msgspec

    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        if lenient and any(name in body for name in _NOT_JSON):
            return _decode_slowly(body)
        raise Refused(f"the body is not JSON: {shown(str(error))}") from None
    except RecursionError:
        raise Refused(_DEEP) from None
    except UnicodeDecodeError:
        raise Refused("the body is not JSON: it is not UTF-8") from None


def texts_in(content: Any) -> int:
    """Return how many keys and strings the content of a JSON document has, however deep it is."""
    found, waiting = 0, [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found += 1
        elif isinstance(one, dict):
            found += len(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def repeated_key(body: bytes, texts: int) -> tuple[str, int] | None:
    """Return a key that is in one object of a JSON document twice, and how many objects end before this one.

    Of such a key, `decode` returns the last value only. `texts` is how many keys and strings it returned. If the document
    has as many, it is not read again, which takes several times as long as `decode`.

    Raises:
        Refused: It is nested too deeply.
    """
    quotes = (_ESCAPED.sub(b"", body) if b"\\" in body else body).count(b'"')
    if quotes == 2 * texts:
        return None
    places = count()

    def look(pairs: list[tuple[str, Any]]) -> None:
        place, seen = next(places), set[str]()
        for key, _ in pairs:
            if key in seen:
                raise _Repeated(key, place)
            seen.add(key)

    try:
        _decode_slowly(body, object_pairs_hook=look)
    except _Repeated as repeated:
        key, place = repeated.args
        return key, place
    return None


def _decode_slowly(body: bytes, **options: Any) -> Any:
    """Return the content of a JSON document as Python's own JSON reads it."""
    try:
        return json.loads(body, **options)
    except UnicodeDecodeError:
        raise Refused("the body is not JSON: it is not UTF-8") from None
    except ValueError as error:
        raise Refused(f"the body is not JSON: {shown(str(error))}") from None
    except RecursionError:
        raise Refused(_DEEP) from None
