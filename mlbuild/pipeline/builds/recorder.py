"""Build records: one document per build with who built what, when, from what, and how it ended."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from mlbuild import __version__
from mlbuild.diagnostics import Unwritable
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
from mlbuild.engine.store.local import RUNS
from mlbuild.engine.store.store import Store
from mlbuild.params import Json
from mlbuild.pipeline.builds.records import FORMAT
from mlbuild.pipeline.builds.revision import checked_out
from mlbuild.pipeline.builds.written import spec_digests, written
from mlbuild.pipeline.fetched import is_fetched, is_source, last_fetched
from mlbuild.pipeline.tasks import evaluate
from mlbuild.pipeline.tasks.cross_validation import cross_validate
from mlbuild.spec.spec import Spec


class Recorder:
    """A context manager that listens to a build and writes its record at the end, whether it succeeds, fails or is
    interrupted.

    If the build is killed, the record says that it is unfinished. A build that finds everything up to date has no
    record.
    """

    def __init__(
        self,
        spec: Spec,
        plan: Plan,
        store: Store,
        command: Sequence[str],
        events: Listener,
        revision: str | None = None,
    ) -> None:
        """`revision` is that of files outside a repository. A build of such files always has a record."""
        self._spec, self._plan, self._store, self._events = spec, plan, store, events
        self._command, self._given = list(command), revision
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
        if self._given is None and all(task["outcome"] == "reused" for task in self._tasks.values()):
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
        if self._given is not None:
            return {"revision": self._given, "dirty": False}
        return checked_out(self._spec.root, spec_digests(self._spec), self._store.contents)

    def _keep(self, outcome: str, *, synced: bool = False) -> None:
        self._store.local.keep_note(f"{RUNS}/{self._build}", self._document(outcome), synced=synced)

    def _document(self, outcome: str) -> Json:
        seconds = self._seconds or (datetime.now(UTC) - self._started).total_seconds()
        used = {library for task in self._plan.tasks.values() for library in task.libraries}
        return {
            "format": FORMAT,
            "build": self._build,
            "outcome": outcome,
            "project": self._spec.project,
            "command": self._command,
            "user": user(),
            "host": socket.gethostname(),
            "started": self._started.isoformat(timespec="milliseconds"),
            "seconds": round(seconds, 3),
            "mlbuild": __version__,
            "libraries": dict(versions(used)),
            "spec": {
                "file": self._spec.file.name,
                "sha256": spec_digests(self._spec),
                "profiles": list(self._spec.profiles),
                "settings": list(self._spec.settings),
                **written(self._spec),
            },
            "git": self._git,
            "sources": dict(self._sources()),
            "tasks": self._tasks,
            "outputs": dict(self._outputs()),
            **self._evaluated(),
            "cross_validation": {
                model: found["metrics"]
                for model, found in self._measured(cross_validate.KIND, cross_validate.REPORT)
            },
        }

    def _sources(self) -> Iterator[tuple[str, Any]]:
        """Yield the digest of each external file that the build used."""
        for name in self._tasks:
            task = self._plan.tasks[name]
            fetched = last_fetched(task, self._store) if is_fetched(task) else None
            if fetched is not None and fetched[0] == self._tasks[name].get("key"):
                yield name.partition(":")[2], fetched[1].sha256
            record = find_record(self._store.local, name) if is_source(task) else None
            if record is not None and record.key == self._tasks[name].get("key"):
                yield from ((name.partition(":")[2], digest) for digest in record.ingredients.files.values())

    def _outputs(self) -> Iterator[tuple[str, Any]]:
        """Yield the files of each exported folder with their digests."""
        for name in self._tasks:
            folder = self._plan.tasks[name].exports
            if folder is not None and (digests := self._digests(name)):
                yield folder, dict(digests)

    def _evaluated(self) -> Json:
        """Return the metrics of each model, their intervals, and the metrics of a constant."""
        found = dict(self._measured(evaluate.KIND, evaluate.METRICS))
        names = ("metrics", "intervals", "constant")
        return {name: {model: one[name] for model, one in found.items()} for name in names}

    def _measured(self, kind: str, part: str) -> Iterator[tuple[str, Any]]:
        """Yield the report of each model, which is a part of its task of this kind."""
        for name in self._tasks:
            task = self._plan.tasks[name]
            if task.kind != kind or not (digests := self._digests(name)):
                continue
            content = self._store.contents.get(digests[part])
            if content is not None:
                yield name.partition(":")[2], json.loads(content)

    def _digests(self, task: str) -> Mapping[str, str]:
        """Return the parts of the result of a task after this build; empty if it has no result or failed."""
        told = self._tasks[task]
        key = told.get("key") if told["outcome"] != "failed" else None
        action = find_action(self._store.actions, key, self._plan.tasks[task].parts) if key else None
        return action.digests if action else {}


def user() -> str | None:
    """Return the name of the user who runs this process; None for one without a name."""
    with suppress(KeyError, OSError):  # a user without a name, as in some containers
        return getpass.getuser()
    return None
