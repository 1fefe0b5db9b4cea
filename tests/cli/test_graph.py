"""The tasks of a project as Mermaid, dot, JSON and names: all represent the same graph."""

from __future__ import annotations

import json
import re

import pytest

from mlbuild import api
from tests.cli.running import Command
from tests.cli.small import small

Drawn = tuple[set[str], set[tuple[str, str]]]


@pytest.fixture
def project(mlbuild: Command) -> Command:
    small(mlbuild.folder)
    return mlbuild


def told(project: Command, *words: str) -> str:
    done = project(*words)
    assert (done.code, done.err) == (0, "")
    return done.out


def as_json(text: str) -> Drawn:
    document = json.loads(text)
    arrows = [(read["from"], read["to"]) for read in document["reads"]]
    assert len(arrows) == len(set(arrows))
    return {task["name"] for task in document["tasks"]}, set(arrows)


def as_mermaid(text: str) -> Drawn:
    head, *lines = text.splitlines()
    assert head == "flowchart LR"
    matched = (re.fullmatch(r'  (t\d+)\["([\w:-]+)"\]', line) for line in lines)
    nodes = {found[1]: found[2] for found in matched if found}
    arrows = [found.groups() for line in lines if (found := re.fullmatch(r"  (t\d+) --> (t\d+)", line))]
    assert len(nodes) + len(arrows) == len(lines)
    return set(nodes.values()), {(nodes[start], nodes[end]) for start, end in arrows}


def as_dot(text: str) -> Drawn:
    head, direction, *lines, end = text.splitlines()
    assert (head, direction, end) == ("digraph mlbuild {", "  rankdir=LR;", "}")
    nodes = {found[1] for line in lines if (found := re.fullmatch(r'  "([\w:-]+)";', line))}
    arrows = [
        found.groups() for line in lines if (found := re.fullmatch(r'  "([\w:-]+)" -> "([\w:-]+)";', line))
    ]
    assert len(nodes) + len(arrows) == len(lines)
    return nodes, {(start, end) for start, end in arrows}


@pytest.mark.parametrize(
    "words",
    [
        ["graph"],
        ["graph", "model:one"],
        ["graph", "+train:one", "verify:*"],
        ["graph", "kind:source"],
        ["query", "deps(train:one, 1)"],
        ["query", "somepath(source:rows, publish:one)"],
        ["query", "kind:source & kind:train"],
    ],
    ids=" ".join,
)
def test_every_format_draws_the_same(project: Command, words: list[str]) -> None:
    drawn = as_json(told(project, *words, "--json"))
    assert as_mermaid(told(project, *words, "--mermaid")) == drawn
    assert as_dot(told(project, *words, "--dot")) == drawn
    if words[0] == "query":
        assert set(told(project, *words).split()) == drawn[0]


def test_it_is_the_graph_of_the_plan(project: Command) -> None:
    graph = api.plan(api.load(project.folder / "mlbuild.yaml")).graph
    assert as_json(told(project, "graph", "--json")) == (set(graph.nodes), set(graph.edges))
    assert told(project, "graph") == told(project, "graph", "--mermaid")
