"""However a build ends, its exit code says how, and so does the document with `--json`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlbuild import api
from mlbuild.diagnostics import Failed, Failure
from mlbuild.pipeline.tasks import evaluate
from tests.cli.running import Command
from tests.cli.small import small

HEAD = ("schema_version", "command", "ok", "exit_code")


def document(mlbuild: Command, *words: str, code: int) -> dict[str, Any]:
    done = mlbuild(*words, "--json")
    assert done.code == code
    assert not [line for line in done.err.splitlines() if not line.startswith("   failed  ")]
    told: dict[str, Any] = json.loads(done.out)
    assert tuple(told)[:4] == HEAD
    assert [told[key] for key in HEAD] == [1, words[0], code == 0, code]
    return told


def raising(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def evaluated(*_: object) -> None:
        raise error

    monkeypatch.setattr(evaluate, "evaluate", evaluated)


@pytest.mark.parametrize(
    ("error", "kind", "code", "message"),
    [
        (ZeroDivisionError("by zero"), "task", 1, "ZeroDivisionError: by zero"),
        (Failed(Failure("data", "no rows")), "data", 3, "no rows"),
        (Failed(Failure("gate", "worse than before")), "gate", 4, "worse than before"),
        (Failed(Failure("parity", "it answers otherwise")), "parity", 5, "it answers otherwise"),
    ],
)
def test_a_task_that_fails(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str, code: int, message: str
) -> None:
    small(mlbuild.folder)
    raising(monkeypatch, error)
    as_text = mlbuild("build")
    assert as_text.code == code
    assert as_text.out == "" and f"   failed  evaluate:one: {message}" in as_text.err.splitlines()
    told = document(mlbuild, "build", code=code)
    ((task, failure),) = told["failures"].items()
    assert (task, failure["kind"], failure["message"]) == ("evaluate:one", kind, message)
    outcomes = {task["task"]: task["outcome"] for task in told["tasks"]}
    assert (outcomes["evaluate:one"], outcomes["publish:one"]) == ("failed", "blocked")
    assert told["outputs"] == []


def test_all_is_well(mlbuild: Command) -> None:
    small(mlbuild.folder)
    told = document(mlbuild, "build", code=0)
    assert (told["failures"], told["unsteady"]) == ({}, {})
    assert [output["artifact"] for output in told["outputs"]] == ["dist/one/model.onnx"]
    for words in (
        ["plan", "--exit-code"],
        ["status"],
        ["why", "model:one"],
        ["query", "model:one"],
        ["graph"],
    ):
        document(mlbuild, *words, code=0)


def test_something_is_stale(mlbuild: Command) -> None:
    small(mlbuild.folder)
    assert document(mlbuild, "plan", code=0)["up_to_date"] is False
    assert document(mlbuild, "plan", "--exit-code", code=6)["up_to_date"] is False
    assert document(mlbuild, "status", code=6)["tasks"] == {
        "stale": len(api.plan(api.load(mlbuild.folder / "mlbuild.yaml")).tasks)
    }
    assert mlbuild("build", "-n", "--json").out == mlbuild("plan", "--json").out
