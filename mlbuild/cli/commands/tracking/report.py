"""`mlbuild report OUTPUT`: where the report on an output is, or a copy of it in a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlbuild import api
from mlbuild.cli.built import built
from mlbuild.cli.exits import OK, STALE, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.output.written import written_file
from mlbuild.cli.project import load_spec
from mlbuild.engine.store.store import open_store
from mlbuild.hints import did_you_mean, listed
from mlbuild.pipeline.tasks.publish import task_of as publishing
from mlbuild.pipeline.tasks.reports import report
from mlbuild.shown import shown
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the path of the HTML report on an output. The report is built first if it is out of date; nothing is published. "
        "With --set or --profile, it is the report on the model with these changes: write it to a file with -o."
    )
    parser.add_argument("output", metavar="OUTPUT", help="an output of the spec")
    parser.add_argument("-o", "--output", metavar="FILE", dest="target", help="write the report to this file")
    parser.add_argument("--open", action="store_true", help="open the report in a browser")


def run(args: argparse.Namespace) -> int:
    spec, name = load_spec(args, warned=False), args.output
    if name not in spec.outputs:
        near = did_you_mean(name, spec.outputs) or f"outputs: {listed(spec.outputs)}"
        raise UsageError(f"there is no output '{shown(name)}'", near)
    if not spec.outputs[name].report:
        raise UsageError(f"output '{name}' has 'report: false'", "remove this key from the output")
    content = _content(args, spec, name)
    file = written_file(args.target, content) if args.target else _published(spec, name, content)
    if args.open:
        import webbrowser

        webbrowser.open(file.resolve().as_uri())
    if args.json:
        show_document(document(args.command, OK, {"output": name, "file": str(file)}))
    else:
        show([str(file)])
    return OK


def _content(args: argparse.Namespace, spec: Spec, name: str) -> bytes:
    action = built(args, spec, report.task_of(name), f"there is no report on '{name}'")
    content = open_store(spec.root).contents.get(action.digests[report.REPORT])
    if content is None:
        raise Stopped(f"the report on '{name}' was removed from the store", "run the command again", STALE)
    return content


def _published(spec: Spec, name: str, content: bytes) -> Path:
    """Return the report in the folder of the output.

    Raises:
        Stopped: The folder has another one, or none.
    """
    folder = api.plan(spec).tasks[publishing(name)].exports
    file = spec.root / folder / report.REPORT if folder else None
    if file is None or not file.is_file() or file.read_bytes() != content:
        help_ = f"publish it with 'mlbuild build output:{name}', or write it to a file with -o FILE"
        raise Stopped(f"the report on '{name}', as the spec is now, is not published", help_, STALE)
    return file
