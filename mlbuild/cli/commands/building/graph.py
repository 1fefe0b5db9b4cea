"""`mlbuild graph`: print the tasks and their dependencies as Mermaid, dot or JSON."""

from __future__ import annotations

import argparse

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.output.building.drawing import add_styles, draw, tasks_json
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.words import TARGETS
from mlbuild.engine.queries.targets import match

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"print only these: {TARGETS} (default: all)"
    )
    add_styles(parser, default="mermaid")


def run(args: argparse.Namespace) -> int:
    plan = api.plan(load_spec(args))
    named = match(plan, args.targets)
    names = [name for name in plan.tasks if name in named]
    if args.json:
        show_document(document("graph", OK, tasks_json(plan, names)))
    else:
        show(draw(plan, names, args.style))
    return OK
