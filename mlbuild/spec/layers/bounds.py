"""Which files a spec can read as specs: those of its project.

Errors quote files that cannot be parsed, so a spec that could name any file would print secrets into the log of
whoever checks it. For a pull request, that is not its author.
"""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from mlbuild.frozen import frozen

#: The option that removes the bounds, and the help text for errors about them.
FLAG = "--allow-outside"
HELP = f"move it into the folder or git repository of the spec, or use {FLAG} if you trust the spec"
#: Git stores credentials there, for example those of `actions/checkout`.
_GIT = ".git"


@frozen
class Bounds:
    """The folder of a project: the git root above its spec, or else the folder of the spec.

    None means everywhere.
    """

    folder: str | None = None

    @classmethod
    def of(cls, spec: FilePath) -> Bounds:
        """Return the bounds of a spec, by the folder in its path; its link target can be anywhere."""
        start = FilePath(os.path.realpath(spec.parent))
        # Some people have their home folder or a whole system in git. These are not projects.
        too_wide = {start.anchor, os.path.realpath(os.path.expanduser("~"))}  # noqa: PTH111  # this one never fails
        roots = (str(folder) for folder in (start, *start.parents) if os.path.lexists(folder / _GIT))
        root = next(roots, str(start))
        return cls(str(start) if root in too_wide else root)

    def hold(self, file: FilePath) -> bool:
        """Whether a file, after following links, belongs to the project."""
        if self.folder is None:
            return True
        try:
            real = FilePath(os.path.realpath(file))
        except ValueError:  # a path cannot contain a null character: there is nothing to read
            return True
        if not real.is_relative_to(self.folder):
            return False
        return _GIT not in (part.casefold() for part in real.relative_to(self.folder).parts)


#: The bounds of a trusted spec: it can name any file.
EVERYWHERE = Bounds()
