"""No false reuse, no false rebuild: what runs after each kind of edit, on a project with real rows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.engine.queries.targets import readers_of
from mlbuild.models.metrics import METRICS
from tests.pipeline.coded import Coded, definitions
from tests.projects import DELAYS, after, built, copied, delays

#: A second, linear model on its own features.
TWO = DELAYS.replace(
    "outputs:\n",
    """\
  line:
    type: sklearn.linear_regression
    dataset: departures
    features: [distance, plane_seats]
    preprocessing:
      - {op: impute, columns: plane_seats, strategy: mean}
    target: arr_delay
outputs:
  line: {model: line}
""",
)
#: The tasks that tell people about models: names are part of what they say.
TOLD = {f"{kind}:{name}" for kind in ("report", "publish") for name in ("late", "line")}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the project after its first build."""
    folder = tmp_path_factory.mktemp("pristine")
    built(delays(folder, TWO))
    return folder


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    """Copy the built project to a new folder; return the spec file."""
    copied(pristine, tmp_path / "project")
    return tmp_path / "project" / "mlbuild.yaml"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def ran(file: Path) -> set[str]:
    """Return what a build runs, and check that the next build runs nothing."""
    result = built(file)
    assert built(file).ran == ()
    return set(result.ran)


def test_a_second_build_runs_nothing(project: Path) -> None:
    assert ran(project) == set()


def test_touching_every_file_runs_nothing(project: Path) -> None:
    for file in project.parent.iterdir():
        if file.is_file():
            os.utime(file, (1_900_000_000, 1_900_000_000))
    assert ran(project) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("project: delays", "# a remark\nproject: delays  # and one more", id="comments"),
        pytest.param(
            "mlbuild: 1\nproject: delays\nseed: 3\n", "seed: 3\nmlbuild: 1\nproject: delays\n", id="order"
        ),
        pytest.param(
            "{tailnum: string, year: {dtype: int, nullable: true}, seats: {dtype: int, min: 1}}",
            "{seats: {min: 1, dtype: int}, year: {nullable: true, dtype: int}, tailnum: string}",
            id="order of columns",
        ),
        pytest.param(
            "seats: {dtype: int, min: 1}", "seats: {dtype: int, min: 1, nullable: false}", id="default"
        ),
        pytest.param("num_leaves: 15,", "num_leaves: 15, learning_rate: 0.1,", id="default of a learner"),
        pytest.param("num_leaves: 15,", "num_leaves: 15.0,", id="another spelling"),
        pytest.param("distance * 0.3 + plane_seats / 7", "(distance*0.3) + plane_seats/7.0", id="expression"),
        pytest.param("columns: {far: dist", "columns: {  'far' : dist", id="flow style"),
        pytest.param("tailnum: string, year", "'tailnum': {dtype: string}, year", id="long form"),
        pytest.param(
            "late: {model: late}", "late: {model: late, verify: {rows: 20000}}", id="default of an output"
        ),
        pytest.param("project: delays", "project: delays\nx-team: core", id="a key of the user"),
        pytest.param(
            "seats: {dtype: int, min: 1}",
            "seats: {dtype: int, min: 1, description: told}",
            id="description of a column",
        ),
    ],
)
def test_edits_without_meaning_run_nothing(project: Path, old: str, new: str) -> None:
    edit(project, old, new)
    assert ran(project) == set()


def test_dropping_what_an_artifact_takes_moves_only_its_rows(project: Path) -> None:
    edit(
        project,
        "    split: {type: hash",
        "      - {op: select, columns: {except: plane_year}}\n    split: {type: hash",
    )
    plan = api.plan(api.load(project))
    rows = {*readers_of(plan)["dataset:departures"]} & after(project, "artifact:late")
    assert ran(project) == {"dataset:departures", "describe:departures", "drift:departures", *rows, *TOLD}


def test_renaming_what_no_model_reads_reruns_no_training(project: Path) -> None:
    edit(
        project,
        "    split: {type: hash",
        "      - {op: rename, columns: {tailnum: tail}}\n    split: {type: hash",
    )
    edit(project, "key: [tailnum,", "key: [tail,")
    # The key of the split is also what the clusters of the metrics are named after.
    measured = [f"{kind}:{name}" for kind in ("evaluate", "importance") for name in ("late", "line")]
    assert ran(project) == {
        "dataset:departures",
        "describe:departures",
        "drift:departures",
        *after(project, *measured),
    }


def test_a_hyper_parameter_reruns_training_and_what_follows(project: Path) -> None:
    edit(project, "num_leaves: 15", "num_leaves: 12")
    assert ran(project) == after(project, "train:late")


def test_a_binning_parameter_reruns_the_bins_too(project: Path) -> None:
    edit(project, "num_leaves: 15", "num_leaves: 15, max_bin: 63")
    assert ran(project) == after(project, "bin:late")


def test_a_feature_of_one_model_reruns_nothing_of_the_other(project: Path) -> None:
    edit(project, "features: [distance, plane_seats]", "features: [distance, plane_seats, plane_year]")
    edit(
        project, "columns: plane_seats, strategy: mean", "columns: [plane_seats, plane_year], strategy: mean"
    )
    assert {name.partition(":")[2] for name in {*ran(project)} - {"drift:departures"}} == {"line"}


def test_going_back_restores_without_running(project: Path) -> None:
    edit(project, "num_leaves: 15", "num_leaves: 12")
    first = (project.parent / "dist/late/model.onnx").read_bytes()
    built(project)
    assert (project.parent / "dist/late/model.onnx").read_bytes() != first
    edit(project, "num_leaves: 12", "num_leaves: 15")
    result = built(project)
    assert (result.ran, result.restored) == ((), ("publish:late",))
    assert (project.parent / "dist/late/model.onnx").read_bytes() == first


def planes_with(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def apply(file: Path) -> None:
        planes = file.parent / "planes.csv"
        planes.write_text("\n".join(change(planes.read_text().splitlines())) + "\n")

    return apply


def test_an_unused_column_stops_at_the_source(project: Path) -> None:
    planes_with(lambda lines: [f"{line},{'x' if number else 'extra'}" for number, line in enumerate(lines)])(
        project
    )
    assert ran(project) == {"source:planes"}


def test_a_loosened_bound_is_checked_and_told_to_clients(project: Path) -> None:
    edit(project, "seats: {dtype: int, min: 1}", "seats: {dtype: int, min: 0}")
    assert ran(project) == {"contract:planes", "publish:late", "publish:line"}


def test_a_bound_of_a_column_that_no_client_sends_stops_at_the_contract(project: Path) -> None:
    edit(
        project,
        "arr_delay: {dtype: int, nullable: true,",
        "arr_delay: {dtype: int, nullable: true, min: -500,",
    )
    assert ran(project) == {"contract:flights"}


def test_a_csv_as_parquet_with_the_same_values_stops_at_the_source(project: Path) -> None:
    import polars as pl

    frame = pl.read_csv(project.parent / "planes.csv", null_values=["NA"])
    frame.write_parquet(project.parent / "planes.parquet")
    edit(
        project,
        "{path: planes.csv, null_values: [NA], contract: plane}",
        "{path: planes.parquet, contract: plane}",
    )
    assert ran(project) == {"source:planes"}


def test_a_renamed_dataset_and_model_are_only_told(project: Path) -> None:
    for old, new in (
        ("departures", "flown"),
        ("  line:\n    type", "  straight:\n    type"),
        ("model: line", "model: straight"),
    ):
        edit(project, old, new)
    assert ran(project) == TOLD


def test_a_description_is_only_told(project: Path) -> None:
    edit(project, "project: delays", "project: delays\ndescription: told")
    assert ran(project) == TOLD


def test_a_changed_value_reruns_what_reads_its_column(project: Path) -> None:
    planes_with(lambda lines: [lines[0].replace("seats", "places"), *lines[1:]])(project)
    edit(project, "seats: {dtype: int, min: 1}", "seats: {dtype: int, min: 1, nullable: true}")
    result = api.build(api.load(project), threads=1)
    assert list(result.failures) == ["contract:planes"]
    assert not {name for name in result.ran if name.startswith(("fit", "train"))}


@pytest.mark.parametrize("damage", ["deleted file", "edited file", "extra file", "deleted folder"])
def test_dist_is_repaired_without_training(project: Path, damage: str) -> None:
    folder = project.parent / "dist/late"
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    if damage == "deleted file":
        (folder / "parity.json").unlink()
    elif damage == "edited file":
        (folder / "model.onnx").write_bytes(b"other")
    elif damage == "extra file":
        (folder / "notes.txt").write_text("mine")
    else:
        shutil.rmtree(folder)
    result = built(project)
    assert (result.ran, result.restored) == ((), ("publish:late",))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


CALIBRATION = {"calibration_error", "calibration_intercept", "calibration_slope"}


def test_only_what_measures_a_model_depends_on_its_metrics(pristine: Path) -> None:
    """A change of a metric runs `evaluate:M` of the models that compute it, `importance:O` of the outputs whose first
    metric it is, and nothing else. Every evaluation looks at the calibration.
    """
    spec = api.load(pristine / "mlbuild.yaml")
    metric = {f"{one.__module__}:{one.__name__}": one.metric for one in METRICS}
    found = {
        name: {
            metric[one]
            for versions in definitions((Coded.of(task),)).values()
            for one in versions
            if one in metric
        }
        for name, task in api.plan(spec).tasks.items()
    }
    assert {name: metrics for name, metrics in found.items() if metrics} == {
        f"evaluate:{model.name}": {one.metric for one in model.metrics} | CALIBRATION
        for model in spec.models.values()
    } | {
        f"importance:{output.name}": {spec.models[output.model].metrics[0].metric}
        for output in spec.outputs.values()
    }
