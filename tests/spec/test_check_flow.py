"""The checked spec: what it knows about every table, matrix and artifact without reading rows."""

from __future__ import annotations

from pathlib import Path

from mlbuild.data.splits.hash import Hash
from mlbuild.spec.check import check
from mlbuild.spec.spec import Spec
from tests.spec.checking import changed, spec_of
from tests.spec.written import ROOT


def flights() -> Spec:
    spec, _ = check(ROOT / "specs/flights/mlbuild.yaml")
    assert spec is not None
    return spec


def test_types_in_both_readings() -> None:
    table = flights().datasets["departures"].table
    readings = {
        name: (str(column.served), str(column.trained))
        for name, column in table.columns.items()
        if name in ("time_hour", "distance", "arr_delay", "temp", "precip", "plane_year", "late", "plane_age")
    }
    assert readings == {
        "time_hour": ("datetime", "datetime"),
        "distance": ("int", "int"),
        "arr_delay": ("int, nullable", "int"),
        "temp": ("float, nullable", "float, nullable"),
        "precip": ("float, nullable", "float, nullable"),
        "plane_year": ("int, nullable", "int, nullable"),
        "late": ("bool, nullable", "bool"),
        "plane_age": ("int, nullable", "int, nullable"),
    }


def test_the_matrix_of_the_learner() -> None:
    model = flights().models["late"]
    assert {name: str(type_) for name, type_ in model.matrix.items()} == {
        "carrier": "category, nullable",
        "origin": "category, nullable",
        "dest": "category, nullable",
        "sched_dep_hour": "int",
        "sched_dep_minute": "int",
        "sched_dep_weekday": "int",
        "distance": "int",
        "temp": "float",
        "humid": "float",
        "wind_dir": "float, nullable",
        "wind_speed": "float",
        "precip": "float",
        "pressure": "float, nullable",
        "visib": "float",
        "plane_age": "int, nullable",
        "plane_seats": "int, nullable",
        "plane_manufacturer": "category, nullable",
    }
    assert list(model.matrix)[3:6] == ["sched_dep_hour", "sched_dep_minute", "sched_dep_weekday"]
    assert model.target.type.dtype == "bool"
    assert not model.target.type.nullable


def test_the_artifact_takes_raw_columns_and_derives_the_rest() -> None:
    way = flights().outputs["late"].serving
    inputs = {one.name: one.column for one in way.inputs}
    assert "plane_year" in inputs
    assert list(way.derived) == ["plane_age"]
    assert not {"plane_age", "arr_delay", "late", "time_hour", "tailnum"} & set(inputs)
    assert inputs["plane_manufacturer"].null_token == ""


def test_a_dataset_that_continues_another_is_flattened(tmp_path: Path) -> None:
    spec = spec_of(
        tmp_path,
        changed(
            ("    split: {type: time, column: day, valid_from: 2013-10-01}\n", ""),
            (
                "preprocessing:\n  tab",
                "  split:\n    from: departures\n    steps: [{op: derive, columns: {farther: distance > 2000}}]\n"
                "    split: {type: hash, key: carrier, valid: 0.5}\npreprocessing:\n  tab",
            ),
            ("    dataset: departures\n", "    dataset: split\n"),
        ),
    )
    dataset = spec.datasets["split"]
    assert dataset.source == "flights"
    assert [(stage.step.op, stage.at) for stage in dataset.stages] == [
        ("join", ("datasets", "departures", "steps", 0)),
        ("filter", ("datasets", "departures", "steps", 1)),
        ("derive", ("datasets", "departures", "steps", 2)),
        ("derive", ("datasets", "split", "steps", 0)),
    ]
    assert [list(stage.others) for stage in dataset.stages] == [["planes"], [], [], []]
    for before, after in zip(dataset.stages, dataset.stages[1:], strict=False):
        assert before.after == after.before
    assert dataset.table == dataset.stages[-1].after
    assert list(dataset.table.columns)[-1] == "farther"
    assert dataset.split == Hash(key=("carrier",), valid=0.5, seed=7)


def test_a_spec_knows_its_places(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, changed())
    assert spec.root == tmp_path
    assert spec.sources["flights"].located.sample == tmp_path / "flights.csv"
    assert spec.place(("models", "late", "early_stopping", "rounds")) == (str(tmp_path / "mlbuild.yaml"), 44)
    assert spec.place(("models", "late", "params", "num_leaves"))[1] == 37
    assert spec.models["late"].steps_at == ("preprocessing", "tabular")
    assert spec.place((*spec.models["late"].steps_at, 0))[1] == 34


def test_two_checks_of_one_text_are_equal(tmp_path: Path) -> None:
    one, other = spec_of(tmp_path, changed()), spec_of(tmp_path, changed())
    assert (one.sources, one.datasets, one.models, one.outputs) == (
        other.sources,
        other.datasets,
        other.models,
        other.outputs,
    )
