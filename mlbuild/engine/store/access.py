"""Who can read and write the files of a folder: only its owner, or everyone who can use the folder itself."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from mlbuild.engine.store.kept import kind
from mlbuild.frozen import frozen

#: The permissions of a folder that only its owner can use.
PRIVATE = 0o700


@frozen
class Access:
    """The permissions inside a folder.

    In a `private` folder, everything belongs only to its owner. In any other folder, everything gets the
    permissions and the group of the folder, whatever the umask is, so that all users who can use the folder can add
    to it.
    """

    folder: Path
    private: bool

    def begin(self) -> None:
        """Create the folder itself, private at first."""
        self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if self.private and stat.S_IMODE(self.folder.lstat().st_mode) & 0o077:
            with suppress(OSError):  # it belongs to another user, or the file system has no permissions
                self.folder.chmod(PRIVATE)

    def mode(self, *, fixed: bool = False) -> int:
        """Return the permissions of a new file; a `fixed` file is read-only."""
        try:
            folder = PRIVATE if self.private else stat.S_IMODE(self.folder.stat().st_mode)
        except FileNotFoundError:
            folder = PRIVATE  # as it will be created
        return folder & (0o444 if fixed else 0o666)

    def grant(self, what: Path | str | int, mode: int) -> None:
        """Give a new file or folder, or an open file, its permissions and the group of the folder."""
        os.chmod(what, mode)  # noqa: PTH101  # an open file has no path
        if not self.private:
            group = self.folder.stat().st_gid
            if os.stat(what).st_gid != group:  # noqa: PTH116  # as above
                with suppress(PermissionError):  # the user is not in that group
                    os.chown(what, -1, group)

    def make(self, path: Path) -> None:
        """Create a folder inside the folder, if it does not exist.

        It has its permissions before it has its name, because other users may be about to write to it.
        """
        if self.private:
            path.mkdir(mode=PRIVATE, exist_ok=True)
            return
        new = self.folder / f"new-{os.urandom(6).hex()}"
        new.mkdir(mode=PRIVATE)
        self.grant(new, stat.S_IMODE(self.folder.stat().st_mode))
        try:
            new.rename(path)
        except OSError:
            new.rmdir()
            if kind(path) != stat.S_IFDIR:  # otherwise another process was faster
                raise
