"""What the words on the command line select."""

from __future__ import annotations

import pytest

from mlbuild.diagnostics import Rejected
from mlbuild.engine.queries.targets import match, select
from tests.engine.tasks import plan, text_task

PLAN = plan(
    [
        text_task("source:flights", "", labels=("source:flights",)),
        text_task("dataset:departures", "", "source:flights/out"),
        text_task("fit:late", "", "dataset:departures/out", labels=("model:late",)),
        text_task("train:late", "", "fit:late/out", labels=("model:late",)),
        text_task("train:early", "", "dataset:departures/out", labels=("model:early",)),
        text_task("publish:late", "", "train:late/out", labels=("output:late",)),
    ]
)
LATE = "fit:late train:late"
DATA = "dataset:departures source:flights"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("fit:late", "fit:late"),
        ("model:late", LATE),
        ("model:*", f"{LATE} train:early"),
        ("train:*", "train:early train:late"),
        ("*:late", f"{LATE} publish:late"),
        ("+fit:late", f"{DATA} fit:late"),
        ("fit:late+", f"{LATE} publish:late"),
        ("+train:late+", f"{DATA} {LATE} publish:late"),
        ("early", "train:early"),
        ("departures", "dataset:departures"),
        ("+departures", DATA),
        ("flights", "source:flights"),
        ("train:early source:flights", "source:flights train:early"),
        ("", f"{DATA} {LATE} publish:late train:early"),
    ],
)
def test_words_name_tasks(words: str, names: str) -> None:
    assert sorted(match(PLAN, words.split())) == sorted(names.split())


def test_a_selection_holds_what_it_needs() -> None:
    assert sorted(select(PLAN, ["model:late"])) == sorted(f"{DATA} {LATE}".split())
    assert select(PLAN, []) == frozenset(PLAN.tasks)


@pytest.mark.parametrize(
    ("word", "help"),
    [
        ("model:lat", "did you mean 'model:late'?"),
        ("+train:Early+", "did you mean 'train:early'?"),
        ("zzz*", "available targets: model:early, model:late, output:late, source:flights"),
        ("", "available targets: model:early, model:late, output:late, source:flights"),
    ],
)
def test_an_unknown_word_is_told_with_the_nearest_one(word: str, help: str) -> None:
    with pytest.raises(Rejected) as caught:
        match(PLAN, ["model:late", word])
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.at) == ("unknown-target", f"unknown target '{word}'", (1,))
    assert problem.help == help


@pytest.mark.parametrize("word", ["late", "+late", "late+"])
def test_a_bare_name_that_can_mean_several_targets_is_not_guessed(word: str) -> None:
    with pytest.raises(Rejected) as caught:
        match(PLAN, ["train:early", word])
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("unknown-target", f"'{word}' can mean 2 targets")
    assert (problem.at, problem.help) == ((1,), "write one of model:late, output:late")


def test_all_unknown_words_are_told() -> None:
    with pytest.raises(Rejected) as caught:
        select(PLAN, ["x:y", "fit:late", "y:z"])
    assert [problem.at for problem in caught.value.problems] == [(0,), (2,)]
