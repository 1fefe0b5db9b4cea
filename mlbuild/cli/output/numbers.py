"""How the values of metrics are written in results."""

from __future__ import annotations


def number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"
