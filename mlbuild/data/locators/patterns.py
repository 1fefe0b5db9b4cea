"""Finds the files whose paths match a pattern, such as `days/day=*/*.csv`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mlbuild.frozen import frozen

_MAGIC = re.compile(r"[*?\[]")
_PARTITION = re.compile(r"([^=]+)=(.*)", re.DOTALL)
#: Any number of folders, which are not reached through links.
_DEEP = "**"


@frozen
class Matches:
    """The files that match a pattern, in sorted order, and the folders that were searched.

    Files and folders are paths relative to the folder of the project; those of folders end in a slash. A file that is added or removed changes one of
    the folders. `links` are the files that are links.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[str, ...]


def is_pattern(root: Path, path: str) -> bool:
    """Whether a path is a pattern. A file that has exactly this name is not one."""
    return _MAGIC.search(path) is not None and not os.path.lexists(root / path)


def start(pattern: str) -> str:
    """Return the folder in which the search for a pattern starts, with a slash at the end; empty if it has none."""
    return "".join(_MAGIC.split(pattern, maxsplit=1)[0].rpartition("/")[:2])


def matching(root: Path, pattern: str) -> Matches:
    """Find the files that match a pattern. Names that start with a dot match only patterns that do so, too.

    Raises:
        OSError: A folder cannot be read.
    """
    files: set[str] = set()
    folders: dict[str, None] = {}
    links: set[str] = set()
    steps = [step for step in pattern.split("/") if step not in ("", ".")]
    above = ["/"] if pattern.startswith("/") else [""]
    searching = False
    for index, step in enumerate(steps):
        last, found = index == len(steps) - 1, list[str]()
        searching = searching or _MAGIC.search(step) is not None
        for folder in above:
            if searching:
                folders[folder] = None
            if not _MAGIC.search(step):
                path = root / folder / step
                entries = [(step, path.is_dir(), path.is_symlink())] if os.path.lexists(path) else []
            else:
                entries = _entries(root / folder)
            if step == _DEEP:
                found += [folder, *_below(root, folder, folders)]
                continue
            for name, is_folder, is_link in entries:
                if not _fits(name, step) or is_folder == last:
                    continue
                if last:
                    files.add(folder + name)
                    links |= {folder + name} if is_link else set()
                else:
                    found.append(f"{folder}{name}/")
        above = [*dict.fromkeys(found)]
    return Matches(tuple(sorted(files)), tuple(folders), tuple(sorted(links)))


def path_fits(path: str, pattern: str) -> bool:
    """Whether a path matches a pattern, as a local file with this path would."""
    parts = path.split("/")
    steps = [step for step in pattern.split("/") if step not in ("", ".")]

    @cache
    def fits(part: int, step: int) -> bool:
        if step == len(steps) or part == len(parts):
            return step == len(steps) and part == len(parts)
        if steps[step] != _DEEP:
            return _fits(parts[part], steps[step]) and fits(part + 1, step + 1)
        deeper = part + 1 < len(parts) and not parts[part].startswith(".") and fits(part + 1, step)
        return deeper or fits(part, step + 1)

    return fits(0, 0)


def different(first: str, keys: Mapping[str, str], other: str, others: Mapping[str, str]) -> str:
    """Return the message that two files are in folders with different partitions."""

    def told(some: Mapping[str, str]) -> str:
        return f"the partitions {', '.join(some)}" if some else "no partitions"

    return f"the path '{other}' has {told(others)}, but '{first}' has {told(keys)}"


def partitions(path: str) -> dict[str, str]:
    """Return the names and values in the folders of a path, as in `day=2026-01-01/rows.csv`."""
    found = (_PARTITION.fullmatch(part) for part in path.split("/")[:-1])
    return {part[1]: part[2] for part in found if part}


def _fits(name: str, step: str) -> bool:
    if name == step:
        return True
    return fnmatchcase(name, step) and (not name.startswith(".") or step.startswith("."))


def _entries(folder: Path) -> list[tuple[str, bool, bool]]:
    """Return the names in a folder, and whether each is a folder or a link; empty if there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_dir(), entry.is_symlink()) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _below(root: Path, folder: str, folders: dict[str, None]) -> list[str]:
    """Return all folders at any depth of a folder, and add them to `folders`."""
    found, waiting = list[str](), [folder]
    while waiting:
        above = waiting.pop()
        inner = [
            f"{above}{name}/"
            for name, is_folder, is_link in _entries(root / above)
            if is_folder and not is_link and not name.startswith(".")
        ]
        folders |= dict.fromkeys(inner)
        found += inner
        waiting += inner
    return found
