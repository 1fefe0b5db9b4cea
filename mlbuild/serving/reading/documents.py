"""Reads JSON documents strictly."""

from __future__ import annotations

import json
from typing import Any

from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

_DEEP = "the body is nested too deeply"
#: Numbers that Python's own JSON has, and so that of clients in Python.
_NOT_JSON = (b"NaN", b"Infinity")


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
            return _decode_numbers(body)
        raise Refused(f"the body is not JSON: {shown(str(error))}") from None
    except RecursionError:
        raise Refused(_DEEP) from None
    except UnicodeDecodeError:
        raise Refused("the body is not JSON: it is not UTF-8") from None


def _decode_numbers(body: bytes) -> Any:
    try:
        return json.loads(body)
    except UnicodeDecodeError:
        raise Refused("the body is not JSON: it is not UTF-8") from None
    except ValueError as error:
        raise Refused(f"the body is not JSON: {shown(str(error))}") from None
    except RecursionError:
        raise Refused(_DEEP) from None
