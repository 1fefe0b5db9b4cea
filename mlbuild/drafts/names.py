"""Makes names in a spec from the names of files, folders and columns."""

from __future__ import annotations

import re
import unicodedata

#: The maximum length of a name.
_LONGEST = 80


def name_of(text: str, fallback: str) -> str:
    """Make a name from `text`.

    Accents are removed, and all characters except ASCII letters, digits, `_` and `-` become `_`. If nothing is
    left, return `fallback`.
    """
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    name = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")
    if not name:
        return fallback
    return (name if name[0].isalpha() else f"_{name}")[:_LONGEST]
