"""Brings a table up to date for a command that shows it."""

from __future__ import annotations

import argparse
import sys

from mlbuild import api
from mlbuild.cli.amounts import cores
from mlbuild.cli.exits import Stopped, code_of
from mlbuild.cli.output.building.progress import BuildPrinter
from mlbuild.cli.output.printing import Paint
from mlbuild.cli.output.values import Values
from mlbuild.engine.decide.records import Action
from mlbuild.spec.spec import Spec


def built(args: argparse.Namespace, spec: Spec, task: str, failing: str) -> Action:
    """Run a task and what it needs, as far as they are out of date, and return its result.

    `failing` is what cannot be done if it fails, such as `'birds' cannot be described`.

    Raises:
        Stopped: It failed.
    """
    values, plan = Values(args), api.plan(spec)
    printer = BuildPrinter(
        sys.stderr, Paint(sys.stderr, not args.no_color), args.quiet or args.json, False, plan
    )
    threads, jobs = cores()
    result = values.result(
        api.build(
            spec,
            [task],
            threads=threads,
            jobs=jobs,
            command=["mlbuild", *args.argv],
            events=values.listener(printer),
            planned=plan,
        )
    )
    if not result.ok:
        failed = next(iter(result.failures.values()))
        code = code_of(failure.kind for failure in result.failures.values())
        raise Stopped(f"{failing}: {failed.message}", code=code)
    return result.actions[task]
