"""Parsers for numbers and sizes in options."""

from __future__ import annotations

import argparse
import re


def number(text: str, least: int = 0) -> int:
    """Parse an integer that is at least `least`."""
    if not _short(text) or not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' is not an integer >= {least}")
    return int(text)


def count(text: str) -> int:
    """Parse an integer that is at least 1."""
    return number(text, least=1)


def size(text: str) -> int:
    """Parse a number of bytes, or of KiB (K), MiB (M) and so on."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or not _short(found[1]) or not float(found[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size, such as 500M or 2G")
    power = " KMGT".index(found[2].upper() or " ")
    return int(float(found[1]) * 1024**power)


def _short(text: str) -> bool:
    """Whether a number has at most as many digits as any that makes sense; Python refuses to parse very long ones."""
    return len(text) <= 18
