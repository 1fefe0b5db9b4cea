"""Profiles in editors, which see an overlay without the spec that it is merged into."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.spec.layers.compose import compose
from mlbuild.spec.root import OVERLAID
from mlbuild.spec.shape.schema import build_schema
from mlbuild.spec.shape.shape import check_shape
from tests.budget import examples, seed
from tests.spec.generated import generated
from tests.spec.written import loaded

VALIDATOR = Draft7Validator(build_schema())
VALUES = [0, 1, 0.5, -3, True, "x", "csv", [], {}, ["a"], {"a": 1}, {"type": "csv"}]


def part_of(value: Any, chance: random.Random) -> Any:
    """Return a map without some of its keys; lists and scalars are kept whole."""
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    kept = [key for key in value if chance.random() < 0.5]
    return {key: part_of(value[key], chance) for key in kept}


def damaged(overlay: dict[str, Any], chance: random.Random) -> None:
    """Misspell a key somewhere, or insert another value."""
    inside = overlay
    while True:
        key = chance.choice([*inside] or ["seed"])
        below = inside.get(key)
        if not isinstance(below, dict) or not below or chance.random() < 0.2:
            break
        inside = below
    if chance.random() < 0.5:
        inside[f"{key}s"] = inside.pop(key, 1)
    else:
        inside[key] = copy.deepcopy(chance.choice(VALUES))


def test_editors_let_pass_what_the_check_lets_pass() -> None:
    """Editors see less, so they find less: for example, not that a key is for another type than the one in the
    spec.
    """
    chance = random.Random(seed())
    good = found = 0
    for _ in range(examples(60, 3000)):
        spec = loaded(generated(chance).files["mlbuild.yaml"]).value
        overlay = part_of({key: spec[key] for key in OVERLAID if key in spec}, chance)
        for _ in range(chance.choice([0, 1, 1, 2])):
            damaged(overlay, chance)
        whole = {key: part for key, part in spec.items() if key != "include"} | {"profiles": {"o": overlay}}
        diagnostics = check_shape(compose(loaded(json.dumps(whole)))).diagnostics
        errors = [error.message for error in VALIDATOR.iter_errors(whole)]
        assert not errors or diagnostics, (errors, overlay)
        good += not diagnostics
        found += bool(errors)
    assert good and found


@pytest.mark.parametrize(
    ("overlay", "place"),
    [
        ({"modles": {}}, ()),
        ({"models": {"m": {"parms": {}}}}, ("models", "m")),
        ({"models": {"m": {"params": {"num_leafs": 1}}}}, ("models", "m", "params")),
        ({"models": {"m": {"type": "lightgbm.classifier", "params": {"C": 1}}}}, ("models", "m", "params")),
        ({"models": {"m": {"preprocessing": [{"op": "impute"}]}}}, ("models", "m", "preprocessing", 0)),
        ({"sources": {"s": {"delimter": ";"}}}, ("sources", "s")),
        ({"datasets": {"d": {"split": {"seeds": 1}}}}, ("datasets", "d", "split")),
        ({"contracts": {"c": {"columns": {"a": {"mn": 1}}}}}, ("contracts", "c", "columns", "a")),
        ({"outputs": {"o": {"verify": {"row": 1}}}}, ("outputs", "o", "verify")),
    ],
)
def test_editors_blame_the_object_that_holds_the_mistake(
    overlay: dict[str, Any], place: tuple[Any, ...]
) -> None:
    errors = [*VALIDATOR.iter_errors({"mlbuild": 1, "project": "p", "profiles": {"o": overlay}})]
    assert {tuple(error.absolute_path) for error in errors} == {("profiles", "o", *place)}


@pytest.mark.parametrize(
    "overlay",
    [
        {},
        {"seed": 1, "x-why": 1},
        {"models": {"m": {"params": {"num_leaves": 3, "x-1": 0}}, "n": {"params": {"C": 2}}}},
        {"sources": {"s": {"path": "b.parquet"}}},
        {"datasets": {"d": {"split": {"valid": 0.5}}, "e": {"split": {"type": "time"}}}},
        {"contracts": {"c": {"columns": {"a": {"nullable": True}, "b": "int"}}}},
        {"models": {"m": {"target": {"positive": True}, "early_stopping": {"metric": "roc_auc"}}}},
    ],
    ids=str,
)
def test_nothing_is_required_of_an_overlay(overlay: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid({"mlbuild": 1, "project": "p", "profiles": {"o": overlay}})


def test_included_files_have_a_definition_that_editors_can_be_pointed_at() -> None:
    schema = build_schema()
    included = Draft7Validator({"$ref": "#/definitions/included", "definitions": schema["definitions"]})
    assert included.is_valid({"include": ["b.yaml"], "models": {}, "x-own": 1})
    assert not included.is_valid({"mlbuild": 1})
    assert not included.is_valid({"models": {"m": {}}}), "what is required in the spec is required here"
