"""The JSON Schema: its form, that the committed file is up to date, and that it accepts the examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.catalogue import Catalogue
from mlbuild.data import DATASET_STEPS, FOLDS, SOURCES, SPLITS
from mlbuild.data.formats import FORMATS
from mlbuild.models import LEARNERS
from mlbuild.models.metrics import METRICS
from mlbuild.models.searches import SEARCHES
from mlbuild.models.searches.dimensions import DIMENSIONS
from mlbuild.models.thresholds import THRESHOLDS
from mlbuild.ops import OPS
from mlbuild.params import Described, params_of
from mlbuild.spec.root import Root
from mlbuild.spec.shape.schema import COMMAND, build_schema, schema_text, shipped_schema, write_schema
from mlbuild.verdicts.baselines import BASELINES
from mlbuild.verdicts.gates import GATES
from mlbuild.verdicts.tests import TESTS
from tests.spec.written import EXAMPLES, ROOT, loaded

SCHEMA = build_schema()
DEFINITIONS = SCHEMA["definitions"]
UNIONS: list[tuple[str, str, Catalogue[type[Described]]]] = [
    ("step", "op", OPS),
    ("dataset_step", "op", DATASET_STEPS),
    ("split", "type", SPLITS),
    ("folds", "type", FOLDS),
    ("metric", "metric", METRICS),
    ("threshold", "type", THRESHOLDS),
    ("search", "type", SEARCHES),
    ("dimension", "type", DIMENSIONS),
    ("test", "test", TESTS),
    ("gate", "gate", GATES),
    ("baseline", "type", BASELINES),
    ("format", "type", FORMATS),
]
OPEN = (
    "source",
    "dataset_step",
    "split",
    "folds",
    "metric",
    "threshold",
    "overlay.threshold",
    "search",
    "overlay.search",
    "format",
    "overlay.format",
    "overlay.metric",
    "dimension",
    "overlay.dimension",
    "step",
    "overlay.source",
    "overlay.split",
    "overlay.folds",
    "test",
    "overlay.test",
    "gate",
    "baseline",
    "overlay.baseline",
)
NAMES = (
    "table",
    "source",
    "contract",
    "dataset",
    "preprocessing",
    "model",
    "output",
    "test",
    "column",
    "feature",
)
CLOSED = [name for name in DEFINITIONS if name not in OPEN and not name.startswith("name.")]


def test_the_committed_schema_is_the_one_the_catalogues_give() -> None:
    committed = (ROOT / "schemas" / "mlbuild.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), f"the schema has changed; run: {COMMAND}"


def test_the_shipped_schema_is_found(tmp_path: Path) -> None:
    assert shipped_schema().read_text(encoding="utf-8") == schema_text()
    write_schema(tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_bytes() == shipped_schema().read_bytes()


def test_it_is_a_schema_of_draft_7() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_the_examples_are_valid(file: Path) -> None:
    assert list(Draft7Validator(SCHEMA).iter_errors(loaded(file.read_bytes()).value)) == []


def test_only_what_every_tool_understands_alike() -> None:
    """No oneOf of objects, no keywords of later drafts, and no references next to other checks."""
    for schema in schemas(SCHEMA):
        assert not {"oneOf", "unevaluatedProperties", "dependentRequired", "$defs", "prefixItems"} & set(
            schema
        )
        if "$ref" in schema:
            assert set(schema) <= {"$ref", "description", "markdownDescription", "default", "examples"}
            assert schema["$ref"].removeprefix("#/definitions/") in DEFINITIONS


def test_there_is_a_definition_for_each_class_of_the_catalogues() -> None:
    wanted = {f"{name}.{of}" for name, _, catalogue in UNIONS for of in catalogue.names}
    wanted |= {f"source.{cls.named_by()[1]}" for cls in SOURCES} | {f"params.{cls.type}" for cls in LEARNERS}
    wanted |= {"contract", "column", "dataset", "model", "target", "output"}
    assert wanted <= set(DEFINITIONS)


@pytest.mark.parametrize("name", CLOSED)
def test_definitions_are_closed_but_for_what_is_the_users_own(name: str) -> None:
    definition = DEFINITIONS[name]
    assert definition["additionalProperties"] is False
    assert definition["patternProperties"] == {"^x-": True}
    assert definition["title"]
    # A discriminator's value is described there.
    described = [definition, *(shape for shape in definition["properties"].values() if "const" in shape)]
    assert [shape["description"] for shape in described if "description" in shape]


def test_names_of_other_things_are_texts_until_a_project_lists_them() -> None:
    assert {name for name in DEFINITIONS if name.startswith("name.")} == {
        f"name.{of}" for of in (*NAMES, "metric", "channel")
    }
    for of in NAMES:
        assert DEFINITIONS[f"name.{of}"]["type"] == "string" and DEFINITIONS[f"name.{of}"]["title"]


def test_every_key_is_described_and_says_its_default() -> None:
    for name in CLOSED:
        for key, shape in DEFINITIONS[name]["properties"].items():
            if name in ("model", "overlay.model") and key in ("type", "params"):
                continue  # described by the branches
            assert shape["description"].endswith((".", "`")), (name, key)
            if "default" in shape:
                assert "Default: `" in shape["description"]


@pytest.mark.parametrize(("name", "by", "classes"), UNIONS)
def test_a_discriminator_leads_to_one_closed_definition(
    name: str, by: str, classes: tuple[type, ...]
) -> None:
    base = DEFINITIONS[name]
    values = [DEFINITIONS[f"{name}.{value}"]["title"] for value in base["properties"][by]["enum"]]
    assert base["properties"][by]["enum"] == values and len(values) == len(classes)
    assert len(base["properties"][by]["markdownEnumDescriptions"]) == len(classes)
    # A description here would hide those of the branches.
    assert "description" not in base["properties"][by]
    # Without a type, it would be true for anything that is not a map, and all branches would apply.
    assert base["if"] == {"type": "object", "required": [by]}
    implied = name == "test"  # an object without `test` is of the first kind
    assert base.get("required", []) == ([] if implied else [by])
    assert [lead["then"]["$ref"] for lead in base["then"]["allOf"]] == [
        f"#/definitions/{name}.{value}" for value in values
    ]
    assert "anyOf" in base or base["else"]["type"] == "object"
    assert [snippet["body"][by] for snippet in base["else"]["defaultSnippets"]] == values
    for value in values:
        branch = DEFINITIONS[f"{name}.{value}"]
        assert branch["properties"][by]["const"] == value and branch["properties"][by]["type"] == "string"
        assert (by in branch["required"]) is (not implied or value != values[0])


def test_a_snippet_fills_in_what_is_required() -> None:
    (impute,) = (one for one in DEFINITIONS["step"]["else"]["defaultSnippets"] if one["label"] == "impute")
    assert impute["body"] == {"op": "impute", "columns": ["$1"], "strategy": "mean"}


def test_a_snippet_has_what_nearly_every_use_has() -> None:
    bodies = [one["body"] for one in DEFINITIONS["split"]["else"]["defaultSnippets"]]
    assert bodies == [
        {"type": "hash", "valid": "^${1:0.2}", "test": "^${2:0.2}", "key": ["$3"]},
        {"type": "time", "column": "$1", "valid_from": "${2:2013-10-01}", "test_from": "${3:2013-11-01}"},
        {"type": "random", "valid": "^${1:0.2}", "test": "^${2:0.2}"},
        {"type": "stratified", "valid": "^${1:0.2}", "test": "^${2:0.2}", "column": "$3"},
        {"type": "column", "column": "$1", "valid": ["$2"], "test": ["$3"]},
        {"type": "sources", "valid": "${1:later}", "test": "${2:latest}"},
    ]
    bodies = [one["body"] for one in DEFINITIONS["folds"]["else"]["defaultSnippets"]]
    assert bodies == [
        {"type": "hash", "count": "^${1:5}", "key": ["$2"]},
        {"type": "time", "count": "^${1:5}", "column": "$2"},
        {"type": "random", "count": "^${1:5}"},
        {"type": "stratified", "count": "^${1:5}", "column": "$2"},
    ]


@pytest.mark.parametrize(
    ("source", "valid"),
    [
        ({"path": "a.csv", "contract": "c"}, True),
        ({"path": "a.csv", "contract": "c", "delimiter": ";"}, True),
        ({"path": "a.parquet", "contract": "c"}, True),
        ({"path": "a.parquet", "contract": "c", "delimiter": ";"}, False),
        ({"path": "a.txt", "contract": "c"}, False),
        ({"path": "a.txt", "contract": "c", "type": "csv"}, True),
        ({"path": "a.csv", "contract": "c", "type": "parquet"}, True),
        ({"path": "a.csv"}, False),
        ({"contract": "c"}, False),
        ({"type": "csv", "contract": "c"}, False),
        ("a.csv", False),
    ],
)
def test_a_source_without_type_is_what_its_suffix_says(source: Any, valid: bool) -> None:
    spec = {"mlbuild": 1, "project": "p", "sources": {"s": source}}
    assert Draft7Validator(SCHEMA).is_valid(spec) is valid


def test_users_own_keys_stand_in_closed_objects_and_never_among_names() -> None:
    spec: dict[str, Any] = {"mlbuild": 1, "project": "p", "x-note": {"a": [1]}, "$schema": "../s.json"}
    assert Draft7Validator(SCHEMA).is_valid(spec)
    assert not Draft7Validator(SCHEMA).is_valid(spec | {"models": {"x-note": 1}})
    assert not Draft7Validator(SCHEMA).is_valid(spec | {"note": 1})


def test_top_level_keys_come_in_the_order_of_the_language() -> None:
    assert list(SCHEMA["properties"]) == ["$schema", *params_of(Root)]


def schemas(shape: Any) -> Iterator[dict[str, Any]]:
    if isinstance(shape, dict):
        yield shape
        for word, part in shape.items():
            if word not in ("examples", "default", "enum", "defaultSnippets"):
                yield from schemas(part)
    elif isinstance(shape, list):
        for part in shape:
            yield from schemas(part)
