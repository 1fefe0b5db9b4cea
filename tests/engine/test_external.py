"""External inputs need not be files: the engine uses only their interface."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.execution.events import TaskStarted
from tests.engine.memory import memory_store
from tests.engine.remote import Remote, asked, remote
from tests.engine.tasks import Project, file_task, text_task


def test_a_version_is_asked_for_each_time_and_the_content_once(tmp_path: Path) -> None:
    external, store = remote(tmp_path / "far"), memory_store(tmp_path)
    for _ in range(3):
        outside = Digests(store.local, tmp_path)
        assert outside.digest(external) == hashlib.sha256(b"a: one\n").hexdigest()
        assert outside.token(external) == ["1"]
        outside.save()
    assert asked(tmp_path / "far") == 1
    remote(tmp_path / "far", "a: two\n", "2")
    assert Digests(store.local, tmp_path).digest(external) == hashlib.sha256(b"a: two\n").hexdigest()


def test_a_task_reads_what_is_no_file_of_the_project(tmp_path: Path) -> None:
    place = tmp_path / "far"
    project = Project(tmp_path / "project", memory_store(tmp_path / "project"))
    source = replace(file_task(Path("nowhere"), "a", name="s"), files={"data": remote(place)})
    tasks = [source, text_task("t", "read:", "s/a")]

    def ran() -> list[str]:
        project.build(tasks)
        return [event.task for event in project.told(TaskStarted)]

    assert ran() == ["s", "t"]
    assert ran() == []
    remote(place, "a: one\n", "2")  # another version of the same content
    assert ran() == []
    remote(place, "a: two\n", "3")
    assert ran() == ["s", "t"]
    record = find_record(project.store.local, "s")
    assert record is not None and record.ingredients.paths == {"data": "service:far"}
    assert str(place) not in str(record)


def test_what_is_gone_is_told_by_what_it_is_called(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", memory_store(tmp_path / "project"))
    gone = Remote("service:table", tmp_path / "nowhere")
    task = replace(file_task(Path("nowhere"), "a", name="s"), files={"data": gone})
    (failure,) = project.build([task]).failures.values()
    assert failure.message == "file 'service:table' does not exist or cannot be read"
