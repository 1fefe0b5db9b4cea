"""What running tasks report about their progress, in this process and in workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.execution.events import Event, TaskDone, TaskFailed, TaskProgress
from mlbuild.engine.graph import Task
from mlbuild.engine.paced import Paced
from mlbuild.engine.store.store import DiskStore
from mlbuild.progress import Progress
from tests.engine.tasks import Project, counts


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, DiskStore.at(tmp_path))


def task(name: str, dies: bool = False) -> Task:
    return Task(name, "text", counts, {"dies": dies, "name": name}, ("out",))


def kinds(events: list[Event], name: str) -> list[type[Event]]:
    return [type(event) for event in events if getattr(event, "task", None) == name]


@pytest.mark.parametrize("options", [{}, {"twice": True}], ids=["once", "twice"])
@pytest.mark.parametrize("workers", [False, True], ids=["in process", "workers"])
def test_the_build_hears_of_progress_between_start_and_end(
    project: Project, workers: bool, options: dict[str, Any]
) -> None:
    executor = project.workers() if workers else None
    result = project.build([task("a"), task("b")], executor=executor, **options)
    assert result.ok
    for name in "ab":
        reports = [event.progress for event in project.told(TaskProgress) if event.task == name]
        assert reports[0] == Progress(1, 1000, "steps")
        assert len(reports) < 100  # far fewer than were made, however slow this machine is
        assert kinds(project.events, name)[-1] is TaskDone
        assert project.content(result, name) == "counted"


def test_a_worker_that_dies_was_heard_before(project: Project) -> None:
    result = project.build([task("a", dies=True)], executor=project.workers())
    assert "SIGKILL" in result.failures["a"].message
    assert project.told(TaskProgress)[0] == TaskProgress("a", Progress(1, 1000, "steps"))
    assert kinds(project.events, "a")[-1] is TaskFailed


def test_reports_are_passed_on_at_a_limited_pace() -> None:
    now, heard = [0.0], list[Progress]()
    report = Paced(heard.append, seconds=1.0, clock=lambda: now[0])
    for done in range(100):
        now[0] = done / 10
        report(done, None, "rows")
    assert [progress.done for progress in heard] == [*range(0, 100, 10)]
    assert heard[0] == Progress(0, None, "rows")
