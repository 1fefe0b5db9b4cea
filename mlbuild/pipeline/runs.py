"""Build records: one document per build with who built what, when, from what, and how it ended."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any

from mlbuild import __version__
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.canonical import digest, is_digest
from mlbuild.engine.decide.documents import build_name, fits
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.execution.events import (
    BuildFinished,
    BuildStarted,
    Event,
    Listener,
    NonDeterministic,
    TaskBlocked,
    TaskDone,
    TaskFailed,
    TaskRestored,
    TaskReused,
    TaskStarted,
)
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore, Store
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.fetched import last_fetched
from mlbuild.pipeline.revision import checked_out
from mlbuild.pipeline.tasks import evaluate
from mlbuild.pipeline.tasks.cross_validation import cross_validate
from mlbuild.spec.spec import Spec

FORMAT = 1
#: The folder of build records in the store.
FOLDER = "runs"


def _is_task(value: Any) -> bool:
    return isinstance(value, dict) and (not value.get("key") or is_digest(value["key"]))


def _is_name(value: Any) -> bool:
    """The name of a file in the folder of the project."""
    return isinstance(value, str) and value == Path(value).name


#: The parts of a record that are read again, and their shape.
_READ = {
    "format": lambda value: value == FORMAT,
    "outcome": str,
    "started": str,
    "command": [str],
    "spec": {"file": _is_name, "sha256": object, "profiles": [str], "settings": [str]},
    "tasks": {str: _is_task},
}
#: The name of a build, and the metrics that it found: by model, split and name; by model, name and what over the folds.
_MEASURED = [build_name, [{str: {str: {str: (int, float, None)}}}]]


class Recorder:
    """A context manager that listens to a build and writes its record at the end, whether it succeeds, fails or is
    interrupted.

    If the build is killed, the record says that it is unfinished. A build that finds everything up to date has no
    record.
    """

    def __init__(
        self, spec: Spec, plan: Plan, store: Store, command: Sequence[str], events: Listener
    ) -> None:
        self._spec, self._plan, self._store, self._events = spec, plan, store, events
        self._command = list(command)
        self._started = datetime.now(UTC)
        self._build = ""
        self._seconds: float | None = None
        self._git: Json | None = None
        self._begun = False
        self._tasks: dict[str, Json] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case BuildStarted(build=build):
                self._build = build
            case TaskStarted(task=task, reasons=reasons):
                self._begin()
                self._tasks[task] = {
                    "outcome": "interrupted",
                    "reasons": [reason.to_json() for reason in reasons],
                }
            case TaskDone(task=task, seconds=seconds, peak=peak, key=key):
                self._tasks[task] |= {"outcome": "ran", "key": key, "peak_bytes": peak}
                self._tasks[task]["seconds"] = round(seconds, 6)
            case TaskReused(task=task, made=made, key=key):
                self._tasks[task] = {"outcome": "reused", "key": key, "made": made}
            case TaskRestored(task=task, reasons=reasons, key=key):
                self._tasks[task] = {
                    "outcome": "restored",
                    "key": key,
                    "reasons": [reason.to_json() for reason in reasons],
                }
            case TaskFailed(task=task, failure=failure, remembered=made, key=key):
                told: Json = {"outcome": "failed", "key": key, "made": made}
                told["failure"] = {"kind": failure.kind, "message": failure.message}
                self._tasks[task] = self._tasks.get(task, {}) | told
            case TaskBlocked(task=task, by=by):
                self._tasks[task] = {"outcome": "blocked", "by": list(by)}
            case NonDeterministic(task=task, parts=parts):
                self._tasks.setdefault(task, {})["unsteady"] = list(parts)
            case BuildFinished(result=result):
                self._seconds = result.seconds
        self._events(event)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if all(task["outcome"] == "reused" for task in self._tasks.values()):
            return
        if not self._begun:
            self._git = self._revision()
        failed = error is not None or any(task["outcome"] == "failed" for task in self._tasks.values())
        outcome = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed" if failed else "ok"
        try:
            self._keep(outcome, synced=True)
        except Unwritable:
            if not failed:  # otherwise the failure is reported
                raise

    def _begin(self) -> None:
        """Write a record before the first task runs, in case the build is killed."""
        if not self._begun:
            self._begun = True
            self._git = self._revision()
            self._keep("unfinished")

    def _revision(self) -> Json | None:
        return checked_out(self._spec.root, _spec_digests(self._spec), self._store.contents)

    def _keep(self, outcome: str, *, synced: bool = False) -> None:
        self._store.local.keep_note(f"{FOLDER}/{self._build}", self._document(outcome), synced=synced)

    def _document(self, outcome: str) -> Json:
        seconds = self._seconds or (datetime.now(UTC) - self._started).total_seconds()
        used = {library for task in self._plan.tasks.values() for library in task.libraries}
        return {
            "format": FORMAT,
            "build": self._build,
            "outcome": outcome,
            "project": self._spec.project,
            "command": self._command,
            "user": _user(),
            "host": socket.gethostname(),
            "started": self._started.isoformat(timespec="milliseconds"),
            "seconds": round(seconds, 3),
            "mlbuild": __version__,
            "libraries": dict(versions(used)),
            "spec": {
                "file": self._spec.file.name,
                "sha256": _spec_digests(self._spec),
                "profiles": list(self._spec.profiles),
                "settings": list(self._spec.settings),
            },
            "git": self._git,
            "sources": dict(self._sources()),
            "tasks": self._tasks,
            "outputs": dict(self._outputs()),
            "metrics": dict(self._measured(evaluate.KIND, evaluate.METRICS)),
            "cross_validation": dict(self._measured(cross_validate.KIND, cross_validate.REPORT)),
        }

    def _sources(self) -> Iterator[tuple[str, Any]]:
        """Yield the digest of each external file that the build used."""
        for name in self._tasks:
            task = self._plan.tasks[name]
            fetched = last_fetched(task, self._store) if task.outside else None
            if fetched is not None and fetched[0] == self._tasks[name].get("key"):
                yield name.partition(":")[2], fetched[1].sha256
            record = find_record(self._store.local, name) if task.files else None
            if record is not None and record.key == self._tasks[name].get("key"):
                yield from ((name.partition(":")[2], digest) for digest in record.ingredients.files.values())

    def _outputs(self) -> Iterator[tuple[str, Any]]:
        """Yield the files of each exported folder with their digests."""
        for name in self._tasks:
            folder = self._plan.tasks[name].exports
            if folder is not None and (digests := self._digests(name)):
                yield folder, dict(digests)

    def _measured(self, kind: str, part: str) -> Iterator[tuple[str, Any]]:
        """Yield the metrics of each model, which are in a part of its task of this kind."""
        for name in self._tasks:
            task = self._plan.tasks[name]
            if task.kind != kind or not (digests := self._digests(name)):
                continue
            content = self._store.contents.get(digests[part])
            if content is not None:
                yield str(task.at[1]), json.loads(content)["metrics"]

    def _digests(self, task: str) -> Mapping[str, str]:
        """Return the parts of the result of a task after this build; empty if it has no result or failed."""
        told = self._tasks[task]
        key = told.get("key") if told["outcome"] != "failed" else None
        action = find_action(self._store.actions, key, self._plan.tasks[task].parts) if key else None
        return action.digests if action else {}


def built_specs(store: DiskStore) -> set[tuple[str, tuple[str, ...]]]:
    """Return the specs of the folder that were built, by file and profiles. Builds with settings do not count."""
    specs = [note["spec"] for note in _records(store)]
    return {(spec["file"], tuple(spec["profiles"])) for spec in specs if not spec["settings"]}


def last_tasks(store: DiskStore, builds: int) -> list[tuple[str, str]]:
    """Return the tasks of the last `builds` successful builds, each with the key of its result."""
    ended = [note for note in _records(store) if note["outcome"] == "ok"]
    ended.sort(key=lambda note: str(note["started"]))
    tasks = [task for note in ended[-builds:] if builds for task in note["tasks"].items()]
    return [(name, task["key"]) for name, task in tasks if task.get("key")]


@frozen
class Measured:
    """The metrics of a model on each split, and in cross-validation; and the build that computed them."""

    build: str
    metrics: Mapping[str, Mapping[str, float | None]]
    cross_validation: Mapping[str, Mapping[str, float | None]]


def last_measured(store: DiskStore, spec: Spec, models: Collection[str], before: str) -> dict[str, Measured]:
    """Return the metrics of models in the last build of this spec with these profiles before the build `before`.

    Builds with settings are left out: they are trials, which are compared with the spec as written.
    """
    found: dict[str, Measured] = {}
    for note in _newest_first(store):
        if len(found) == len(models):
            break
        used, build, metrics = note["spec"], note.get("build"), note.get("metrics", {})
        folds = note.get("cross_validation", {})
        alike = (used["file"], tuple(used["profiles"])) == (spec.file.name, spec.profiles)
        if build == before or not alike or used["settings"] or not fits([build, [metrics, folds]], _MEASURED):
            continue
        there = {name: (metrics[name], folds.get(name, {})) for name in models if name in metrics}
        found = {name: Measured(str(build), *both) for name, both in there.items()} | found
    return found


def built_by(store: DiskStore, build: str) -> Json | None:
    """Return the record of a build, with its `command` and `spec`; None if it is missing or damaged."""
    note = store.local.note(f"{FOLDER}/{build}")
    return note if _is_record(note) else None


def _newest_first(store: DiskStore) -> Iterator[Json]:
    """Return all records, the newest first. They are read one by one; their names contain the time only in seconds."""
    for _, group in groupby(_records(store, reverse=True), key=lambda note: str(note["started"])[:19]):
        yield from sorted(group, key=lambda note: str(note["started"]), reverse=True)


def _records(store: DiskStore, *, reverse: bool = False) -> Iterator[Json]:
    """Return all records that can be read, in the order of their names."""
    for _, note in store.local.notes(FOLDER, reverse=reverse):
        if _is_record(note):
            yield note


def _is_record(note: Any) -> bool:
    return isinstance(note, dict) and fits({name: note.get(name) for name in _READ}, _READ)


def _spec_digests(spec: Spec) -> dict[str, str]:
    """Return a digest of the text of each file of a spec, by its path relative to the project."""
    return {
        Path(os.path.relpath(part.file, spec.root)).as_posix(): digest(part.root.text.content.encode())
        for part in spec.parts
    }


def _user() -> str | None:
    with suppress(KeyError, OSError):  # a user without a name, as in some containers
        return getpass.getuser()
    return None
