"""Which tasks determine how long a build takes, and how long one is expected to take."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.engine.execution.order import order
from mlbuild.engine.queries.critical_path import CriticalPath, critical_path
from mlbuild.engine.queries.estimate import estimate
from tests.budget import examples
from tests.engine.tasks import Project, plan, text_task

DIAMOND = plan(
    [
        text_task("a", "a"),
        text_task("b", "b", "a/out"),
        text_task("c", "c", "a/out"),
        text_task("d", "d", "b/out", "c/out"),
        text_task("e", "e"),
    ]
)


def test_it_is_the_slowest_of_all_ways() -> None:
    times = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 0.5, "e": 5.0}
    assert critical_path(DIAMOND, "abecd", times) == CriticalPath(("a", "c", "d"), 5.5)
    assert critical_path(DIAMOND, "abecd", times | {"e": 6.0}) == CriticalPath(("e",), 6.0)


def test_tasks_that_did_not_run_lie_on_it_and_are_not_told() -> None:
    assert critical_path(DIAMOND, "abecd", {"a": 1.0, "d": 2.0, "e": 2.5}) == CriticalPath(("a", "d"), 3.0)
    assert critical_path(DIAMOND, "abecd", {}) == CriticalPath((), 0.0)
    assert critical_path(DIAMOND, "", {}) == CriticalPath((), 0.0)


@settings(max_examples=examples(60, 3000))
@given(
    st.lists(st.tuples(st.integers(0, 50), st.sets(st.integers(0, 12), max_size=4)), min_size=1, max_size=12)
)
def test_it_is_the_longest_path_of_the_graph(nodes: list[tuple[int, set[int]]]) -> None:
    tasks = [
        text_task(f"t{index}", "", *(f"t{source}/out" for source in sorted(sources) if source < index))
        for index, (_, sources) in enumerate(nodes)
    ]
    made, times = plan(tasks), {f"t{index}": time / 8 for index, (time, _) in enumerate(nodes)}
    found = critical_path(made, [*order(made, made.tasks)], times)
    weighted: nx.DiGraph[str] = nx.DiGraph()
    for name in made.tasks:
        weighted.add_edge("start", name, seconds=times[name])
    for start, end in made.graph.edges:
        weighted.add_edge(start, end, seconds=times[end])
    assert found.seconds == nx.dag_longest_path_length(weighted, weight="seconds")
    assert found.seconds == sum(times[name] for name in found.tasks)
    assert nx.is_path(made.graph, [*found.tasks])


def test_an_estimate_is_of_what_runs_and_may(project: Project) -> None:
    tasks = [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", "c"), text_task("d", "d")]
    project.build(tasks)
    project.store.local.keep_note("times", {"a": 1.0, "b": 2.0, "d": 8.0})
    tasks[0], tasks[2] = text_task("a", "other"), text_task("c", "other")
    found = estimate(plan(tasks), project.foresee(tasks), project.store.local)
    assert (found.least, found.most, found.unknown) == (1.0, 3.0, 1)
    assert found.times == {"a": 1.0, "b": 2.0}
    assert found.path == CriticalPath(("a", "b"), 3.0)
