"""`mlbuild status`: show what is up to date, what a build would do, and the existing outputs."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from mlbuild import api
from mlbuild.cli.exits import OK, STALE
from mlbuild.cli.output.building.reasons import decision_json, decision_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, show, show_document
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec
from mlbuild.cli.unchanged import age
from mlbuild.cli.words import TARGETS
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Blocked, Decision, FailedBefore, Fresh, Restorable, Stale
from mlbuild.engine.graph import Task
from mlbuild.engine.store.store import Store, open_store
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.builds.published import Published, published
from mlbuild.pipeline.builds.written import told_spec

FORMATS = ("text", "json")

_ORPHAN, _OTHER = "orphan", "from another build"
_STYLES = {
    "up to date": "ok",
    "failed": "error",
    "stale": "warning",
    "never built": "warning",
    _ORPHAN: "warning",
    _OTHER: "dim",
}


@frozen
class PublishedFolder:
    """A published folder: its state, and when its content was made, in seconds since 1970 (None: never).

    `build` is the record of the build that wrote it, if there is one.
    """

    folder: str
    state: str
    made: int | None
    build: Json | None = None

    def text(self, paint: Paint, ago: Callable[[int], str]) -> str:
        """Format the folder. If the spec does not produce it with the chosen profiles, also name the command that
        made it.
        """
        by = shlex.join(self.build["command"]) if self.build and self.state in (_ORPHAN, _OTHER) else ""
        made = "" if self.made is None else f"built {ago(self.made)}{f' by {by!r}' if by else ''}"
        state = f"{_ORPHAN}: not an output of the spec" if self.state == _ORPHAN else self.state
        return ", ".join(text for text in (paint(_STYLES[self.state], state), made) if text)


@frozen
class OutdatedTask:
    """A task that is not up to date, and why."""

    task: str
    state: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{TARGETS} (default: all)")
    parser.add_argument(
        "--offline",
        action="store_true",
        help="use the data that was fetched last, even if it is due to be fetched again",
    )


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    plan, store = api.plan(spec), open_store(spec.root)
    found = Values(args).decisions(api.foresee(spec, args.targets, offline=args.offline, planned=plan))
    counts = _counts(decision for _, decision in found)
    code = OK if set(counts) <= {"up to date"} else STALE
    there = published(spec, plan, store)
    builds = {one.folder: one.build for one in there}
    outputs = [_output(task, decision, store, builds) for task, decision in found if task.exports]
    given = {task.exports for task in plan.tasks.values()}
    outputs += other_outputs(one for one in there if one.folder not in given)
    last = max((made for _, decision in found if (made := _made(decision)) is not None), default=None)
    if args.json:
        show_document(document("status", code, _content(found, counts, outputs, last)))
        return code
    rows = [
        OutdatedTask(
            task.name, "failed" if isinstance(decision, FailedBefore) else "stale", decision_text(decision)
        )
        for task, decision in found
        if isinstance(decision, (FailedBefore, Stale, Restorable))
    ]
    paint = Paint(sys.stdout, not args.no_color)
    show(status_text(outputs, rows, counts, last, paint, age), paint)
    return code


def status_text(
    outputs: Sequence[PublishedFolder],
    rows: Sequence[OutdatedTask],
    counts: Mapping[str, int],
    last: int | None,
    paint: Paint,
    ago: Callable[[int], str],
) -> list[str]:
    """Format the outputs, what keeps tasks from being up to date, and counts.

    `ago` formats a time in seconds since 1970.
    """
    width = max((len(output.folder) for output in outputs), default=0)
    lines = []
    for output in outputs:
        lines.append(f"{output.folder:<{width}}  {output.text(paint, ago)}")
    width = max((len(row.task) for row in rows), default=0)
    lines += [
        f"{paint(_STYLES[row.state], f'{row.state:>6}')}  {row.task:<{width}}  {row.text}" for row in rows
    ]
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    since = "" if last is None else f"; last built {ago(last)}"
    return [*lines, (told or "nothing to do: the spec has no sources") + since]


def made_by(build: str) -> int | None:
    """Return the time in the name of a build, in seconds since 1970."""
    try:
        return int(datetime.strptime(build[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _made(decision: Decision) -> int | None:
    return made_by(decision.action.build) if isinstance(decision, (Fresh, Restorable)) else None


def _output(
    task: Task, decision: Decision, store: Store, builds: Mapping[str, Json | None]
) -> PublishedFolder:
    folder = str(task.exports)
    if isinstance(decision, Fresh):
        return PublishedFolder(folder, "up to date", _made(decision), builds.get(folder))
    record = find_record(store.local, task.name)
    if record is None or folder not in builds:
        return PublishedFolder(folder, "never built", None)
    return PublishedFolder(folder, "stale", made_by(record.made), builds[folder])


def other_outputs(others: Iterable[Published]) -> list[PublishedFolder]:
    """Return published folders that the current spec does not produce."""
    return [
        PublishedFolder(one.folder, _ORPHAN if one.orphan else _OTHER, made_by(one.exported.build), one.build)
        for one in others
    ]


def _counts(decisions: Iterable[Decision]) -> dict[str, int]:
    """Count the tasks in each state, the best state first."""
    states = {Fresh: "up to date", FailedBefore: "failed", Blocked: "blocked"}
    found = [states.get(type(decision), "stale") for decision in decisions]
    return {
        state: found.count(state) for state in ("up to date", "stale", "blocked", "failed") if state in found
    }


def _content(
    found: Sequence[tuple[Task, Decision]],
    counts: Mapping[str, int],
    outputs: Sequence[PublishedFolder],
    last: int | None,
) -> dict[str, object]:
    return {
        "last_built": _time(last),
        "tasks": {state.replace(" ", "_"): count for state, count in counts.items()},
        "outputs": [
            {
                "folder": one.folder,
                "state": one.state.replace(" ", "_"),
                "made": _time(one.made),
                "build": one.build["build"] if one.build else None,
                "command": one.build["command"] if one.build else None,
                "spec": told_spec(one.build) if one.build else None,
            }
            for one in outputs
        ],
        "not_up_to_date": [
            decision_json(task.name, decision) for task, decision in found if not isinstance(decision, Fresh)
        ],
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
