"""What tasks ship is in the folder of an output, whatever the order in which the tasks are planned."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from mlbuild import api
from mlbuild.engine.graph import Job, Task
from mlbuild.pipeline import plan
from mlbuild.pipeline.origins import MODELS
from mlbuild.spec.spec import Spec
from tests.projects import SPECS


@pytest.fixture
def spec() -> Spec:
    return api.load(SPECS / "penguins" / "mlbuild.yaml")


def run(job: Job) -> None:
    job.write("note.txt", b"note")


def noting(kind: str, file: str = "note.txt") -> SimpleNamespace:
    """Return a kind of task that ships a file."""

    def planned(scope: Any) -> Iterator[Task]:
        yield scope.ships(
            scope.task(kind, {}, rank=MODELS, run=run, params={}, inputs=(), parts=(file,)), file
        )

    return SimpleNamespace(plan=planned)


def with_last(patch: pytest.MonkeyPatch, section: str, *kinds: SimpleNamespace) -> None:
    patch.setitem(plan.TASKS, section, (*plan.TASKS[section], *kinds))


@pytest.mark.parametrize("section", ["models", "outputs"])
def test_the_last_task_of_a_section_can_ship(
    section: str, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_last(monkeypatch, section, noting("note"))
    tasks = plan.make_plan(spec).tasks
    for name in spec.outputs:
        published = tasks[f"publish:{name}"]
        assert "note.txt" in published.parts
        assert any(one.slot == "note" and one.parts == ("note.txt",) for one in published.inputs)


@pytest.mark.parametrize("section", [one for one in plan.TASKS if one not in ("models", "outputs")])
def test_tasks_of_other_sections_cannot_ship(
    section: str, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_last(monkeypatch, section, noting("note"))
    with pytest.raises(AttributeError, match="ships"):
        plan.make_plan(spec)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ((noting("note", "metrics.json"),), "two tasks ship 'metrics.json'"),
        (
            (noting("note", "a"), noting("note", "b")),
            "two tasks of kind 'note' ship files",
        ),
    ],
)
def test_what_is_shipped_twice_is_refused(
    kinds: tuple[SimpleNamespace, ...], told: str, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_last(monkeypatch, "outputs", *kinds)
    with pytest.raises(AssertionError, match=told):
        plan.make_plan(spec)
