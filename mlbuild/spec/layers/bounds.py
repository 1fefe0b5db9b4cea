"""Which files a spec may have read as specs: those of its project.

What cannot be read is quoted in errors, so a spec that could name any file would print secrets: in the log of whoever
checks it, which for a pull request is not its author.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as FilePath

#: The option that lifts the bounds, and what is advised where they are in the way.
FLAG = "--allow-outside"
HELP = f"move it into the folder or git repository of the spec, or use {FLAG} if you trust the spec"
#: Git keeps credentials there, for instance those of `actions/checkout`.
_GIT = ".git"


@dataclass(frozen=True)
class Bounds:
    """The folder of a project: the git root above its spec, else the folder of the spec. None is everywhere."""

    folder: str | None = None

    @classmethod
    def of(cls, spec: FilePath) -> Bounds:
        """The bounds of a spec, by the folder where it is named; what it links to can be anywhere."""
        start = FilePath(os.path.realpath(spec.parent))
        # Homes and whole systems are kept in git too, and are no projects.
        too_wide = {start.anchor, os.path.realpath(os.path.expanduser("~"))}  # noqa: PTH111  # this one never fails
        roots = (str(folder) for folder in (start, *start.parents) if os.path.lexists(folder / _GIT))
        root = next(roots, str(start))
        return cls(str(start) if root in too_wide else root)

    def hold(self, file: FilePath) -> bool:
        """Whether a file, wherever links lead, is one of the project."""
        if self.folder is None:
            return True
        try:
            real = FilePath(os.path.realpath(file))
        except ValueError:  # no path can hold a null character: there is nothing to be read
            return True
        if not real.is_relative_to(self.folder):
            return False
        return _GIT not in (part.lower() for part in real.relative_to(self.folder).parts)


#: The bounds of a spec that is trusted: it can name any file.
EVERYWHERE = Bounds()
