"""A home folder with a project and other files of its user, which no command may change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

#: What the user has besides the project. Times are far in the past, so that nothing seems to be in use.
BELONGINGS = {
    "Documents/thesis.txt": "a thesis\n" * 2_000,
    "Documents/notes/2019.txt": "notes\n",
    "Documents/old": "old\n",
    "other/package.json": "{}\n",
    "other/src/app.js": "app\n",
    "settings.json": "{}\n",
    ".bashrc": "alias ll='ls -l'\n",
    ".gitignore": "*.log\n",
}
_LONG_AGO = 1_500_000_000


class Home:
    """`project` is the folder of the project, `folder` that of its user."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, folder / "project"
        self.project.mkdir(parents=True)
        for name, content in BELONGINGS.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        for number in range(40):  # more than the number of snapshots
            (folder / f"Documents/notes/{number}").mkdir()
        for path in [*folder.rglob("*"), folder]:
            if path != self.project:
                os.utime(path, (_LONG_AGO, _LONG_AGO))

    def state(self) -> dict[str, tuple[object, ...]]:
        """Return everything outside the project: type, permissions, time and content."""
        found: dict[str, tuple[object, ...]] = {}
        for above, folders, names in os.walk(self.folder):
            if Path(above) == self.folder:
                folders.remove(self.project.name)
            for name in [*folders, *names]:
                path = Path(above, name)
                facts = path.lstat()
                content = path.read_bytes() if stat.S_ISREG(facts.st_mode) else b""
                found[str(path)] = (facts.st_mode, facts.st_mtime_ns, content)
        return found
