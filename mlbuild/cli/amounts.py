"""Numbers and sizes as options take them."""

from __future__ import annotations

import argparse
import re


def number(text: str, least: int = 0) -> int:
    """A whole number that is large enough."""
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} on")
    return int(text)


def count(text: str) -> int:
    """A whole number from 1 on."""
    return number(text, least=1)


def size(text: str) -> int:
    """A number of bytes, of 1024 of them (K), of 1024 of those (M), and so on."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size, such as 500M or 2G")
    power = " KMGT".index(found[2].upper() or " ")
    return int(float(found[1]) * 1024**power)
