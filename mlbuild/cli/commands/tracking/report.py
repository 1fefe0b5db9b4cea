"""`mlbuild report OUTPUT`: where the report on an output is, or a copy of it in a file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from mlbuild import api
from mlbuild.cli.built import built
from mlbuild.cli.exits import OK, STALE, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show, show_document
from mlbuild.cli.output.written import written_file
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.names import unknown
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.tasks.publish import task_of as publishing
from mlbuild.pipeline.tasks.reports import report
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")
#: The folder of the store with reports on models that are not published.
_COPIES = "reports"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the path of the HTML report on an output. The report is built first if it is out of date; nothing is published. "
        "If the published folder has another one, because a gate or test fails or the spec has changed, the report and the model card "
        "are written to .mlbuild/reports. With --set or --profile, it is the report on the model with these changes."
    )
    parser.add_argument("output", metavar="OUTPUT", help="an output of the spec")
    parser.add_argument("-o", "--output", metavar="FILE", dest="target", help="write the report to this file")
    parser.add_argument("--open", action="store_true", help="open the report in a browser")


def run(args: argparse.Namespace) -> int:
    spec, name = load_spec(args, warned=False), args.output
    if name not in spec.outputs:
        raise unknown("output", name, spec.outputs)
    if not spec.outputs[name].report:
        raise UsageError(f"output '{name}' has 'report: false'", "remove this key from the output")
    files = _files(args, spec, name)
    content = files[report.REPORT]
    file = written_file(args.target, content) if args.target else _published(spec, name, content)
    file = file or _unpublished(args, spec, name, files)
    if args.open:
        import webbrowser

        webbrowser.open(file.resolve().as_uri())
    if args.json:
        show_document(document(args.command, OK, {"output": name, "file": str(file)}))
    else:
        show([str(file)])
    return OK


def _files(args: argparse.Namespace, spec: Spec, name: str) -> dict[str, bytes]:
    """Return the report and the model card."""
    action = built(args, spec, report.task_of(name), f"there is no report on '{name}'")
    contents = open_store(spec.root).contents
    found = {part: contents.get(action.digests[part]) for part in (report.REPORT, report.CARD)}
    if None in found.values():
        raise Stopped(f"the report on '{name}' was removed from the store", "run the command again", STALE)
    return {part: content or b"" for part, content in found.items()}


def _published(spec: Spec, name: str, content: bytes) -> Path | None:
    """Return the report in the folder of the output; None if the folder has another one, or none."""
    folder = api.plan(spec).tasks[publishing(name)].exports
    file = spec.root / folder / report.REPORT if folder else None
    return file if file is not None and file.is_file() and file.read_bytes() == content else None


def _unpublished(args: argparse.Namespace, spec: Spec, name: str, files: Mapping[str, bytes]) -> Path:
    """Write the report and the model card next to each other into the store, and return the report."""
    local = open_store(spec.root).local
    kept = {
        part: local.keep_copy(_COPIES, name + Path(part).suffix, content) for part, content in files.items()
    }
    if not args.quiet:
        say([f"mlbuild: the model that this report is about is not published as '{name}'"])
    return kept[report.REPORT]
