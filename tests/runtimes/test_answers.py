"""Every supported onnxruntime, in Python, Node.js and the web, evaluates trees of every shape and all expressions correctly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlbuild.bundle.artifact import ONNXRUNTIME
from tests.budget import examples, seed, tell
from tests.runtimes import models
from tests.runtimes.exchange import Question
from tests.runtimes.installed import HERE, NEWEST, PYTHONS, RELEASES, RUNTIMES, SCRIPTED, Runtime

#: In a soak, every version since the oldest one.
ASKED = RUNTIMES if examples(0, 1) == 0 else (*(Runtime("python", one) for one in RELEASES), *SCRIPTED)
#: It has the operator, but treats a root as a leaf if its leaf and its node have the same number.
EARLIER = Runtime("python", "1.23.2")


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [
        *models.every_shape(),
        *models.sets_in_sets(),
        *models.many_trees(examples(20, 300), seed()),
        *models.learned(examples(12, 150), seed()),
    ]


@pytest.mark.parametrize("runtime", ASKED, ids=str)
def test_trees_of_every_shape(runtime: Runtime, questions: list[Question], tmp_path: Path) -> None:
    """Sums of leaves are bit-identical, and trained models give the same results as LightGBM."""
    answers = runtime.answers(questions, tmp_path / "asked")
    largest = max(one.difference(answer) for one, answer in zip(questions, answers, strict=True))
    rows = sum(len(next(iter(one.feed.values()))) for one in questions)
    told = f"{len(questions)} models, {rows:,} rows, largest difference {largest:.2g}"
    tell(f"{runtime.language} {runtime.version}: {told}")


@pytest.mark.parametrize("runtime", ASKED, ids=str)
def test_every_function_of_expressions(runtime: Runtime, tmp_path: Path) -> None:
    """The newest runtime, which other tests compare with the rows, and all others agree."""
    questions = [*models.functions()]
    for question, answer in zip(questions, runtime.answers(questions, tmp_path / "asked"), strict=True):
        question.difference(answer)


def test_no_leaf_beside_a_node_has_its_number(tmp_path: Path) -> None:
    """An earlier runtime, which is not supported, no longer gives wrong results silently."""
    questions = list(models.every_shape())
    for question, answer in zip(questions, EARLIER.answers(questions, tmp_path / "asked"), strict=True):
        question.difference(answer)


def test_the_oldest_promised_runtimes_are_asked() -> None:
    assert {one.version for one in (PYTHONS[0], *SCRIPTED[::2])} == {ONNXRUNTIME} == {RELEASES[0]}
    assert NEWEST in RELEASES, "a new onnxruntime: add it to the releases that a soak asks"
    lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert {lock[f"node_modules/{kind}-oldest"]["version"] for kind in ("node", "web")} == {ONNXRUNTIME}
