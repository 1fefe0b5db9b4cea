"""Finds the format of a file by its name."""

from __future__ import annotations

from pathlib import Path

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.expanded import ENDINGS
from mlbuild.data.formats.format import Format

#: The suffixes that determine a format in a spec, those of files to write, and those of all files that a format can
#: read. Files of some formats can also be compressed, as in `.csv.gz`.
NAMED = {suffix: one for one in FORMATS for suffix in one.suffixes}
WRITABLE = {suffix: one for suffix, one in NAMED.items() if one.writable}
KNOWN = {suffix: one for one in FORMATS for suffix in (*one.suffixes, *one.other_suffixes)}
COMPRESSED = {f"{suffix}{end}": one for suffix, one in NAMED.items() if one.compressible for end in ENDINGS}


def implied_by(path: str) -> type[Format] | None:
    """Return the format of a source with this path and without `type`."""
    return next((one for suffix, one in (NAMED | COMPRESSED).items() if path.endswith(suffix)), None)


def format_of(file: Path) -> type[Format] | None:
    """Return the format for the suffix of a file, ignoring case. None if the suffix is not known."""
    name, suffix = Path(file.name.casefold()), file.suffix.casefold()
    if suffix not in ENDINGS:
        return KNOWN.get(suffix)
    found = KNOWN.get(name.with_suffix("").suffix)
    return found if found is not None and found.compressible else None
