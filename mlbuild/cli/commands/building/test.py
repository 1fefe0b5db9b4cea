"""`mlbuild test`: run the tests of the spec, and report each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mlbuild import api
from mlbuild.cli.amounts import cores, count
from mlbuild.cli.commands.building.build import ended_as_interrupted
from mlbuild.cli.exits import UsageError, code_of
from mlbuild.cli.output.building.progress import BuildPrinter
from mlbuild.cli.output.building.verdicts import junit, table, tested
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, show, show_document
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.execution.events import BuildResult, Event, Listener, TaskFailed
from mlbuild.engine.store.store import open_store
from mlbuild.hints import did_you_mean, listed
from mlbuild.pipeline.tasks.verdicts.test import KIND, task_of
from mlbuild.regular import replace_regular
from mlbuild.shown import shown
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the tests of the spec on the models as they would be published, and report each. What they need is built first if it is "
        "out of date. Nothing is published. The exit code is 4 if a test fails."
    )
    parser.add_argument("tests", nargs="*", metavar="TEST", help="name of a test (default: all)")
    parser.add_argument("--junit", metavar="FILE", help="also write the results to a JUnit XML file")
    parser.add_argument(
        "-j",
        "--jobs",
        type=count,
        metavar="N",
        help="run up to N tasks in parallel; 1 runs them in this process (default: $MLBUILD_JOBS, or one per core)",
    )


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    names = _named(spec, args.tests)
    result = _built(args, spec, names) if names else BuildResult("", 0.0)
    tests = tested(spec, result, open_store(spec.root))
    code = code_of(failure.kind for failure in result.failures.values())
    if args.junit:
        _write(Path(args.junit), junit(spec.project, tests))
    if args.json:
        show_document(document(args.command, code, {"tests": [one.to_json() for one in tests]}))
    else:
        show(table(tests, paint := Paint(sys.stdout, not args.no_color)), paint)
    return code


def _named(spec: Spec, names: list[str]) -> list[str]:
    """Return the tests to run.

    Raises:
        UsageError: There is no such test.
    """
    for name in names:
        if name not in spec.tests:
            near = did_you_mean(name, spec.tests) or f"defined: {listed(spec.tests) or 'none'}"
            raise UsageError(f"there is no test '{shown(name)}'", near)
    return names or [*spec.tests]


def _built(args: argparse.Namespace, spec: Spec, names: list[str]) -> BuildResult:
    values, plan = Values(args), api.plan(spec)
    paint, quiet = Paint(sys.stderr, not args.no_color), args.quiet or args.json
    threads, jobs = cores(None, args.jobs)
    printer = BuildPrinter(sys.stderr, paint, quiet, False, plan)
    with ended_as_interrupted(api.needs_workers(jobs, None)):
        return values.result(
            api.build(
                spec,
                [*map(task_of, names)],
                keep_going=True,
                threads=threads,
                jobs=jobs,
                command=["mlbuild", *args.argv],
                events=values.listener(_without_tests(printer)),
                planned=plan,
            )
        )


def _without_tests(listener: Listener) -> Listener:
    """Leave out failed tests, which are reported when all have run."""

    def heard(event: Event) -> None:
        if not (isinstance(event, TaskFailed) and event.task.startswith(f"{KIND}:")):
            listener(event)

    return heard


def _write(file: Path, text: str) -> None:
    """Write a file.

    Raises:
        Unwritable: It cannot be written.
    """
    try:
        replace_regular(file, text.encode())
    except OSError as error:
        raise Unwritable(str(file), error, "choose another file") from None
