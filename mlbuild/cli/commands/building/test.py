"""`mlbuild test`: run the tests of the spec, and report each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mlbuild import api
from mlbuild.cli.amounts import add_jobs, count
from mlbuild.cli.built import build_for
from mlbuild.cli.exits import GATE, OK, UsageError, code_of
from mlbuild.cli.output.building.drafted import drafted, needed
from mlbuild.cli.output.building.verdicts import junit, table, tested
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.execution.events import BuildResult, Event, Listener, TaskFailed
from mlbuild.engine.execution.exported import exported_folders, untouched_in
from mlbuild.engine.store.store import open_store
from mlbuild.hints import did_you_mean, listed
from mlbuild.pipeline.tasks import publish
from mlbuild.pipeline.tasks.verdicts.test import KIND, task_of
from mlbuild.regular import replace_regular
from mlbuild.shown import shown
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.yaml_text import yaml_text

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the tests of the spec on the models as they would be published, and report each. What they need is built first if it is "
        "out of date. Nothing is published. The exit code is 4 if a test fails."
    )
    parser.add_argument("tests", nargs="*", metavar="TEST", help="name of a test (default: all)")
    parser.add_argument(
        "--draft",
        metavar="OUTPUT",
        help="print a test of this output that is made from a real row, instead of running tests",
    )
    parser.add_argument(
        "--row",
        type=count,
        metavar="N",
        help="row for --draft, counted in the test part of the dataset (default: 1)",
    )
    parser.add_argument("--junit", metavar="FILE", help="also write the results to a JUnit XML file")
    add_jobs(parser)


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    if args.draft is not None:
        return _draft(args, spec)
    if args.row is not None:
        raise UsageError("--row needs --draft")
    names = _named(spec, args.tests)
    result = _built(args, spec, [*map(task_of, names)]) if names else BuildResult("", 0.0)
    tests = tested(spec, result, open_store(spec.root))
    changed = _changed(spec, {one.output for one in tests})
    code = code_of(failure.kind for failure in result.failures.values()) or (GATE if changed else OK)
    if args.junit:
        _write(Path(args.junit), junit(spec.project, tests))
    if args.json:
        show_document(
            document(args.command, code, {"tests": [one.to_json() for one in tests], "changed": changed})
        )
    else:
        show(table(tests, paint := Paint(sys.stdout, not args.no_color)), paint)
        show(
            f"'{folder}' was changed after the build published it, so it was not tested; build again"
            for folder in changed
        )
    return code


def _changed(spec: Spec, outputs: set[str]) -> list[str]:
    """Return the published folders of outputs that somebody has changed: their models are not those that were tested."""
    tasks = api.plan(spec).tasks
    folders = {tasks[publish.task_of(name)].exports for name in outputs}
    store = open_store(spec.root)
    found = [one for _, one in exported_folders(store) if one.folder in folders]
    return sorted(one.folder for one in found if not untouched_in(store.root, one))


def _draft(args: argparse.Namespace, spec: Spec) -> int:
    """Print a test that is made from a real row."""
    if args.tests or args.junit:
        raise UsageError("--draft runs no tests", "leave out their names and --junit")
    if args.draft not in spec.outputs:
        near = did_you_mean(args.draft, spec.outputs) or f"defined: {listed(spec.outputs) or 'none'}"
        raise UsageError(f"there is no output '{shown(args.draft)}'", near)
    result = _built(args, spec, needed(spec, args.draft))
    if not result.ok:
        return code_of(failure.kind for failure in result.failures.values())
    draft = drafted(spec, args.draft, args.row or 1, result, open_store(spec.root))
    if args.json:
        show_document(document(args.command, OK, draft))
    else:
        show(yaml_text(draft).splitlines())
    return OK


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


def _built(args: argparse.Namespace, spec: Spec, targets: list[str]) -> BuildResult:
    return build_for(args, spec, targets, jobs=args.jobs, keep_going=True, listening=_without_tests)


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
