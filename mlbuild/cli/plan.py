"""`mlbuild plan`: what a build would do, and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence

from mlbuild import api
from mlbuild.cli.exits import OK, STALE
from mlbuild.cli.locked import add_locked, held_to_lock
from mlbuild.cli.project import load_spec
from mlbuild.cli.render import SCHEMA_VERSION, Paint
from mlbuild.cli.wording import CALLED, decision_json, decision_text
from mlbuild.engine.stale import Fresh

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
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="tasks, model:NAME, output:NAME, globs, x+ (all)"
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 6 unless everything is up to date"
    )
    parser.add_argument("--force", action="store_true", help="as if the targets had to run in any case")
    parser.add_argument("-k", "--keep-going", action="store_true", help="as with build -k")
    add_locked(parser)


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    with held_to_lock():
        found = api.foresee(
            spec, args.targets, force=args.force, keep_going=args.keep_going, locked=args.locked
        )
    stale = any(not isinstance(decision, Fresh) for _, decision in found)
    code = STALE if stale and args.exit_code else OK
    if args.json:
        document = {"schema_version": SCHEMA_VERSION, "command": "plan", "ok": not stale, "exit_code": code}
        tasks = [decision_json(task.name, decision) for task, decision in found]
        print(json.dumps(document | {"tasks": tasks}, indent=2))
    if args.format in ("json", "sarif"):
        return code
    rows = [(task.name, CALLED[type(decision)], decision_text(decision)) for task, decision in found]
    print(plan_text(rows, Paint(sys.stdout, not args.no_color)))
    return code


def plan_text(rows: Sequence[tuple[str, str, str]], paint: Paint) -> str:
    """A table of tasks, what is decided about each and why; and how many there are of each."""
    width = max((len(task) for task, _, _ in rows), default=0)
    lines = [
        f"{paint(_STYLES[called], f'{called:<7}')} {task:<{width}}  {text}".rstrip()
        for task, called, text in rows
    ]
    counts = Counter(called for _, called, _ in rows)
    told = ", ".join(f"{counts[name]} {name}" for name in CALLED.values() if name in counts)
    return "\n".join([*lines, told or "nothing to do: the spec names no source"])
