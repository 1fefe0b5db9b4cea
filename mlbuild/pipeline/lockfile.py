"""`mlbuild.lock`: the contents of the sources and the versions of the libraries of the last build of a project.

It is committed with the spec and shows whether a build elsewhere is the same. It is a TOML file like the lock files
of packages. The entries are sorted, and each is a table followed by an empty line, so that git can merge changes of
different entries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from mlbuild import __version__
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.regular import read_regular
from mlbuild.spec.spec import Spec

_HEAD = """\
# Written by 'mlbuild build': the files and libraries of the last build. Commit it; 'mlbuild build --locked' enforces it.
"""
_FIELDS = {"library": "version", "source": "sha256"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
#: The most that a lock file has, in bytes; one entry takes about a hundred.
_LIMIT = 10_000_000
_WORD = r'(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")'
#: A line as it is written here. Other TOML is refused before it is parsed, as parsing it can take very long.
_LINE = re.compile(rf'(?:#.*|\[{_WORD}(?:\.{_WORD}){{1,3}}\]|(?:{"|".join(_FIELDS.values())}) = "[^"\\]*")?')

#: What is locked: (profiles, kind, name) to the digest of a source or the version of a library.
Entries = Mapping[tuple[str, str, str], str]


@frozen
class Difference:
    """An entry that would change. `was` is None for a new entry, `now` for one that would be removed."""

    kind: str
    name: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        what = f"{self.kind} '{self.name}'"
        if self.was is None:
            return f"{what} is not in it"
        if self.now is None:
            return f"{what} is no longer used"
        if self.kind == "library":
            return f"{what}: {self.was} -> {self.now}"
        return f"the content of {what} changed"


class NotLocked(Exception):
    """A build would change the lock file with this name.

    `differences` is empty if the file cannot be read at all.
    """

    def __init__(self, file: str, why: str, differences: tuple[Difference, ...] = ()) -> None:
        super().__init__(f"{file}: {why}")
        self.file, self.why, self.differences = file, why, differences


class LockFile:
    """The lock file of a spec, for a build of some tasks.

    A build of all tasks removes entries that it does not use.

    Builds with different profiles have separate entries, but share the libraries that have the same version. A build with settings is a trial and does not change
    any entry.
    """

    def __init__(self, spec: Spec, plan: Plan, tasks: Collection[str], store: DiskStore) -> None:
        self.path = lock_path(spec)
        self._spec, self._plan, self._tasks, self._store = spec, plan, tasks, store
        self._profiles = ",".join(spec.profiles)

    def hold(self, outside: Digests) -> None:
        """Check that a build with the current external contents would not change the lock file.

        Raises:
            NotLocked: It would.
        """
        try:
            locked = _own(_entries(self._content()))
        except FileNotFoundError:
            raise NotLocked(self.path.name, "the file does not exist") from None
        except (OSError, ValueError):
            raise NotLocked(self.path.name, "the file cannot be read") from None
        found: dict[str, str | None] = {}
        for name in self._sources():
            task = self._plan.tasks[name]
            for external in task.files.values():
                found[name] = outside.digest(external)
        now = self._changed(locked, found)
        differences = tuple(
            Difference(key[1], key[2], locked.get(key, _shared(locked, key)), now.get(key))
            for key in sorted({*locked, *now})
            if locked.get(key) != now.get(key)
        )
        if differences:
            count = f"{len(differences)} entr{'y' if len(differences) == 1 else 'ies'}"
            raise NotLocked(self.path.name, f"{count} would change", differences)

    def update(self) -> None:
        """Write what a successful build was made with, if the lock file differs.

        Raises:
            Unwritable: The file cannot be written.
        """
        if self._spec.settings:
            return
        text, locked = "", {}
        with suppress(OSError, ValueError):
            text = self._content()
            locked = _entries(text)
        records = {name: find_record(self._store.local, name) for name in self._sources()}
        found = {
            name: digest
            for name, record in records.items()
            if record
            for digest in record.ingredients.files.values()
        }
        changed = _text(self._changed(locked, found))
        if changed != text:
            self._store.local.give(self.path, changed.encode())

    def _content(self) -> str:
        """Return the text of the lock file with normalized line ends.

        Raises:
            OSError, ValueError: It cannot be read.
        """
        return read_regular(self.path, _LIMIT).decode().replace("\r\n", "\n")

    def _sources(self) -> list[str]:
        return [name for name in self._plan.tasks if name in self._tasks and self._plan.tasks[name].files]

    def _changed(self, locked: Entries, found: Mapping[str, str | None]) -> dict[tuple[str, str, str], str]:
        """Return the entries after a build, given the contents of the sources by task."""
        whole = len(self._tasks) == len(self._plan.tasks)
        kept = {key: value for key, value in locked.items() if not (whole and key[0] == self._profiles)}
        used = {library for name in self._tasks for library in self._plan.tasks[name].libraries}
        libraries = {name: version for name, version in versions(used).items() if name in used}
        sources = {name.partition(":")[2]: digest for name, digest in found.items()}
        for kind, values in (("library", libraries | {"mlbuild": __version__}), ("source", sources)):
            kept |= {(self._profiles, kind, name): value for name, value in values.items() if value}
        return _own(kept)


def _own(entries: Entries) -> dict[tuple[str, str, str], str]:
    """Return the entries without those of profiles that are equal to what builds without profiles use."""
    return {key: value for key, value in entries.items() if value != _shared(entries, key)}


def _shared(entries: Entries, key: tuple[str, str, str]) -> str | None:
    """Return the version of a library that builds without profiles use, for the entry of a profile."""
    profiles, kind, name = key
    return entries.get(("", kind, name)) if profiles and kind == "library" else None


def lock_path(spec: Spec) -> Path:
    """Return the path of the lock file, which is next to the spec and has the same name."""
    name = spec.file.name if spec.file.suffix == ".lock" else spec.file.stem
    return spec.file.with_name(f"{name}.lock")


def _entries(text: str) -> dict[tuple[str, str, str], str]:
    """Parse the entries of a lock file.

    Raises:
        ValueError: This is not a lock file, for example because of a merge conflict.
    """
    import tomllib

    if not all(map(_LINE.fullmatch, text.split("\n"))):
        raise ValueError("not a lock file")
    try:
        content = tomllib.loads(text)
        return {
            (profiles, kind, name): str(entry[field])
            for profiles, tables in [("", content), *content.get("profile", {}).items()]
            for kind, field in _FIELDS.items()
            for name, entry in tables.get(kind, {}).items()
        }
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError("not a lock file") from error


def _text(entries: Entries) -> str:
    blocks = [
        f"[{_table(*key)}]\n{_FIELDS[key[1]]} = {json.dumps(value)}\n"
        for key, value in sorted(entries.items())
    ]
    return "\n".join([_HEAD, *blocks])


def _table(profiles: str, kind: str, name: str) -> str:
    path = ["profile", profiles, kind, name] if profiles else [kind, name]
    return ".".join(word if _BARE.fullmatch(word) else json.dumps(word, ensure_ascii=False) for word in path)
