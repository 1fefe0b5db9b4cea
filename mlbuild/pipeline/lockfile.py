"""`mlbuild.lock`: the content of the sources and the versions of the libraries that a project was last built with.

Committed with the spec, it says whether a build elsewhere is the same one. It is TOML, as lock files of packages are:
each entry is a table of its own, sorted, with an empty line behind it, so that git merges changes of different ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlbuild import __version__
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore
from mlbuild.regular import SPEC_LIMIT, read_regular
from mlbuild.spec.spec import Spec

_HEAD = """\
# Written by 'mlbuild build': what the last build was made with. Commit it; 'mlbuild build --locked' holds to it.
"""
_FIELDS = {"library": "version", "source": "sha256"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")

#: What is locked: (profiles, kind, name) to the digest of a source or the version of a library.
Entries = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class Difference:
    """An entry that would change: `was` is None for a new one, `now` for one that would go."""

    kind: str
    name: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        what = f"{self.kind} '{self.name}'"
        if self.was is None:
            return f"{what} is not in it"
        if self.now is None:
            return f"{what} is not used any more"
        if self.kind == "library":
            return f"{what}: {self.was} -> {self.now}"
        return f"{what} has another content"


class NotLocked(Exception):
    """A build would change the lock file of that name; `differences` are empty where it cannot be read at all."""

    def __init__(self, file: str, why: str, differences: tuple[Difference, ...] = ()) -> None:
        super().__init__(f"{file}: {why}")
        self.file, self.why, self.differences = file, why, differences


class LockFile:
    """The lock beside a spec, as a build of some tasks uses it. A build of all of them forgets what it does not use.

    Builds with different profiles have entries of their own. One with settings is a trial: it changes no entry.
    """

    def __init__(self, spec: Spec, plan: Plan, tasks: Collection[str], store: DiskStore) -> None:
        self.path = lock_path(spec)
        self._spec, self._plan, self._tasks, self._store = spec, plan, tasks, store
        self._profiles = ",".join(spec.profiles)

    def hold(self, outside: Digests) -> None:
        """See that a build of what lies outside now would not change the lock.

        Raises:
            NotLocked: it would.
        """
        try:
            locked = _entries(self._content())
        except FileNotFoundError:
            raise NotLocked(self.path.name, "there is no such file") from None
        except (OSError, ValueError):
            raise NotLocked(self.path.name, "it cannot be read") from None
        found: dict[str, str | None] = {}
        for name in self._sources():
            task = self._plan.tasks[name]
            for external in task.files.values():
                found[name] = outside.digest(external)
        now = self._changed(locked, found)
        differences = tuple(
            Difference(key[1], key[2], locked.get(key), now.get(key))
            for key in sorted({*locked, *now})
            if locked.get(key) != now.get(key)
        )
        if differences:
            count = f"{len(differences)} entr{'y' if len(differences) == 1 else 'ies'}"
            raise NotLocked(self.path.name, f"{count} would change", differences)

    def update(self) -> None:
        """Write what a build that has just ended well was made with, if that is not what the lock says.

        Raises:
            Unwritable: that cannot be.
        """
        if self._spec.settings:
            return
        text, locked = "", {}
        with suppress(OSError, ValueError):
            text = self._content()
            locked = _entries(text)
        records = {name: find_record(self._store, name) for name in self._sources()}
        found = {
            name: digest
            for name, record in records.items()
            if record
            for digest in record.ingredients.files.values()
        }
        changed = _text(self._changed(locked, found))
        if changed != text:
            self._store.give(self.path, changed.encode())

    def _content(self) -> str:
        """The text of the lock file, with the line ends of any checkout as they were written.

        Raises:
            OSError, ValueError: it cannot be read.
        """
        return read_regular(self.path, SPEC_LIMIT).decode().replace("\r\n", "\n")

    def _sources(self) -> list[str]:
        return [name for name in self._plan.tasks if name in self._tasks and self._plan.tasks[name].files]

    def _changed(self, locked: Entries, found: Mapping[str, str | None]) -> dict[tuple[str, str, str], str]:
        """The entries after a build with sources of these contents, by task."""
        whole = len(self._tasks) == len(self._plan.tasks)
        kept = {key: value for key, value in locked.items() if not (whole and key[0] == self._profiles)}
        used = {library for name in self._tasks for library in self._plan.tasks[name].libraries}
        libraries = {name: version for name, version in versions(used).items() if name in used}
        sources = {name.partition(":")[2]: digest for name, digest in found.items()}
        for kind, values in (("library", libraries | {"mlbuild": __version__}), ("source", sources)):
            kept |= {(self._profiles, kind, name): value for name, value in values.items() if value}
        return kept


def lock_path(spec: Spec) -> Path:
    """The lock of a spec: beside it, called like it."""
    name = spec.file.name if spec.file.suffix == ".lock" else spec.file.stem
    return spec.file.with_name(f"{name}.lock")


def _entries(text: str) -> dict[tuple[str, str, str], str]:
    """The entries of a lock file.

    Raises:
        ValueError: this is none, as where git has left a conflict in it.
    """
    import tomllib

    try:
        content = tomllib.loads(text)
        return {
            (profiles, kind, name): str(entry[field])
            for profiles, tables in [("", content), *content.get("profile", {}).items()]
            for kind, field in _FIELDS.items()
            for name, entry in tables.get(kind, {}).items()
        }
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError("this is no lock file") from error


def _text(entries: Entries) -> str:
    blocks = [
        f"[{_table(*key)}]\n{_FIELDS[key[1]]} = {json.dumps(value)}\n"
        for key, value in sorted(entries.items())
    ]
    return "\n".join([_HEAD, *blocks])


def _table(profiles: str, kind: str, name: str) -> str:
    path = ["profile", profiles, kind, name] if profiles else [kind, name]
    return ".".join(word if _BARE.fullmatch(word) else json.dumps(word, ensure_ascii=False) for word in path)
