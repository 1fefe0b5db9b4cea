"""`mlbuild export` writes the records of builds for other tools."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import event_v2, facet_v2

from tests.cli.running import Command
from tests.cli.test_runs import records
from tests.cli.tracking.mlflow_server import in_this_process, mlflow, runs_of
from tests.cli.tracking.project import SPEC, told, visits

#: A metric whose label has characters that no key can have.
ODD = SPEC.replace("accuracy]", "accuracy, {metric: f_beta, beta: 2.0}]")


def three_builds(mlbuild: Command) -> list[dict[str, Any]]:
    """Make a build, a trial and one that fails; return their records."""
    visits(mlbuild.folder, ODD)
    assert mlbuild("build").code == 0
    assert mlbuild("build", "--set", "models.one.params.C=0.5").code == 0
    (mlbuild.folder / "visits.csv").write_text("id,person,x,z,y\n1,1,a,1,true\n")
    assert mlbuild("build").code == 3
    return records(mlbuild.folder)


def values(pairs: Any) -> dict[str, Any]:
    return {one["key"]: one["value"] for one in pairs}


def test_each_build_is_one_run_however_often_it_is_exported(mlbuild: Command, tmp_path: Path) -> None:
    first, second, third = three_builds(mlbuild)
    folder = tmp_path / "server"
    folder.mkdir()
    with mlflow(folder) as uri:
        one = mlbuild("export", "mlflow", "--uri", uri, "--build", first["build"])
        assert (one.code, one.out) == (0, "experiment 'visits': 1 new run\n"), one.err
        rest = told(mlbuild("export", "mlflow", "--uri", f"{uri}/", "--json").out)
        assert (rest["written"], rest["known"], rest["experiment"]) == (2, 1, "visits")
        again = mlbuild("export", "mlflow", "--uri", uri)
        assert again.out == "experiment 'visits': 0 new runs; 3 builds had one\n"
        found = runs_of(uri, "visits")
    assert {name: run["info"]["status"] for name, run in found.items()} == {
        first["build"]: "FINISHED",
        second["build"]: "FINISHED",
        third["build"]: "FAILED",
    }
    metrics, params = (
        values(found[first["build"]]["data"]["metrics"]),
        values(found[first["build"]]["data"]["params"]),
    )
    for name, value in first["metrics"]["one"]["test"].items():
        assert metrics[
            f"one.test.{name.replace('(', '_').replace('=', '_').replace(')', '_')}"
        ] == pytest.approx(value)
    low, high = first["intervals"]["one"]["splits"]["test"]["roc_auc"]
    assert (metrics["one.test.roc_auc.low"], metrics["one.test.roc_auc.high"]) == pytest.approx((low, high))
    assert params["models.one.params.C"] == "1.0" and params["models.one.features"] == '["x", "z"]'
    assert values(found[second["build"]]["data"]["params"])["models.one.params.C"] == "0.5"
    tags = values(found[first["build"]]["data"]["tags"])
    assert tags["mlbuild.sha256.dist/one/model.onnx"] == first["outputs"]["dist/one"]["model.onnx"]
    (data,) = (
        found[first["build"]]["inputs"]["dataset_inputs"]
        if "dataset_inputs" in found[first["build"]]["inputs"]
        else found[first["build"]]["inputs"]
    )
    assert data["dataset"]["name"] == "visits" and first["sources"]["visits"].startswith(
        data["dataset"]["digest"]
    )
    start = datetime.fromisoformat(first["started"]).timestamp() * 1000
    assert int(found[first["build"]]["info"]["start_time"]) == int(start)


@pytest.mark.parametrize("at", ["runs/create", "runs/log-batch", "runs/log-inputs", "runs/update"])
def test_an_export_that_broke_off_is_completed(mlbuild: Command, at: str) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build", "evaluate:one").code == 0
    with in_this_process() as (uri, memory):
        memory.fails_at = at
        broken = mlbuild("export", "mlflow", "--uri", uri)
        assert broken.code == 1 and "MLflow refused: INTERNAL_ERROR: it fails" in broken.err
        memory.fails_at = None
        assert mlbuild("export", "mlflow", "--uri", uri).out == "experiment 'visits': 1 new run\n"
        (run,) = memory.runs.values()
        assert run["info"]["status"] == "FINISHED" and run["data"]["metrics"] and run["inputs"]


def test_a_server_can_ask_for_a_password(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build", "evaluate:one").code == 0
    with in_this_process() as (uri, memory):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
        assert mlbuild("export", "mlflow", "--experiment", "other ones").code == 0
        assert {headers["Authorization"] for _, _, headers in memory.asked} == {"Bearer secret"}
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ann")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
        assert mlbuild("export", "mlflow").code == 0
        assert memory.asked[-1][2]["Authorization"] == "Basic YW5uOnNlY3JldA=="
        assert [*memory.experiments] == ["other ones", "visits"]


#: The classes of the client for the facets that we write.
FACETS: dict[str, type] = {
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "documentation": facet_v2.documentation_job.DocumentationJobFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
}


def accepted(facets: dict[str, Any]) -> set[str]:
    """Check facets with the client of OpenLineage; return their names."""
    for name, facet in facets.items():
        assert facet["_producer"] and facet["_schemaURL"]
        if name in FACETS:
            made = FACETS[name](**{key: value for key, value in facet.items() if not key.startswith("_")})
            wanted = made._get_schema().rpartition("/")[2]
            assert (
                facet["_schemaURL"].rpartition("/")[2] == wanted and f"/{wanted}.json#" in facet["_schemaURL"]
            )
    return {*facets}


def test_events_are_those_of_the_client_of_openlineage(mlbuild: Command) -> None:
    first, _, third = three_builds(mlbuild)
    done = mlbuild("export", "openlineage", "-o", "events.jsonl")
    assert done.out == "wrote 6 events of 3 builds to 'events.jsonl'\n"
    lines = (mlbuild.folder / "events.jsonl").read_text().splitlines()
    assert mlbuild("export", "openlineage").out.splitlines() == lines
    events = [json.loads(line) for line in lines]
    assert told(mlbuild("export", "openlineage", "--json").out)["events"] == events
    assert [event["eventType"] for event in events] == [
        "START",
        "COMPLETE",
        "START",
        "COMPLETE",
        "START",
        "FAIL",
    ]
    for event in events:
        made = event_v2.RunEvent(
            eventTime=event["eventTime"],
            eventType=event_v2.RunState[event["eventType"]],
            producer=event["producer"],
            run=event_v2.Run(event["run"]["runId"]),
            job=event_v2.Job(event["job"]["namespace"], event["job"]["name"]),
        )
        assert made.schemaURL.rpartition("/")[2] == event["schemaURL"].rpartition("/")[2]
        assert uuid.UUID(event["run"]["runId"]) and datetime.fromisoformat(event["eventTime"]).tzinfo
        assert event.keys() >= {"inputs", "outputs"}
        assert accepted(event["run"]["facets"]) >= {"processing_engine", "mlbuild"}
        accepted(event["job"]["facets"])
    assert events[0]["run"]["runId"] == events[1]["run"]["runId"] != events[2]["run"]["runId"]
    (source,) = events[1]["inputs"]
    assert source["name"] == "visits.csv" and accepted(source["facets"]) == {"version", "schema"}
    assert source["facets"]["version"]["datasetVersion"] == first["sources"]["visits"]
    assert {"name": "x", "type": "float"} in source["facets"]["schema"]["fields"]
    (model,) = events[1]["outputs"]
    assert model["name"] == "dist/one/model.onnx" and accepted(model["facets"]) == {"version"}
    assert model["facets"]["version"]["datasetVersion"] == first["outputs"]["dist/one"]["model.onnx"]
    assert events[3]["outputs"] == [], "a trial publishes nothing"
    failure = third["tasks"]["source:visits"].get("failure") or third["tasks"]["contract:visits"]["failure"]
    assert events[5]["run"]["facets"]["errorMessage"]["message"] == failure["message"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["mlflow"], 2, "no MLflow server is named"),
        (["mlflow", "--uri", "ftp://x"], 7, "it is not an http or https URL"),
        (["mlflow", "--uri", "http://ann:secret@localhost:1"], 7, "user and password belong into"),
        (
            ["mlflow", "--uri", "http://localhost:1"],
            7,
            "cannot reach an MLflow server at 'http://localhost:1'",
        ),
        (["mlflow", "--uri", "http://[1"], 7, "it is not an http or https URL"),
        (["mlflow", "--uri", "http://x", "-o", "y"], 2, "'export mlflow' has no --output"),
        (["openlineage", "--uri", "x"], 2, "'export openlineage' has no --uri"),
        (["openlineage", "-o", "no/such/folder"], 7, "cannot write 'no/such/folder'"),
        (["openlineage", "--build", "x"], 2, "there is no build 'x'"),
        (["wandb"], 2, "invalid choice: 'wandb'"),
    ],
)
def test_what_cannot_be_done_says_why(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, message: str
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    visits(mlbuild.folder)
    assert mlbuild("build", "contract:visits").code == 0
    done = mlbuild("export", *words)
    assert done.code == code and message in done.err and "secret" not in done.err
