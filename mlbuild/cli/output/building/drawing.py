"""Draws tasks and their dependencies: as Mermaid, dot or JSON."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Any

from mlbuild.engine.graph import Plan


def add_styles(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the options for the style of a graph, as `args.style`."""
    for style, help_ in (("mermaid", "for Markdown"), ("dot", "for Graphviz")):
        parser.add_argument(
            f"--{style}", dest="style", action="store_const", const=style, default=default, help=help_
        )


def draw(plan: Plan, names: Sequence[str], style: str) -> list[str]:
    """Draw tasks with an arrow from each to its readers, in a style of `add_styles`."""
    return (_mermaid if style == "mermaid" else _dot)(names, arrows(plan, names))


def tasks_json(plan: Plan, names: Sequence[str]) -> dict[str, Any]:
    """Return tasks and their arrows as keys of a document."""
    tasks = (plan.tasks[name] for name in names)
    return {
        "tasks": [{"name": task.name, "kind": task.kind, "parts": list(task.parts)} for task in tasks],
        "reads": [{"from": start, "to": end} for start, end in arrows(plan, names)],
    }


def arrows(plan: Plan, names: Collection[str]) -> list[tuple[str, str]]:
    """Return the edges from some tasks to those of them that read it, each once."""
    among = frozenset(names)
    sources = {(source.task, name) for name in among for source in plan.tasks[name].inputs}
    return sorted((start, end) for start, end in sources if start in among)


def _mermaid(names: Sequence[str], arrows: list[tuple[str, str]]) -> list[str]:
    number = {name: f"t{index}" for index, name in enumerate(names)}
    nodes = [f'  {number[name]}["{name}"]' for name in names]
    return ["flowchart LR", *nodes, *(f"  {number[a]} --> {number[b]}" for a, b in arrows)]


def _dot(names: Sequence[str], arrows: list[tuple[str, str]]) -> list[str]:
    nodes = [f'  "{name}";' for name in names]
    drawn = [f'  "{start}" -> "{end}";' for start, end in arrows]
    return ["digraph mlbuild {", "  rankdir=LR;", *nodes, *drawn, "}"]
