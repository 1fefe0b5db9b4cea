"""Which format a file has by its name."""

from __future__ import annotations

from pathlib import Path

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format

#: The suffixes that name a format in a spec, and those of all files that a format reads.
NAMED = {suffix: one for one in FORMATS for suffix in one.suffixes}
KNOWN = {suffix: one for one in FORMATS for suffix in (*one.suffixes, *one.other_suffixes)}


def format_of(file: Path) -> type[Format] | None:
    """The format of a file by its suffix, in upper or lower case; None where it says nothing."""
    return KNOWN.get(file.suffix.lower())
