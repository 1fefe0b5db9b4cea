"""`mlbuild graph`: the tasks and what they read of each other, as mermaid, dot or JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.project import load_spec
from mlbuild.cli.render import SCHEMA_VERSION
from mlbuild.engine.graph import Plan
from mlbuild.engine.targets import match

Arrows = list[tuple[str, str]]

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="only these tasks: names, +x, x+, globs (all)"
    )
    parser.add_argument("--mermaid", dest="style", action="store_const", const="mermaid", default="mermaid")
    parser.add_argument("--dot", dest="style", action="store_const", const="dot", help="for Graphviz")


def run(args: argparse.Namespace) -> int:
    plan = api.plan(load_spec(args))
    graph = plan.graph.subgraph(match(plan, args.targets))
    names = [name for name in plan.tasks if name in graph]
    style = "json" if args.json else args.style
    print(_STYLES[style](plan, names, sorted(graph.edges)))
    return OK


def _mermaid(plan: Plan, names: list[str], arrows: Arrows) -> str:
    number = {name: f"t{index}" for index, name in enumerate(names)}
    nodes = [f'  {number[name]}["{name}"]' for name in names]
    return "\n".join(["flowchart LR", *nodes, *(f"  {number[a]} --> {number[b]}" for a, b in arrows)])


def _dot(plan: Plan, names: list[str], arrows: Arrows) -> str:
    nodes = [f'  "{name}";' for name in names]
    return "\n".join(
        ["digraph mlbuild {", "  rankdir=LR;", *nodes, *(f'  "{a}" -> "{b}";' for a, b in arrows), "}"]
    )


def _json(plan: Plan, names: list[str], arrows: Arrows) -> str:
    tasks = [
        {"name": name, "kind": plan.tasks[name].kind, "parts": list(plan.tasks[name].parts)} for name in names
    ]
    document = {"schema_version": SCHEMA_VERSION, "command": "graph", "ok": True, "exit_code": OK}
    return json.dumps(
        document | {"tasks": tasks, "reads": [{"from": a, "to": b} for a, b in arrows]}, indent=2
    )


_STYLES: dict[str, Callable[[Plan, list[str], Arrows], str]] = {
    "mermaid": _mermaid,
    "dot": _dot,
    "json": _json,
}
