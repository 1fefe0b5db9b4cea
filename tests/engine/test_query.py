"""What a `query` expression selects, and where an invalid one is wrong."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.diagnostics import Rejected
from mlbuild.engine.queries.query import query
from tests.budget import examples
from tests.engine.tasks import plan, text_task

PLAN = plan(
    [
        text_task("train:early", "", "dataset:days/out", labels=("model:early",), kind="train"),
        text_task("publish:late", "", "train:late/out", "fit:late/out", labels=("output:late",)),
        text_task("train:late", "", "fit:late/out", labels=("model:late",), kind="train"),
        text_task("fit:late", "", "dataset:days/out", labels=("model:late",)),
        text_task("dataset:days", "", "source:flights/out", "source:planes/out"),
        text_task("source:flights", "", kind="source"),
        text_task("source:planes", "", kind="source"),
    ]
)
SOURCES = "source:flights source:planes"
DATA = f"{SOURCES} dataset:days"


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("fit:late", "fit:late"),
        ("model:late", "fit:late train:late"),
        ("kind:train", "train:early train:late"),
        ("kind:*", f"{DATA} fit:late publish:late train:early train:late"),
        ("*:late", "fit:late publish:late train:late"),
        ("+fit:late", f"{DATA} fit:late"),
        ("fit:late+", "fit:late publish:late train:late"),
        ("deps(fit:late)", f"{DATA} fit:late"),
        ("deps(model:*)", f"{DATA} fit:late train:early train:late"),
        ("deps( fit:late , 1 )", "dataset:days fit:late"),
        ("deps(train:late,0)", "train:late"),
        ("deps(publish:late, 1)", "fit:late publish:late train:late"),
        ("deps(train:late, 99)", f"{DATA} fit:late train:late"),
        ("rdeps(fit:late)", "fit:late publish:late train:late"),
        ("rdeps(source:planes, 1)", "source:planes dataset:days"),
        ("somepath(source:planes, publish:late)", "source:planes dataset:days fit:late publish:late"),
        ("somepath(publish:late, source:planes)", "source:planes dataset:days fit:late publish:late"),
        ("somepath(kind:source, kind:train)", "source:flights dataset:days train:early"),
        ("somepath(fit:late, fit:late)", "fit:late"),
        ("somepath(train:early, train:late)", ""),
        ("train:early | source:planes", "source:planes train:early"),
        ("deps(model:late) & kind:source", SOURCES),
        ("deps(train:late) - model:late", DATA),
        ("deps(train:late) - kind:source - model:late", "dataset:days"),
        ("deps((fit:late|train:early) & kind:train)", f"{DATA} train:early"),
        ("(model:late - fit:late) | (kind:source & *:planes)", "source:planes train:late"),
        ("deps(train:early) & kind:train & model:late", ""),
    ],
)  # fmt: skip
def test_an_expression_means_tasks(expression: str, names: str) -> None:
    assert sorted(query(PLAN, expression)) == sorted(names.split())


@pytest.mark.parametrize(
    ("expression", "start", "end", "message", "help"),
    [
        ("", 0, 1, "expected a target before the end", None),
        ("  ", 0, 1, "expected a target before the end", None),
        ("deps()", 5, 6, "expected a target before ')'", None),
        ("deps(fit:late", 13, 14, "expected ')' before the end", None),
        ("fit:late |", 10, 11, "expected a target before the end", None),
        ("| fit:late", 0, 1, "expected a target before '|'", None),
        ("fit:late)", 8, 9, "expected an operator before ')'", "the operators are '|', '&' and '-', with spaces around them"),
        ("fit:late -train:late", 9, 20, "expected an operator before '-train:late'", "the operators are '|', '&' and '-', with spaces around them"),
        ("somepath(fit:late)", 17, 18, "expected ',' before ')'", None),
        ("deps(fit:late, x)", 15, 16, "expected the number of steps before 'x'", "write deps(X, 1), for example"),
        ("deps(fit:late,", 14, 15, "expected the number of steps before the end", "write deps(X, 1), for example"),
        ("dep(fit:late)", 0, 3, "unknown function 'dep'", "did you mean 'deps'?"),
        ("f(x)", 0, 1, "unknown function 'f'", "available functions: deps(X), rdeps(X), somepath(X, Y)"),
        ("fit:late | train:late & kind:train", 22, 23, "'|' and '&' cannot be mixed without parentheses", "add parentheses"),
        ("(" * 5000, 100, 101, "more than 100 parentheses", None),
    ],
)  # fmt: skip
def test_a_faulty_expression_is_told_at_its_place(
    expression: str, start: int, end: int, message: str, help: str | None
) -> None:
    with pytest.raises(Rejected) as caught:
        query(PLAN, expression)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.help) == ("bad-query", message, help)
    assert (problem.at, problem.offset) == ((0,), (start, end))


def test_an_unknown_target_is_told_at_its_place() -> None:
    with pytest.raises(Rejected) as caught:
        query(PLAN, "deps(model:lat) | kind:trian")
    (problem,) = caught.value.problems
    assert (problem.code, problem.offset, problem.help) == (
        "unknown-target",
        (5, 14),
        "did you mean 'model:late'?",
    )


SETS = st.recursive(
    st.sampled_from([*PLAN.tasks, "model:late", "kind:train", "+fit:late"]),
    lambda inner: st.one_of(
        st.builds("deps({})".format, inner),
        st.builds("rdeps({})".format, inner),
        st.builds("somepath({}, {})".format, inner, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from("|&-"), inner),
    ),
    max_leaves=8,
)


@given(SETS, SETS)
@settings(max_examples=examples(60, 5000), deadline=None)
def test_operators_and_functions_are_those_of_sets_and_graphs(first: str, second: str) -> None:
    one, other = set(query(PLAN, first)), set(query(PLAN, second))
    assert set(query(PLAN, f"({first}) | ({second})")) == one | other
    assert set(query(PLAN, f"({first}) & ({second})")) == one & other
    assert set(query(PLAN, f"({first}) - ({second})")) == one - other
    graph = PLAN.graph
    assert set(query(PLAN, f"deps({first})")) == one.union(*(nx.ancestors(graph, name) for name in one))
    assert set(query(PLAN, f"rdeps({first})")) == one.union(*(nx.descendants(graph, name) for name in one))
    everything = query(PLAN, "*")
    assert all(everything.index(start) < everything.index(end) for start, end in graph.edges)
    way = query(PLAN, f"somepath({first}, {second})")
    assert all(graph.has_edge(*step) for step in pairwise(way))
    assert not way or all({way[0], way[-1]} & names for names in (one, other))


@given(st.text("deps(),|&- +x:*1'", max_size=30))
@settings(max_examples=examples(100, 20_000), deadline=None)
def test_any_text_is_an_expression_or_is_told_what_is_wrong(text: str) -> None:
    try:
        assert set(query(PLAN, text)) <= set(PLAN.tasks)
    except Rejected as rejected:
        assert all(one.offset and 0 <= one.offset[0] <= len(text) for one in rejected.problems)
