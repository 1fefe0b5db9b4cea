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
from typing import Any

from mlbuild import __version__
from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.decide.looks import Looks
from mlbuild.engine.decide.records import Action, find_record
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.pipeline.fetched import Fetched, is_fetched, is_source, last_fetched, request_of
from mlbuild.regular import read_regular
from mlbuild.spec.spec import Spec

_HEAD = """\
# Written by 'mlbuild build': the files and libraries of the last build. Commit it; 'mlbuild build --locked' enforces it.
"""
#: The main field of each kind of entry, and the other fields of a source that was fetched.
_FIELDS = {"library": "version", "source": "sha256"}
_FETCHED = ("request", "rows", "token")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
#: The most that a lock file has, in bytes; one entry takes about a hundred.
_LIMIT = 10_000_000
_WORD = r'(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")'
#: A line as it is written here. Other TOML is refused before it is parsed, as parsing it can take very long.
_LINE = re.compile(
    rf'(?:#.*|\[{_WORD}(?:\.{_WORD}){{1,3}}\]|(?:{"|".join([*_FIELDS.values(), *_FETCHED])}) = (?:"[^"\\]*"|[0-9]{{1,18}}))?'
)

#: An entry: the digest of a source or the version of a library, by the name of the field. A source that was fetched has
#: more fields.
Entry = Mapping[str, str | int]
#: What is locked: the entries by profiles, kind and name.
Entries = Mapping[tuple[str, str, str], Entry]


@frozen
class Difference:
    """An entry that would change. `was` is None for a new entry, `now` for one that would be removed."""

    kind: str
    name: str
    was: Entry | None
    now: Entry | None

    def __str__(self) -> str:
        what = f"{self.kind} '{self.name}'"
        if self.was is None:
            return f"{what} is not in it"
        if self.now is None:
            return f"{what} is no longer used"
        if self.kind == "library":
            return f"{what}: {self.was['version']} -> {self.now['version']}"
        if self.was.get("request") != self.now.get("request"):
            return f"the request for {what} changed"
        return f"the content of {what} changed"


class NotLocked(Exception):
    """A build would change the lock file with this name.

    `differences` is empty if the file cannot be read at all. `help` says what to do, unless a build without the lock
    is enough.
    """

    def __init__(
        self, file: str, why: str, differences: tuple[Difference, ...] = (), help: str | None = None
    ) -> None:
        super().__init__(f"{file}: {why}")
        self.file, self.why, self.differences, self.help = file, why, differences, help


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

    def hold(self, outside: Digests) -> Looks:
        """Check that a build with the current external contents would not change the lock file. Return how it uses what
        was fetched.

        Raises:
            NotLocked: It would, or what was fetched is no longer in the store.
        """
        try:
            locked = _own(_entries(self._content()))
        except FileNotFoundError:
            raise NotLocked(self.path.name, "the file does not exist") from None
        except (OSError, ValueError):
            raise NotLocked(self.path.name, "the file cannot be read") from None
        found: dict[str, Entry] = {}
        for task in self._sources():
            key = (self._profiles, "source", _source(task))
            for external in task.files.values():
                content = outside.digest(external)
                found |= {task.name: {"sha256": content}} if content else {}
            if is_fetched(task):  # it is not fetched, so only what is asked can differ
                found[task.name] = {**locked.get(key, {}), "request": request_of(task)}
        now = self._changed(locked, found)
        differences = tuple(
            Difference(key[1], key[2], locked.get(key, _shared(locked, key)), now.get(key))
            for key in sorted({*locked, *now})
            if locked.get(key) != now.get(key)
        )
        if differences:
            count = f"{len(differences)} entr{'y' if len(differences) == 1 else 'ies'}"
            raise NotLocked(self.path.name, f"{count} would change", differences)
        fetched = [task for task in self._sources() if is_fetched(task)]
        pinned = {task.name: self._pinned(task, found[task.name]) for task in fetched}
        return Looks("never", pinned=pinned, timeless=True)

    def _pinned(self, task: Task, entry: Entry) -> Action:
        """Return the result of a task that fetches: what the lock file names.

        Raises:
            NotLocked: It is not in the store.
        """
        token, rows = entry.get("token"), entry.get("rows")
        fetched = Fetched(
            str(entry["sha256"]),
            None if rows is None else int(rows),
            None if token is None else str(token),
            str(entry["request"]),
        )
        action = fetched.action(self._store)
        if action is None:
            why = f"the content of source '{_source(task)}' is not in the store"
            help_ = "use the store or cache of a build that fetched it, or fetch the current content: mlbuild build --refresh"
            raise NotLocked(self.path.name, why, help=help_)
        return action

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
        found: dict[str, Entry] = {}
        for task in self._sources():
            record = find_record(self._store.local, task.name)
            for digest in record.ingredients.files.values() if record else ():
                found |= {task.name: {"sha256": digest}} if digest else {}
            if is_fetched(task) and (last := last_fetched(task, self._store)):
                found[task.name] = {name: value for name, value in vars(last[1]).items() if value is not None}
        changed = _text(self._changed(locked, found))
        if changed != text:
            self._store.local.give(self.path, changed.encode())

    def _content(self) -> str:
        """Return the text of the lock file with normalized line ends.

        Raises:
            OSError, ValueError: It cannot be read.
        """
        return read_regular(self.path, _LIMIT).decode().replace("\r\n", "\n")

    def _sources(self) -> list[Task]:
        """Return the tasks that read the data of a source from outside the project's results."""
        tasks = (task for name, task in self._plan.tasks.items() if name in self._tasks)
        return [task for task in tasks if is_source(task) or is_fetched(task)]

    def _changed(self, locked: Entries, found: Mapping[str, Entry]) -> dict[tuple[str, str, str], Entry]:
        """Return the entries after a build, given the contents of the sources by task."""
        whole = len(self._tasks) == len(self._plan.tasks)
        kept = {key: value for key, value in locked.items() if not (whole and key[0] == self._profiles)}
        used = {library for name in self._tasks for library in self._plan.tasks[name].libraries}
        known = versions(used) | {"mlbuild": __version__}
        installed = {name: known[name] for name in (*used, "mlbuild")}
        libraries: dict[str, Entry] = {name: {"version": one} for name, one in installed.items() if one}
        sources = {name.partition(":")[2]: entry for name, entry in found.items()}
        for kind, entries in (("library", libraries), ("source", sources)):
            kept |= {(self._profiles, kind, name): entry for name, entry in entries.items()}
        return _own(kept)


def _source(task: Task) -> str:
    """Return the name of the source that a task reads."""
    return task.name.partition(":")[2]


def _own(entries: Entries) -> dict[tuple[str, str, str], Entry]:
    """Return the entries without those of profiles that are equal to what builds without profiles use."""
    return {key: value for key, value in entries.items() if value != _shared(entries, key)}


def _shared(entries: Entries, key: tuple[str, str, str]) -> Entry | None:
    """Return the entry of a library that builds without profiles use, for the entry of a profile."""
    profiles, kind, name = key
    return entries.get(("", kind, name)) if profiles and kind == "library" else None


def lock_path(spec: Spec) -> Path:
    """Return the path of the lock file, which is next to the spec and has the same name."""
    name = spec.file.name if spec.file.suffix == ".lock" else spec.file.stem
    return spec.file.with_name(f"{name}.lock")


def _entries(text: str) -> dict[tuple[str, str, str], Entry]:
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
            (profiles, kind, name): _entry(entry, field)
            for profiles, tables in [("", content), *content.get("profile", {}).items()]
            for kind, field in _FIELDS.items()
            for name, entry in tables.get(kind, {}).items()
        }
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError("not a lock file") from error


def _entry(table: Mapping[str, Any], main: str) -> Entry:
    """Return an entry: its main field, or all fields of a source that was fetched.

    Raises:
        KeyError, ValueError: A field is missing or malformed.
    """
    if "request" not in table:
        return {main: str(table[main])}
    if not is_digest(table[main]):
        raise ValueError("not a digest")
    others = {"rows": int, "token": str}
    return {main: table[main], "request": str(table["request"])} | {
        name: form(table[name]) for name, form in others.items() if name in table
    }


def _text(entries: Entries) -> str:
    blocks = []
    for key, entry in sorted(entries.items()):
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in sorted(entry.items())]
        blocks.append(f"[{_table(*key)}]\n{''.join(lines)}")
    return "\n".join([_HEAD, *blocks])


def _table(profiles: str, kind: str, name: str) -> str:
    path = ["profile", profiles, kind, name] if profiles else [kind, name]
    return ".".join(word if _BARE.fullmatch(word) else json.dumps(word, ensure_ascii=False) for word in path)
