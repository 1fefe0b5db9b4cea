"""Names of things in a spec, made of the names of files, folders and columns."""

from __future__ import annotations

import re
import unicodedata


def name_of(text: str, fallback: str) -> str:
    """`text` with all else than ASCII letters, digits, `_` and `-` as `_`; `fallback` where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")
    if not name:
        return fallback
    return name if name[0].isalpha() else f"_{name}"
