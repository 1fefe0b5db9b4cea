"""`mlbuild test`: run the tests of the spec, and report each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping

from mlbuild import api
from mlbuild.cli.amounts import add_jobs, count
from mlbuild.cli.built import build_for
from mlbuild.cli.exits import GATE, OK, UsageError, code_of
from mlbuild.cli.output.building.drafted import drafted, needed
from mlbuild.cli.output.building.junit import add_junit, write_junit
from mlbuild.cli.output.building.shipped import findings_of
from mlbuild.cli.output.building.verdicts import table, tested
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import Paint, show, show_document
from mlbuild.cli.output.problems.failures import of_failures
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec, tell, tell_failures
from mlbuild.cli.reading.names import unknown
from mlbuild.diagnostics import Diagnostic
from mlbuild.engine.execution.events import BuildResult, Event, Listener, TaskFailed
from mlbuild.engine.exporting.exported import exported_folders, untouched_in
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.pipeline.tasks import publish
from mlbuild.pipeline.tasks.verdicts.test import KIND, task_of
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.yaml_text import yaml_text

FORMATS = ("text", "json", "github", "sarif")
_CHANGED = "'{}' was changed after the build published it, so it was not tested; build again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the tests of the spec on the models as they would be published, and report each. Tasks that they need run first if they are "
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
    add_junit(parser, "the tests")
    add_jobs(parser)


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    if args.draft is not None:
        return _draft(args, spec)
    if args.row is not None:
        raise UsageError("--row needs --draft")
    names = _named(spec, args.tests)
    result = _built(args, spec, [*map(task_of, names)]) if names else BuildResult("", 0.0)
    plan, store = api.plan(spec), open_store(spec.root)
    tests = tested(spec, result, store)
    changed = _changed(spec, plan, {one.output for one in tests}, store)
    code = code_of(failure.kind for failure in result.failures.values()) or (GATE if changed else OK)
    if args.junit:
        write_junit(args.junit, spec.project, tests)
    if args.format in ("github", "sarif"):  # the table shows them in text
        tell(args, findings_of(spec, plan, result, Values(args), store), OK)
        tell_failures(args, [*of_failures(spec, plan, result), *_of_changes(spec, changed)])
    if args.json:
        show_document(
            document(
                args.command, code, {"tests": [one.to_json() for one in tests], "changed": sorted(changed)}
            )
        )
    elif args.format != "sarif":
        show(table(tests, paint := Paint(sys.stdout, not args.no_color)), paint)
        show(map(_CHANGED.format, changed))
    return code


def _changed(spec: Spec, plan: Plan, outputs: set[str], store: DiskStore) -> dict[str, str]:
    """Return the published folders of outputs that somebody has changed: their models are not those that were tested."""
    folders = {plan.tasks[publish.task_of(name)].exports: name for name in spec.outputs if name in outputs}
    found = [one for _, one in exported_folders(store) if one.folder in folders]
    return {one.folder: folders[one.folder] for one in found if not untouched_in(store.root, one)}


def _of_changes(spec: Spec, changed: Mapping[str, str]) -> Iterator[Diagnostic]:
    for folder, name in changed.items():
        span = spec.document.span(spec.outputs[name].at, "key")
        yield Diagnostic("failed-test", _CHANGED.format(folder), span)


def _draft(args: argparse.Namespace, spec: Spec) -> int:
    """Print a test that is made from a real row."""
    if args.tests or args.junit:
        raise UsageError("--draft runs no tests", "leave out their names and --junit")
    if args.format == "sarif":
        raise UsageError("a draft cannot be written as SARIF", "use another format")
    if args.draft not in spec.outputs:
        raise unknown("output", args.draft, spec.outputs)
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
            raise unknown("test", name, spec.tests)
    return names or [*spec.tests]


def _built(args: argparse.Namespace, spec: Spec, targets: list[str]) -> BuildResult:
    return build_for(args, spec, targets, jobs=args.jobs, keep_going=True, listening=_without_tests)


def _without_tests(listener: Listener) -> Listener:
    """Leave out failed tests, which are reported when all have run."""

    def heard(event: Event) -> None:
        if not (isinstance(event, TaskFailed) and event.task.startswith(f"{KIND}:")):
            listener(event)

    return heard
