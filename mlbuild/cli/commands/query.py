"""`mlbuild query EXPR`: print the tasks that an expression selects, such as `deps(model:late) & kind:source`."""

from __future__ import annotations

import argparse

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.output.document import document
from mlbuild.cli.output.drawing import add_styles, draw, tasks_json
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.engine.queries.query import query

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the tasks that an expression means, each behind what it reads. A set is a target (a task, model:NAME, "
        "kind:KIND, a glob, +x, x+), deps(X) with all that X needs, rdeps(X) with all that needs it, deps(X, 1) one step "
        "away, somepath(X, Y); 'X | Y' joins two sets, 'X & Y' has what both have, 'X - Y' what Y lacks."
    )
    parser.add_argument("targets", nargs=1, metavar="EXPR", help="the expression, in quotes")
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
