"""Writes plain values as YAML in block style, so that every YAML reader gets the same values back."""

from __future__ import annotations

from typing import Any

from mlbuild.spec.text.quoting import as_yaml

#: Lists of scalars that are longer than this have one line per item.
_WIDTH = 100
#: YAML requires a '?' before keys that are longer than 1,024 characters.
_LONG_KEY = 1000


def yaml_text(value: Any) -> str:
    """Format a value that consists of maps with text keys, lists and scalars."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> list[str]:
    inline = _inline(value)
    if inline is not None:
        return [inline]
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in _entry(as_yaml(key), item)]
    return [line for item in value for line in _hung("- ", _lines(item))]


def _entry(key: str, item: Any) -> list[str]:
    inline = _inline(item)
    if len(key) > _LONG_KEY:
        return [f"? {key}", *_hung(": ", _lines(item))]
    if inline is not None:
        return [f"{key}: {inline}"]
    return [f"{key}:", *(f"  {line}" for line in _lines(item))]


def _hung(mark: str, lines: list[str]) -> list[str]:
    return [mark + lines[0], *("  " + line for line in lines[1:])]


def _inline(value: Any) -> str | None:
    """Format a value on one line; None if it needs several."""
    if isinstance(value, dict):
        return None if value else "{}"
    if not isinstance(value, list):
        return as_yaml(value)
    if any(isinstance(item, (dict, list)) for item in value):
        return None
    text = f"[{', '.join(map(as_yaml, value))}]"
    return text if len(text) <= _WIDTH else None
