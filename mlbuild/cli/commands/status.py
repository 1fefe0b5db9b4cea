"""`mlbuild status`: what is up to date, what a build would have to do, and the outputs that are there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlbuild import api
from mlbuild.cli.exits import OK, STALE
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, show, show_document
from mlbuild.cli.output.reasons import decision_json, decision_text
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec
from mlbuild.cli.unchanged import age
from mlbuild.cli.words import TARGETS
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Blocked, Decision, FailedBefore, Fresh, Restorable, Stale
from mlbuild.engine.graph import Task
from mlbuild.engine.store.store import Store, open_store

FORMATS = ("text", "json")

_STYLES = {"up to date": "ok", "failed": "error", "stale": "warning", "never built": "warning"}


@dataclass(frozen=True)
class Output:
    """An exported folder: what it is, and when its content was made, in seconds since 1970 (None: never)."""

    folder: str
    state: str
    made: int | None


@dataclass(frozen=True)
class Row:
    """A task that is not up to date, and why."""

    task: str
    state: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{TARGETS} (all)")


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    store = open_store(spec.root)
    found = Values(args, spec).decisions(api.foresee(spec, args.targets))
    counts = _counts(decision for _, decision in found)
    code = OK if set(counts) <= {"up to date"} else STALE
    outputs = [_output(task, decision, store) for task, decision in found if task.exports]
    last = max((made for _, decision in found if (made := _made(decision)) is not None), default=None)
    if args.json:
        show_document(document("status", code, _content(found, counts, outputs, last)))
        return code
    rows = [
        Row(task.name, "failed" if isinstance(decision, FailedBefore) else "stale", decision_text(decision))
        for task, decision in found
        if isinstance(decision, (FailedBefore, Stale, Restorable))
    ]
    paint = Paint(sys.stdout, not args.no_color)
    show(status_text(outputs, rows, counts, last, paint, age), paint)
    return code


def status_text(
    outputs: Sequence[Output],
    rows: Sequence[Row],
    counts: Mapping[str, int],
    last: int | None,
    paint: Paint,
    ago: Callable[[int], str],
) -> list[str]:
    """The outputs, what keeps tasks from being up to date, and counts; `ago` words a time in seconds since 1970."""
    width = max((len(output.folder) for output in outputs), default=0)
    lines = []
    for output in outputs:
        made = "" if output.made is None else f", made {ago(output.made)}"
        lines.append(f"{output.folder:<{width}}  {paint(_STYLES[output.state], output.state)}{made}")
    width = max((len(row.task) for row in rows), default=0)
    lines += [
        f"{paint(_STYLES[row.state], f'{row.state:>6}')}  {row.task:<{width}}  {row.text}" for row in rows
    ]
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    since = "" if last is None else f"; last built {ago(last)}"
    return [*lines, (told or "nothing to do: the spec names no source") + since]


def made_by(build: str) -> int | None:
    """The time in the name of a build, in seconds since 1970."""
    try:
        return int(datetime.strptime(build[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _made(decision: Decision) -> int | None:
    return made_by(decision.action.build) if isinstance(decision, (Fresh, Restorable)) else None


def _output(task: Task, decision: Decision, store: Store) -> Output:
    folder = str(task.exports)
    if isinstance(decision, Fresh):
        return Output(folder, "up to date", _made(decision))
    record = find_record(store, task.name)
    if record is None:
        return Output(folder, "never built", None)
    return Output(folder, "stale", made_by(record.made))


def _counts(decisions: Iterable[Decision]) -> dict[str, int]:
    """How many tasks are in each state, the best first."""
    states = {Fresh: "up to date", FailedBefore: "failed", Blocked: "blocked"}
    found = [states.get(type(decision), "stale") for decision in decisions]
    return {
        state: found.count(state) for state in ("up to date", "stale", "blocked", "failed") if state in found
    }


def _content(
    found: Sequence[tuple[Task, Decision]],
    counts: Mapping[str, int],
    outputs: Sequence[Output],
    last: int | None,
) -> dict[str, object]:
    return {
        "last_built": _time(last),
        "tasks": {state.replace(" ", "_"): count for state, count in counts.items()},
        "outputs": [
            {"folder": one.folder, "state": one.state.replace(" ", "_"), "made": _time(one.made)}
            for one in outputs
        ],
        "not_up_to_date": [
            decision_json(task.name, decision) for task, decision in found if not isinstance(decision, Fresh)
        ],
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
