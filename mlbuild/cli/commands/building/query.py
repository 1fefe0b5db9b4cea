"""`mlbuild query EXPR`: print the tasks that an expression selects, such as `deps(model:late) & kind:source`."""

from __future__ import annotations

import argparse

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.output.building.drawing import add_styles, draw, tasks_json
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.engine.queries.query import query

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the tasks that match an expression, each after the tasks that it depends on. A set is a target (a task, model:NAME, "
        "kind:KIND, a glob, +x, x+), deps(X) for X and its dependencies, rdeps(X) for X and its dependents, deps(X, 1) for one "
        "step only, or somepath(X, Y). 'X | Y' is the union of two sets, 'X & Y' the intersection, 'X - Y' the difference."
    )
    parser.add_argument("targets", nargs=1, metavar="EXPR", help="expression, in quotes")
    add_styles(parser, default="names")


def run(args: argparse.Namespace) -> int:
    plan = api.plan(load_spec(args))
    names = query(plan, args.targets[0])
    if args.json:
        show_document(document("query", OK, tasks_json(plan, names)))
    elif args.style != "names":
        show(draw(plan, names, args.style))
    else:
        show(names)
    return OK
