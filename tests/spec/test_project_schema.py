"""The schema of one project: it has the project's names, and refuses nothing that `check` accepts."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.kinds import Json
from mlbuild.spec.check import check
from mlbuild.spec.layers.files import read_spec
from mlbuild.spec.names.known import known_names
from mlbuild.spec.names.schema import build_project_schema
from mlbuild.spec.text.tree import Document
from tests.budget import examples, seed
from tests.spec.checking import FLIGHTS, changed
from tests.spec.generated import generated
from tests.spec.written import EXAMPLES

HEADERS = {
    "flights.csv": "day,carrier,tailnum,distance,arr_delay,dest\n",
    "planes.csv": "tailnum,seats,year\n",
}


def project(folder: Path, text: str) -> tuple[Json, Any]:
    """Return the project schema of a spec whose files have `HEADERS`, and the value of the spec."""
    for name, header in HEADERS.items():
        (folder / name).write_text(header)
    (folder / "mlbuild.yaml").write_text(text)
    return schema_of(folder / "mlbuild.yaml")


def schema_of(file: Path) -> tuple[Json, Any]:
    document = read_spec(file)
    assert isinstance(document, Document)
    schema = build_project_schema(known_names(document))
    Draft7Validator.check_schema(schema)
    return schema, document.value


def refused(schema: Json, value: Any) -> list[str]:
    """Return the paths of what a schema refuses, each with the message that editors show."""
    found = []
    for error in Draft7Validator(schema).iter_errors(value):
        while error.context:
            error = max(error.context, key=lambda inner: "errorMessage" in inner.schema)
        told = error.schema.get("errorMessage", error.message)
        found.append(f"{'.'.join(map(str, error.absolute_path))}: {told}")
    return found


def names(schema: Json, definition: str) -> list[str]:
    shape = schema["definitions"][f"name.{definition}"]
    return list(shape.get("enum") or shape["anyOf"][0]["enum"])


def test_names_are_those_of_the_project(tmp_path: Path) -> None:
    schema, value = project(tmp_path, FLIGHTS)
    assert refused(schema, value) == []
    assert names(schema, "table") == ["flights", "planes", "departures"]
    assert names(schema, "contract") == ["flight", "plane"]
    assert names(schema, "dataset") == ["departures"]
    assert names(schema, "preprocessing") == ["tabular"]
    assert names(schema, "model") == ["late"]
    columns = "day carrier tailnum distance arr_delay seats late far".split()
    assert names(schema, "column.departures") == columns
    assert names(schema, "column") == columns and names(schema, "feature") == columns


def test_a_column_says_its_type(tmp_path: Path) -> None:
    schema, _ = project(tmp_path, FLIGHTS)
    shape = schema["definitions"]["name.column.departures"]
    told = dict(zip(shape["enum"], shape["markdownEnumDescriptions"], strict=True))
    assert told["carrier"] == "string" and told["arr_delay"] == "float, nullable"


def test_a_contract_completes_to_the_header_of_its_file(tmp_path: Path) -> None:
    schema, _ = project(tmp_path, FLIGHTS)
    plane = schema["definitions"]["contract.plane"]["properties"]["columns"]["properties"]
    assert [*plane] == ["tailnum", "seats", "year"]
    assert plane["year"]["description"] == "A column of `planes.csv`."


def test_categories_are_what_can_be_positive(tmp_path: Path) -> None:
    text = changed(
        ("target: late", "target: {column: carrier, positive: UA}"), ("[carrier, distance", "[distance")
    )
    schema, value = project(tmp_path, text)
    assert refused(schema, value) == []
    value["models"]["late"]["target"]["positive"] = "XX"
    assert refused(schema, value) == ["models.late.target.positive: 'XX' is not one of ['AA', 'UA']"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "outputs:\n  late: {model: late}",
            "outputs:\n  late: {model: lat}",
            "outputs.late.model: unknown model; when this schema was written, there were: ",
        ),
        (
            "contract: plane}",
            "contract: plan}",
            "sources.planes.contract: unknown contract; when this schema was written, there were: ",
        ),
        (
            "from: flights",
            "from: flight",
            "datasets.departures.from: unknown table; when this schema was written, there were: ",
        ),
        (
            "with: planes",
            "with: plane",
            "datasets.departures.steps.0.with: unknown table; when this schema was written, there were: ",
        ),
        (
            "using: [tailnum]",
            "using: [tailnumb]",
            "datasets.departures.steps.0.using.0: unknown column; when this schema was written, there were: ",
        ),
        (
            "column: day",
            "column: dy",
            "datasets.departures.split.column: unknown column; when this schema was written, there were: ",
        ),
        (
            "dataset: departures",
            "dataset: departure",
            "models.late.dataset: unknown dataset; when this schema was written, there were: ",
        ),
        (
            "preprocessing: tabular",
            "preprocessing: tabula",
            "models.late.preprocessing: unknown preprocessing; when this schema was written, there were: ",
        ),
        (
            "[carrier, distance, seats]",
            "[carrier, distanc]",
            "models.late.features.1: unknown column; when this schema was written, there were: ",
        ),
        (
            "target: late",
            "target: lat",
            "models.late.target: unknown column; when this schema was written, there were: ",
        ),
        (
            "target: late",
            "target: {column: lat}",
            "models.late.target.column: unknown column; when this schema was written, there were: ",
        ),
        (
            "columns: {dtype: string}",
            "columns: [carrie]",
            "preprocessing.tabular.0.columns.0: unknown column; when this schema was written, there were: ",
        ),
    ],
)
def test_a_name_that_the_project_does_not_have_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    schema, _ = project(tmp_path, FLIGHTS)
    assert FLIGHTS.count(old) == 1
    (tmp_path / "mlbuild.yaml").write_text(FLIGHTS.replace(old, new))
    changed_ = read_spec(tmp_path / "mlbuild.yaml")
    assert isinstance(changed_, Document)
    (told,) = refused(schema, changed_.value)
    assert told.startswith(expected)


def test_what_is_not_known_is_not_refused(tmp_path: Path) -> None:
    """The columns of an invalid dataset are offered as far as they are known, and others are accepted."""
    schema, value = project(tmp_path, changed(("using: [tailnum]", "using: [nothing]")))
    listed, anything = schema["definitions"]["name.column.departures"]["anyOf"]
    assert "distance" in listed["enum"] and anything == {"type": "string"}
    assert "distance" in names(schema, "column")
    value["models"]["late"]["features"] = ["anything"]
    assert refused(schema, value) == []


def test_a_spec_of_any_shape_has_a_schema(tmp_path: Path) -> None:
    for text in ("mlbuild: 1", "[]", "sources: 1", "models: {'a/b': {}}", "profiles: {x: 1}", "profiles: []"):
        project(tmp_path, text)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_the_examples_are_valid(file: Path) -> None:
    schema, value = schema_of(file)
    assert refused(schema, value) == []


def test_whatever_check_takes_is_valid(tmp_path: Path) -> None:
    """Generated projects: in several files, with profiles, and every op, learner and form of the language."""
    chance = random.Random(seed())
    for number in range(examples(12, 500)):
        made = generated(chance)
        file = made.write(tmp_path / str(number))
        found = check(file, made.profiles, made.settings)[1]
        assert not [one for one in found if one.severity == "error"]
        schema, value = schema_of(file)
        assert refused(schema, value) == [], file.read_text()
        for name in made.files:
            if name.endswith(".yaml") and name != "mlbuild.yaml":
                part = read_spec(file.with_name(name) if "/" not in name else file.parent / name)
                assert isinstance(part, Document)
                included = schema["definitions"]["included"] | {"definitions": schema["definitions"]}
                assert refused(included, part.value) == [], name
