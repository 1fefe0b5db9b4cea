"""`mlbuild build`: bring targets up to date, and report the outputs and how they were verified."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Any

from mlbuild import api
from mlbuild.cli.amounts import add_jobs, cores, count, size
from mlbuild.cli.commands.building.plan import add_out
from mlbuild.cli.commands.building.plan import run as run_plan
from mlbuild.cli.ending import ended_as_interrupted
from mlbuild.cli.exits import OK, UsageError, code_of
from mlbuild.cli.locked import add_locked, add_looks, held_to_lock
from mlbuild.cli.output.building.junit import add_junit, write_junit
from mlbuild.cli.output.building.progress import BuildPrinter
from mlbuild.cli.output.building.reasons import path_json
from mlbuild.cli.output.building.row_counts import row_counts
from mlbuild.cli.output.building.shipped import findings_of, models_of, outputs_of, results_text
from mlbuild.cli.output.building.verdicts import judged, tested
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, page, say, seconds_text, show, show_document
from mlbuild.cli.output.problems.diagnostics import diagnostics_json
from mlbuild.cli.output.problems.failures import of_failures
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec, tell, tell_failures
from mlbuild.cli.snapshot import keep_snapshot
from mlbuild.cli.surroundings import see_room_for_files
from mlbuild.cli.words import TARGETS
from mlbuild.diagnostics import Diagnostic, FailureKind
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.execution.memory import watchable
from mlbuild.engine.execution.workers import possible
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.affected import affected_json
from mlbuild.engine.queries.critical_path import CriticalPath, critical_path
from mlbuild.engine.store.store import open_store

FORMATS = ("text", "json", "github", "sarif")

#: The number of tasks of the critical path that are named.
_SLOWEST = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{TARGETS} (default: all)")
    parser.add_argument("-n", "--dry-run", action="store_true", help="same as plan")
    parser.add_argument(
        "-k",
        "--keep-going",
        action="store_true",
        help="after a failure, continue with tasks that do not depend on it",
    )
    parser.add_argument("--force", action="store_true", help="run the targets even if they are up to date")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="also print reused tasks, and the number of rows before and after each dataset step",
    )
    add_jobs(parser)
    parser.add_argument(
        "--threads",
        type=count,
        metavar="N",
        help="use up to N cores, shared by the running tasks (default: $MLBUILD_THREADS, or all)",
    )
    parser.add_argument(
        "--memory-limit",
        type=size,
        metavar="SIZE",
        help="memory limit of each worker, such as 500M or 2G (default: none)",
    )
    parser.add_argument(
        "--check-determinism",
        action="store_true",
        help="run each task twice; exit with code 1 if the results differ",
    )
    add_junit(parser, "the tests and gates")
    add_locked(parser)
    add_looks(parser)
    add_out(parser)


def run(args: argparse.Namespace) -> int:
    if args.dry_run:
        return run_plan(argparse.Namespace(**{**vars(args), "exit_code": False}))
    spec = load_spec(args)
    threads, jobs = cores(args.threads, args.jobs)
    if args.memory_limit and not (possible() and watchable()):
        raise UsageError(api.NO_LIMIT)
    workers = api.needs_workers(jobs, args.memory_limit)
    see_room_for_files(jobs if workers else 0)
    # polars reads this once, when it is first imported.
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    plan, values = api.plan(spec, args.out), Values(args)
    paint, quiet = Paint(sys.stderr, not args.no_color), args.quiet or args.json
    progress = BuildPrinter(sys.stderr, paint, quiet, args.verbose, plan)
    with ended_as_interrupted(workers), held_to_lock(args):
        built = api.build(
            spec,
            args.targets,
            force=args.force,
            keep_going=args.keep_going,
            threads=threads,
            jobs=jobs,
            memory_limit=args.memory_limit,
            check_determinism=args.check_determinism,
            locked=args.locked,
            refresh=args.refresh,
            offline=args.offline,
            command=["mlbuild", *args.argv],
            events=values.listener(progress),
            planned=plan,
        )
    result = values.result(built)
    code = _code(result, args.check_determinism)
    path = critical_path(plan, [*result.actions], result.times)
    store = open_store(spec.root)
    outputs, models = outputs_of(spec, plan, result, store), models_of(spec, result, store)
    found = findings_of(spec, plan, result, values, store)
    tell(args, () if args.quiet else found, OK)
    if args.junit:
        write_junit(args.junit, spec.project, [*tested(spec, result, store), *judged(spec, result, store)])
    if args.json:
        show_document(
            document("build", code, _content(plan, result, path, found, outputs=outputs, models=models))
        )
    elif args.format != "sarif":
        show(results_text(outputs, models))
        if args.verbose and not args.quiet:
            say(row_counts(plan, result, store))
        if not args.quiet:
            say(_summary(result, path))
    tell_failures(args, [*of_failures(spec, plan, result)])
    if code == OK and args.out is None:  # what is answered from a snapshot names no folder
        results = page(results_text(outputs, models, changes=False))
        keep_snapshot(args, spec, plan, result, results, found)
    return code


def _code(result: BuildResult, check_determinism: bool) -> int:
    kinds: list[FailureKind] = [failure.kind for failure in result.failures.values()]
    if check_determinism and result.unsteady:
        kinds.append("task")
    return code_of(kinds)


def _summary(result: BuildResult, path: CriticalPath) -> list[str]:
    # Tasks with the same key run once, and the others share the result.
    shared = [name for name in result.reused if result.actions[name].build == result.build]
    counts = {
        "ran": result.ran,
        "restored": result.restored,
        "shared": shared,
        "reused": result.reused[len(shared) :],
        "failed": result.failures,
        "blocked": result.blocked,
    }
    told = ", ".join(f"{len(names)} {word}" for word, names in counts.items() if names)
    lines = [f"{told or 'nothing to do'} in {seconds_text(result.seconds)}"]
    return [*lines, _path_text(path, result.times)] if len(path.tasks) > 1 else lines


def _path_text(path: CriticalPath, times: Mapping[str, float]) -> str:
    """Format the critical path in its order, naming only the slowest tasks."""
    named = sorted(path.tasks, key=times.__getitem__, reverse=True)[:_SLOWEST]
    told = [f"{task} {seconds_text(times[task])}" for task in path.tasks if task in named]
    others = [times[task] for task in path.tasks if task not in named]
    more = [f"{len(others)} more {seconds_text(sum(others))}"] if others else []
    return f"critical path {seconds_text(path.seconds)}: {', '.join([*told, *more])}"


def _content(
    plan: Plan, result: BuildResult, path: CriticalPath, found: list[Diagnostic], **results: Any
) -> dict[str, Any]:
    outcomes = {
        **dict.fromkeys(result.ran, "ran"),
        **dict.fromkeys(result.restored, "restored"),
        **dict.fromkeys(result.reused, "reused"),
        **dict.fromkeys(result.blocked, "blocked"),
        **dict.fromkeys(result.failures, "failed"),
    }
    failures = {
        name: {
            "kind": failure.kind,
            "message": failure.message,
            "details": dict(failure.details),
            "affects": affected_json(plan, name),
        }
        for name, failure in result.failures.items()
    }
    return {
        "build": result.build,
        "seconds": result.seconds,
        "critical_path": path_json(path),
        "tasks": [_task_json(name, outcome, result) for name, outcome in outcomes.items()],
        "failures": failures,
        "unsteady": {name: list(parts) for name, parts in result.unsteady.items()},
        **results,
        "warnings": diagnostics_json(found),
    }


def _task_json(name: str, outcome: str, result: BuildResult) -> dict[str, Any]:
    """Return how a task ended, how long it ran, and the build that its result is from."""
    action = result.actions.get(name)
    return {
        "task": name,
        "outcome": outcome,
        "seconds": result.times.get(name),
        "made": action.build if action else None,
    }
