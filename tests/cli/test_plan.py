"""The exact output of `plan` and `status` before a build, and of the summary after it."""

from __future__ import annotations

import json
import re

import pytest

from mlbuild import api
from mlbuild.cli.output.printing import seconds_text
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.targets import sources_of, with_descendants
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command, Ran
from tests.cli.small import ROWS, small

#: The durations of some tasks; the others take no time.
LONG = {
    "source:rows": 0.25,
    "contract:rows": 0.5,
    "dataset:all": 1.0,
    "fit:one": 0.125,
    "features:one": 0.25,
    "bin:one": 12.0,
    "train:one": 3_725.0,
    "predict:one": 65.4,
    "artifact:one": 0.5,
    "verify:one": 2.0,
    "report:one": 0.25,
    "importance:one": 0.125,
    "publish:one": 0.25,
}
MORE_LEAVES = ("--set", "models.one.params.num_leaves=5")


@pytest.fixture
def project(mlbuild: Command) -> Command:
    """The built project, with these durations."""
    small(mlbuild.folder)
    assert mlbuild("build").code == 0
    open_store(mlbuild.folder).local.keep_note("times", times(mlbuild))
    return mlbuild


def planned(project: Command) -> Plan:
    return api.plan(api.load(project.folder / "mlbuild.yaml"))


def times(project: Command) -> dict[str, float]:
    """Return the duration of each task."""
    return {name: LONG.get(name, 0.0) for name in planned(project).tasks}


def trained(project: Command) -> frozenset[str]:
    """Return the tasks that a parameter of the learner affects: the one that runs, and those that may run."""
    return with_descendants(planned(project), ["train:one"])


def lines(done: Ran) -> list[str]:
    assert done.code == 0, done.err
    return done.out.splitlines()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"),
        (0.126, "0.13 s"),
        (59.99, "59.99 s"),
        (59.996, "1 min 00 s"),
        (119.6, "2 min 00 s"),
        (3_599.4, "59 min 59 s"),
        (3_599.6, "1 h 00 min"),
        (90_060, "25 h 01 min"),
    ],
)
def test_a_time_is_told_in_units_that_suit_it(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_before_the_first_build_no_time_is_told(mlbuild: Command) -> None:
    small(mlbuild.folder)
    found = lines(mlbuild("plan"))
    assert found[0] == "RUN     source:rows     never built"
    assert found[3] == "MAYBE   dataset:all     depends on the results of contract:rows, source:rows"
    count = len(planned(mlbuild).tasks)
    assert found[-1] == f"1 RUN, {count - 1} MAYBE"
    assert lines(mlbuild("build", "-n")) == found
    estimate = json.loads(mlbuild("plan", "--json").out)["estimate"]
    path = {"seconds": 0.0, "tasks": []}
    assert estimate == {"least_seconds": 0, "most_seconds": 0, "unknown": count, "critical_path": path}


def test_where_all_is_up_to_date_no_time_is_told(project: Command) -> None:
    names = planned(project).tasks
    assert lines(project("plan")) == lines(project("build", "-n")) == [f"{len(names)} REUSE"]
    *tasks, count = lines(project("plan", "-v"))
    assert lines(project("build", "-n", "-v")) == [*tasks, count]
    assert sorted(tasks) == sorted(f"REUSE   {task}" for task in names)
    assert count == f"{len(names)} REUSE"


def test_what_runs_or_may_is_told_with_its_time(project: Command) -> None:
    told = "models.one.params.num_leaves: 4 -> 5 (--set:1)"
    first, *others, count, estimate = lines(project("plan", *MORE_LEAVES))
    assert first == f"RUN     train:one       1 h 02 min  {told}"
    affected = trained(project)
    waiting = {
        name: sorted(affected.intersection(sources)) for name, sources in sources_of(planned(project)).items()
    }
    assert sorted(others) == sorted(
        f"MAYBE   {name:<14} {seconds_text(LONG.get(name, 0.0)):>11}"
        f"  depends on the result{'s' * (len(waiting[name]) > 1)} of {', '.join(waiting[name])}"
        + f"; {told}"
        * (name == "report:one")
        for name in affected - {"train:one"}
    )
    assert {
        "MAYBE   artifact:one        0.50 s  depends on the result of train:one",
        "MAYBE   evaluate:one        0.00 s  depends on the results of predict:one, train:one",
    } <= {*others}
    assert count == f"1 RUN, {len(others)} MAYBE, {len(waiting) - len(affected)} REUSE"
    assert estimate == "estimated: 1 h 02 min for RUN, up to 1 h 03 min with MAYBE; critical path 1 h 03 min"


def test_times_in_the_document(project: Command) -> None:
    document = json.loads(project("plan", "--json", *MORE_LEAVES).out)
    tasks = ["train:one", "predict:one", "verify:one", "report:one", "publish:one"]
    assert document["estimate"] == {
        "least_seconds": 3_725.0,
        "most_seconds": 3_793.525,
        "unknown": 0,
        "critical_path": {"seconds": 3_792.9, "tasks": tasks},
    }
    told = {task["task"]: task["seconds"] for task in document["tasks"]}
    affected = trained(project)
    assert told == {task: time if task in affected else None for task, time in times(project).items()}


def test_a_task_that_never_ran_has_no_time(project: Command) -> None:
    known = {task: time for task, time in times(project).items() if task not in ("train:one", "verify:one")}
    open_store(project.folder).local.keep_note("times", known)
    *_, count, estimate = lines(project("plan", *MORE_LEAVES))
    affected = len(trained(project))
    assert count == f"1 RUN, {affected - 1} MAYBE, {len(times(project)) - affected} REUSE"
    assert estimate == (
        "estimated: 0.00 s for RUN, up to 1 min 07 s with MAYBE; critical path 1 min 06 s; no estimate for 2 tasks"
    )


def test_what_is_forced_runs_whatever_it_waits_for(project: Command) -> None:
    assert lines(project("plan", "--force", "train:one", "bin:one")) == [
        "RUN     bin:one       12.00 s  forced",
        "RUN     train:one  1 h 02 min  forced",
        "2 RUN, 5 REUSE",
        "estimated: 1 h 02 min for RUN; critical path 1 h 02 min",
    ]
    assert lines(project("plan", "--force"))[-2] == f"{len(planned(project).tasks)} RUN"
    tasks = json.loads(project("build", "--force", "--json").out)["tasks"]
    assert {task["outcome"] for task in tasks} == {"ran"}


def test_a_folder_that_is_restored(project: Command) -> None:
    (project.folder / "dist/one/model.onnx").write_bytes(b"mine")
    (project.folder / "dist/one/metrics.json").unlink()
    told = "dist/one/metrics.json is missing; dist/one/model.onnx was edited"
    others = len(planned(project).tasks) - 1
    assert lines(project("plan")) == [f"RESTORE publish:one  {told}", f"{others} REUSE, 1 RESTORE"]
    assert project("status").out.splitlines() == [
        "dist/one  stale, built just now",
        f" stale  publish:one  {told}",
        f"{others} up to date, 1 stale; last built just now",
    ]
    assert project("build").err.splitlines()[0] == f" restored  publish:one  {told}"


@pytest.mark.parametrize("words", [[], ["-k"]])
def test_what_failed_is_told_again_with_what_it_blocks(project: Command, words: list[str]) -> None:
    small(project.folder, ROWS + "many,false\n")
    done = project("build", *words)
    assert done.code == 3
    blocked = len(planned(project).tasks) - 3
    assert f"  blocked  {blocked} tasks (contract:rows failed)" in done.err.splitlines()
    (told,) = (
        line for line in project("build", "-v", *words).err.splitlines() if line.startswith("  blocked")
    )
    assert told.count(":") == blocked + 1 and "publish:one" in told
    found = lines(project("plan", "-v", *words))
    reused = ["REUSE   source:rows", "REUSE   describe:rows"]
    others = [line for line in found if line not in reused]
    assert others == lines(project("plan", *words)), "what is up to date is only counted"
    assert others[0] == "FAILED  contract:rows   the table violates its contract: 1 rule is violated"
    assert {line[:7] + line[23:] for line in others[1:-1]} == {"BLOCKED contract:rows failed"}
    assert found[-1] == f"2 REUSE, {blocked} BLOCKED, 1 FAILED"
    assert project("status").out.splitlines() == [
        "dist/one  stale, built just now",
        "failed  contract:rows  the table violates its contract: 1 rule is violated",
        f"2 up to date, {blocked} blocked, 1 failed; last built just now",
    ]


def test_status(project: Command) -> None:
    assert project("status").out.splitlines() == [
        "dist/one  up to date, built just now",
        f"{len(planned(project).tasks)} up to date; last built just now",
    ]
    stale = len(trained(project))
    done = project("status", *MORE_LEAVES)
    assert done.code == 6
    assert done.out.splitlines() == [
        "dist/one  from another build, built just now by 'mlbuild build'",
        " stale  train:one  models.one.params.num_leaves: 4 -> 5 (--set:1)",
        f"{len(planned(project).tasks) - stale} up to date, {stale} stale; last built just now",
    ]


def test_the_summary_tells_the_critical_path(project: Command) -> None:
    sets = ("--set", "models.one.params.num_iterations=4", "--set", "outputs.one.report=false")
    summary, path = project("build", *sets).err.splitlines()[-2:]
    ran = len(trained(project)) - 1  # without the report
    assert re.fullmatch(rf"{ran} ran, {len(planned(project).tasks) - ran - 1} reused in \d+\.\d\d s", summary)
    among = r"(artifact|predict):one \S+ s, (verify|evaluate|importance|profile|examples):one \S+ s, publish:one \S+ s"
    assert re.fullmatch(rf"critical path \S+ s: train:one \S+ s, {among}", path)
    assert "critical path" not in project("build").err


def test_the_summary_names_the_slowest_of_many(project: Command) -> None:
    path = project("build", "--force").err.splitlines()[-1]
    assert re.fullmatch(r"critical path \S+ s: (\S+:\S+ \S+ s, ){4}\d+ more \S+ s", path)


def test_a_build_tells_of_each_task_how_it_ended(project: Command) -> None:
    first = json.loads(project("build", "--json").out)
    document = json.loads(project("build", "--json", "--set", "models.one.params.num_iterations=4").out)
    tasks = {task["task"]: task for task in document["tasks"]}
    assert tasks["train:one"]["outcome"] == "ran" and tasks["train:one"]["seconds"] > 0
    assert tasks["train:one"]["made"] == document["build"]
    assert tasks["bin:one"] == {
        "task": "bin:one",
        "outcome": "reused",
        "seconds": None,
        "made": {task["task"]: task["made"] for task in first["tasks"]}["bin:one"],
    }
    path = document["critical_path"]
    assert path["tasks"][0] == "train:one" and path["tasks"][-1] == "publish:one"
    assert path["seconds"] == pytest.approx(sum(tasks[task]["seconds"] for task in path["tasks"]), abs=1e-3)
