"""Each reason in the same pattern: the first build runs, the second does not, a change reruns and says why."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.engine.decide.reasons import Origins, Reason, What
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Blocked, FailedBefore, Fresh, Stale, Unsure
from mlbuild.engine.execution.events import TaskReused
from mlbuild.engine.graph import Input, Job, Task
from tests.engine.tasks import Panic, Project, file_task, guard, local, origin, reading, sign, text_task

DATA = "a: one\nb: two\n"


def tasks(project: Project) -> list[Task]:
    path = Path("data/table.txt")
    if not (project.root / path).exists():
        project.write("data/table.txt", DATA)
    origins: Origins = {("text",): origin("models.late.text", 4), ("steps",): origin("models.late.steps", 7)}
    params = {"text": "hello", "steps": [{"op": "impute"}, {"op": "standard"}], "share": 0.5}
    return [
        file_task(path, "a", "b"),
        replace(text_task("train:late", "", "source:s/a", "source:s/b"), params=params, origin=origins),
    ]


def changed(task: Task, **params: object) -> Task:
    return replace(task, params={**task.params, **params})


def drop(task: Task, name: str) -> Task:
    return replace(task, params={key: value for key, value in task.params.items() if key != name})


def step(what: What, where: str, was: object = None, now: object = None) -> Reason:
    return Reason(what, f"models.late.steps{where}", was=was, now=now, file="mlbuild.yaml", line=7)


EDITS: dict[str, tuple[Callable[[Task], Task], list[Reason]]] = {
    "a parameter": (
        lambda task: changed(task, text="bye"),
        [Reason("param", "models.late.text", was="hello", now="bye", file="mlbuild.yaml", line=4)],
    ),
    "a parameter whose place is not known": (
        lambda task: changed(task, share=0.25),
        [Reason("param", "share", was=0.5, now=0.25)],
    ),
    "an integer that becomes a float": (
        lambda task: changed(task, share=1),
        [Reason("param", "share", was=0.5, now=1)],
    ),
    "another kind": (lambda task: replace(task, kind="new"), [Reason("kind", was="text", now="new")]),
    "a new parameter": (
        lambda task: changed(task, seed=1),
        [Reason("param added", "seed", now=1)],
    ),
    "a parameter that is gone": (
        lambda task: replace(drop(task, "text"), run=sign, parts=("even", "notes/params.txt"), origin={}),
        [
            Reason("param removed", "models.late.text", was="hello", file="mlbuild.yaml", line=4),
            Reason("parts", was=["out"], now=["even", "notes/params.txt"]),
            Reason(
                "code",
                "tests.engine.tasks.sign",
                was="tests.engine.tasks.join",
                now="tests.engine.tasks.sign",
            ),
        ],
    ),
    "an inserted step": (
        lambda task: changed(task, steps=[{"op": "impute"}, {"op": "date_parts"}, {"op": "standard"}]),
        [step("param added", "[1]", now={"op": "date_parts"})],
    ),
    "a removed step": (
        lambda task: changed(task, steps=[{"op": "standard"}]),
        [step("param removed", "[0]", was={"op": "impute"})],
    ),
    "an edited step": (
        lambda task: changed(task, steps=[{"op": "impute", "strategy": "mean"}, {"op": "standard"}]),
        [step("param added", "[0].strategy", now="mean")],
    ),
    "a column that is read no more": (
        lambda task: replace(task, inputs=reading("source:s/a")),
        [Reason("input removed", "source:s", "b")],
    ),
    "columns in another order": (
        lambda task: replace(task, inputs=reading("source:s/b", "source:s/a")),
        [Reason("input order", "of", was=["a", "b"], now=["b", "a"])],
    ),
    "a library": (
        lambda task: replace(task, libraries=("fake-lib",)),
        [Reason("library added", "fake-lib", now="1.0")],
    ),
    "a class that is used": (
        lambda task: replace(task, uses=(Panic,)),
        [Reason("code added", "tests.engine.tasks.Panic")],
    ),
    "a file": (
        lambda task: replace(task, files={"more": local(Path("data/table.txt"))}),
        [Reason("file added", "data/table.txt")],
    ),
}


@pytest.fixture(autouse=True)
def fake_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "Fake_Lib-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reruns_its_task_and_says_why(project: Project, edit: str) -> None:
    change, reasons = EDITS[edit]
    source, train = tasks(project)
    assert project.build([source, train]).ran == ("source:s", "train:late")
    assert project.reasons("train:late") == [Reason("never built", "train:late")]
    assert project.build([source, train]).ran == ()
    foreseen = project.foresee([source, change(train)])["train:late"]
    assert isinstance(foreseen, Stale) and list(foreseen.reasons) == reasons
    assert project.build([source, change(train)]).ran == ("train:late",)
    assert project.reasons("train:late") == reasons
    assert project.build([source, change(train)]).ran == ()


def test_a_result_is_found_again_when_an_edit_is_taken_back(project: Project) -> None:
    source, train = tasks(project)
    first = project.build([source, train])
    second = project.build([source, changed(train, text="bye")])
    assert project.build([source, train]).ran == ()
    assert TaskReused("train:late", first.build) in project.events
    record = find_record(project.store.local, "train:late")
    assert record is not None and record.made == first.build
    assert record.last is not None and record.last.build == second.build
    assert [reason.now for reason in record.last.reasons] == ["bye"]


def test_a_changed_value_reruns_what_reads_it_and_names_the_column(project: Project) -> None:
    both = tasks(project)
    other = text_task("train:other", "", "source:s/a")
    project.build([*both, other])
    project.write("data/table.txt", "a: one\nb: 2\n")
    foreseen = project.foresee([*both, other])
    assert isinstance(foreseen["source:s"], Stale)
    assert foreseen["train:other"] == Unsure(("source:s",), ())
    assert project.build([*both, other]).ran == ("source:s", "train:late")
    assert project.reasons("source:s") == [Reason("file", "data/table.txt")]
    assert project.reasons("train:late") == [Reason("input part", "source:s", "b")]


@pytest.mark.parametrize("edit", ["time", "line", "place", "name", "order", "label"])
def test_what_changes_no_value_reruns_nothing_behind_it(project: Project, edit: str) -> None:
    source, train = tasks(project)
    project.build([source, train])
    path = project.root / "data" / "table.txt"
    expected: tuple[str, ...] = ()
    match edit:
        case "time":
            os.utime(path, (1_000_000_000, 1_000_000_000))
        case "line":
            path.write_text(DATA + "c: three\n")
            expected = ("source:s",)
        case "place":
            project.write("elsewhere.txt", DATA)
            source = replace(source, files={"data": local(Path("elsewhere.txt"))})
        case "name":
            source = replace(source, name="source:renamed")
            train = replace(train, inputs=reading("source:renamed/a", "source:renamed/b"))
        case "order":
            train = replace(train, params=dict(reversed(list(train.params.items()))))
        case "label":
            train = replace(train, labels=("model:late",), origin={}, rank=3)
    assert project.build([source, train]).ran == expected


def test_tasks_see_sorted_parameters_and_lists_for_tuples(project: Project) -> None:
    params = {"z": 1, "text": ("b", {"y": float("nan"), "x": float("-inf")})}
    result = project.build([text_task("t", "", run=show, params=params)])
    assert project.content(result, "t") == "{'text': ['b', {'x': -inf, 'y': nan}], 'z': 1}"


def show(job: Job) -> None:
    job.write("out", repr(job.params).encode())


def test_another_version_of_a_library_is_a_reason(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = text_task("t", "x", libraries=("fake.lib", "not-installed"))
    project.build([task])
    (tmp_path / "newer" / "fake_lib-2.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "newer"), *sys.path])
    assert project.build([task]).ran == ("t",)
    assert project.reasons("t") == [Reason("library", "fake.lib", was="1.0", now="2.0")]


def test_equal_keys_are_one_task(project: Project) -> None:
    twins = [text_task("fit:one", "x"), text_task("fit:two", "x")]
    foreseen = project.foresee(twins)
    assert isinstance(foreseen["fit:one"], Stale)
    assert foreseen["fit:two"] == Unsure(("fit:one",), (Reason("never built", "fit:two"),))
    result = project.build(twins)
    assert (result.ran, result.reused) == (("fit:one",), ("fit:two",))


def test_a_task_that_waits_tells_what_is_known_to_have_changed(project: Project) -> None:
    source, train = tasks(project)
    project.build([source, train])
    project.write("data/table.txt", "a: 1\nb: 2\n")
    foreseen = project.foresee([source, changed(train, text="bye")])["train:late"]
    assert isinstance(foreseen, Unsure) and [reason.now for reason in foreseen.reasons] == ["bye"]


def test_a_failed_verdict_is_foreseen_with_what_it_blocks(project: Project) -> None:
    project.write("data/table.txt", "a: bad\n")
    source = file_task(Path("data/table.txt"), "a")
    check = text_task("contract:s", "", "source:s/a", run=guard, params={"kind": "data"})
    after = text_task("train:late", "", "contract:s/out")
    project.build([source, check, after])
    foreseen = project.foresee([source, check, after])
    assert isinstance(foreseen["source:s"], Fresh)
    assert isinstance(foreseen["contract:s"], FailedBefore)
    assert foreseen["contract:s"].failure.details == {"texts": ["bad"]}
    assert foreseen["train:late"] == Blocked(("contract:s",))


def test_an_input_without_parts_is_no_input(project: Project) -> None:
    task = text_task("t", "x")
    project.build([text_task("s", "y"), task])
    assert project.build([text_task("s", "y"), replace(task, inputs=(Input("of", "s", ()),))]).ran == ()
