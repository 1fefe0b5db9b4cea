"""Finds the format of a file by its name."""

from __future__ import annotations

from pathlib import Path

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format

#: The suffixes that determine a format in a spec, and the suffixes of all files that a format can read.
NAMED = {suffix: one for one in FORMATS for suffix in one.suffixes}
KNOWN = {suffix: one for one in FORMATS for suffix in (*one.suffixes, *one.other_suffixes)}


def format_of(file: Path) -> type[Format] | None:
    """Return the format for the suffix of a file, ignoring case. None if the suffix is not known."""
    return KNOWN.get(file.suffix.lower())
