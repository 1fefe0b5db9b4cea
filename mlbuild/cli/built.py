"""Builds what a command needs, and says how far it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from mlbuild import api
from mlbuild.cli.amounts import cores
from mlbuild.cli.ending import ended_as_interrupted
from mlbuild.cli.exits import Stopped, code_of
from mlbuild.cli.output.building.progress import BuildPrinter
from mlbuild.cli.output.printing import Paint
from mlbuild.cli.output.values import Values
from mlbuild.engine.decide.records import Action
from mlbuild.engine.execution.events import BuildResult, Listener
from mlbuild.spec.spec import Spec


def build_for(
    args: argparse.Namespace,
    spec: Spec,
    targets: Sequence[str],
    *,
    jobs: int | None = None,
    keep_going: bool = False,
    refresh: bool = False,
    listening: Callable[[Listener], Listener] = lambda printer: printer,
) -> BuildResult:
    """Run tasks and what they need, as far as they are out of date. With `refresh`, sources are fetched before.

    `listening` is given what prints the progress, and returns what hears of it.
    """
    values, plan = Values(args), api.plan(spec)
    paint, quiet = Paint(sys.stderr, not args.no_color), args.quiet or args.json
    printer = BuildPrinter(sys.stderr, paint, quiet, False, plan)
    threads, jobs = cores(None, jobs)
    with ended_as_interrupted(api.needs_workers(jobs, None)):
        return values.result(
            api.build(
                spec,
                targets,
                keep_going=keep_going,
                refresh=refresh,
                threads=threads,
                jobs=jobs,
                command=["mlbuild", *args.argv],
                events=values.listener(listening(printer)),
                planned=plan,
            )
        )


def built(args: argparse.Namespace, spec: Spec, task: str, failing: str) -> Action:
    """Run a task and what it needs, as far as they are out of date, and return its result.

    `failing` is what cannot be done if it fails, such as `'birds' cannot be described`.

    Raises:
        Stopped: It failed.
    """
    result = build_for(args, spec, [task])
    if not result.ok:
        raise failed(result, failing)
    return result.actions[task]


def failed(result: BuildResult, failing: str) -> Stopped:
    """Return the end of a command that needs results which a build could not make."""
    first = next(iter(result.failures.values()))
    code = code_of(failure.kind for failure in result.failures.values())
    return Stopped(f"{failing}: {first.message}", code=code)
