"""What is part of a key, and what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.engine.canonical import canonical, parse
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.key import Ingredients, ingredients
from mlbuild.engine.decide.reasons import changes
from mlbuild.engine.graph import Task
from tests.budget import examples
from tests.engine.memory import memory_store
from tests.engine.tasks import file_task, local, origin, reading, text_task


class Settings:
    """A class that parameters can name."""


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DIGESTS = {"s": {"out": "1", "more": "2"}, "r": {"out": "1"}}


def made(task: Task, root: Path, **digests: str) -> Ingredients:
    store = memory_store(root)
    return ingredients(
        task, {**DIGESTS, "s": {**DIGESTS["s"], **digests}}, Digests(store.local, root), Code(store.local)
    )


@given(JSON)
@settings(max_examples=examples(60, 5000), deadline=None)
def test_canonical_json_is_read_back_as_it_was(value: Any) -> None:
    content = canonical(value)
    assert canonical(parse(content)) == content


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        (1, True),
        (None, False),
        ("1", 1),
        (float("nan"), "NaN"),
        ("\ud800", "?"),
        ([], {}),
    ],
)
def test_values_of_another_meaning_have_another_key(one: Any, other: Any, tmp_path: Path) -> None:
    assert made(text_task("t", one), tmp_path).key != made(text_task("t", other), tmp_path).key


def test_a_parameter_that_json_cannot_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        made(text_task("t", {1, 2}), tmp_path)


def test_what_decides_nothing_enters_no_key(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("a: one\n")
    (tmp_path / "copy.txt").write_text("a: one\n")
    task = replace(file_task(Path("data.txt"), "a"), inputs=reading("s/out", "s/more"))
    same = [
        replace(task, name="other", labels=("model:x",), origin={(): origin("x", 1)}, rank=4, exports="dist"),
        replace(task, files={"data": local(tmp_path / "copy.txt")}),
        replace(task, params=dict(reversed(list({**task.params}.items())))),
        replace(task, inputs=reading("r/out", "s/more")),
    ]
    assert {made(other, tmp_path).key for other in same} == {made(task, tmp_path).key}


def test_what_decides_the_result_enters_the_key(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("a: one\n")
    (tmp_path / "more.txt").write_text("a: two\n")
    task = replace(file_task(Path("data.txt"), "a"), inputs=reading("s/out", "s/more"))
    others = [
        replace(task, kind="query"),
        replace(task, run=text_task("t", "").run),
        replace(task, params={"columns": ["a", "b"]}),
        replace(task, parts=("a", "b")),
        replace(task, inputs=reading("s/out")),
        replace(task, inputs=reading("s/more", "s/out")),
        replace(task, inputs=(replace(task.inputs[0], slot="other"), task.inputs[1])),
        replace(task, files={"data": local(Path("more.txt"))}),
        replace(task, files={"table": local(Path("data.txt"))}),
        replace(task, libraries=("pytest",)),
        replace(task, uses=(Settings,)),
    ]
    keys = [made(other, tmp_path).key for other in [task, *others]]
    keys.append(made(task, tmp_path, more="3").key)
    assert len(set(keys)) == len(keys)


PARAMS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
READS = st.lists(st.sampled_from(["s/out", "s/more"]), unique=True)


def variant(params: Any, reads: list[str], library: str, used: type | None) -> Task:
    uses, libraries = ((used,) if used else ()), ((library,) if library else ())
    return text_task("t", "", params=params, inputs=reading(*reads), libraries=libraries, uses=uses)


TASKS = st.builds(
    variant, PARAMS, READS, st.sampled_from(["", "pytest", "nowhere"]), st.sampled_from([None, Settings])
)


@given(TASKS, TASKS)
@settings(max_examples=examples(60, 5000), deadline=None)
def test_another_key_always_has_a_reason_and_an_equal_one_never(one: Task, other: Task) -> None:
    before, after = made(one, Path.cwd()), made(other, Path.cwd())
    assert bool(changes(before, {}, after, {}, lambda version: None)) is (before.key != after.key)


@given(TASKS)
@settings(max_examples=examples(30, 1000), deadline=None)
def test_ingredients_survive_being_kept(task: Task) -> None:
    before = made(task, Path.cwd())
    kept = Ingredients.from_json(parse(canonical(before.to_json())))
    assert kept.key == before.key and changes(kept, {}, before, {}, lambda version: None) == ()
