"""`mlbuild plan`: show what a build would do, and why."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mlbuild import api
from mlbuild.cli.exits import OK, STALE
from mlbuild.cli.locked import add_locked, add_looks, held_to_lock
from mlbuild.cli.output.building.reasons import CALLED, called, decision_json, decision_text, path_json
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, counted, seconds_text, show, show_document
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec
from mlbuild.cli.words import TARGETS
from mlbuild.engine.decide.stale import Decision, Fresh
from mlbuild.engine.graph import Task
from mlbuild.engine.queries.estimate import Estimate, estimate
from mlbuild.engine.store.store import open_store
from mlbuild.frozen import frozen

_STYLES = {
    "RUN": "warning",
    "MAYBE": "warning",
    "FAILED": "error",
    "BLOCKED": "error",
    "REUSE": "dim",
    "RESTORE": "ok",
}

FORMATS = ("text", "json", "github", "sarif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{TARGETS} (default: all)")
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with code 6 unless all tasks are up to date"
    )
    parser.add_argument("--force", action="store_true", help="plan as if the targets were not up to date")
    parser.add_argument("-k", "--keep-going", action="store_true", help="show the plan of build -k")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="also list the tasks that are up to date"
    )
    add_locked(parser)
    add_looks(parser)
    add_out(parser)


def add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=_folder,
        metavar="DIR",
        help="publish to DIR/NAME, even with --set (default: dist, or dist-PROFILE with --profile; with --set, publish nothing)",
    )


def _folder(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


@frozen
class PlannedTask:
    """The decision about a task in one word, and the reason; the seconds that running it takes, if known."""

    task: str
    called: str
    text: str = ""
    seconds: float | None = None


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    plan = api.plan(spec, args.out)
    with held_to_lock(args):
        found = api.foresee(
            spec,
            args.targets,
            force=args.force,
            keep_going=args.keep_going,
            locked=args.locked,
            refresh=args.refresh,
            offline=args.offline,
            planned=plan,
        )
    found = Values(args).decisions(found)
    expected = estimate(plan, {task.name: one for task, one in found}, open_store(spec.root).local)
    stale = any(not isinstance(decision, Fresh) for _, decision in found)
    code = STALE if stale and args.exit_code else OK
    if args.json:
        show_document(document("plan", code, {"up_to_date": not stale} | _content(found, expected)))
    if args.format in ("json", "sarif"):
        return code
    rows = [
        PlannedTask(task.name, called(decision), decision_text(decision), expected.times.get(task.name))
        for task, decision in found
    ]
    paint = Paint(sys.stdout, not args.no_color)
    show(
        [
            *plan_text(rows, paint, verbose=args.verbose),
            *([_estimate_text(expected)] if expected.times else []),
        ],
        paint,
    )
    return code


def plan_text(rows: Sequence[PlannedTask], paint: Paint, *, verbose: bool = False) -> list[str]:
    """Format a table of tasks with the decision about each, its time and the reason; and the number of each
    decision.
    """
    shown = [row for row in rows if verbose or row.called != CALLED[Fresh]]
    width = max((len(row.task) for row in shown), default=0)
    times = ["" if row.seconds is None else seconds_text(row.seconds) for row in shown]
    longest = max(map(len, times), default=0)
    lines = []
    for row, time in zip(shown, times, strict=True):
        told = f"  {time:>{longest}}" if longest else ""
        line = f"{paint(_STYLES[row.called], f'{row.called:<7}')} {row.task:<{width}}{told}  {row.text}"
        lines.append(line.rstrip())
    counts = Counter(row.called for row in rows)
    told = ", ".join(f"{counts[name]} {name}" for name in CALLED.values() if name in counts)
    return [*lines, told or "nothing to do: the spec has no sources"]


def _estimate_text(expected: Estimate) -> str:
    most = f", up to {seconds_text(expected.most)} with MAYBE" if expected.most > expected.least else ""
    path = f"; critical path {seconds_text(expected.path.seconds)}" if len(expected.path.tasks) > 1 else ""
    unknown = f"; no estimate for {counted(expected.unknown, 'task')}" if expected.unknown else ""
    return f"estimated: {seconds_text(expected.least)} for RUN{most}{path}{unknown}"


def _content(found: Sequence[tuple[Task, Decision]], expected: Estimate) -> dict[str, Any]:
    return {
        "estimate": {
            "least_seconds": round(expected.least, 4),
            "most_seconds": round(expected.most, 4),
            "unknown": expected.unknown,
            "critical_path": path_json(expected.path),
        },
        "tasks": [
            decision_json(task.name, decision) | {"seconds": expected.times.get(task.name)}
            for task, decision in found
        ],
    }
