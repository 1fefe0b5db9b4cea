"""Names of things in a spec, made of the names of files, folders and columns."""

from __future__ import annotations

import re
import unicodedata

#: The most characters of a name.
_LONGEST = 80


def name_of(text: str, fallback: str) -> str:
    """`text` with all else than ASCII letters, digits, `_` and `-` as `_` and without accents; `fallback` for nothing."""
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    name = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")
    if not name:
        return fallback
    return (name if name[0].isalpha() else f"_{name}")[:_LONGEST]
