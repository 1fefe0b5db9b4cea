"""JSON Schema validators accept the schema, and agree with each other and with `check` on valid and invalid specs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.diagnostics import Diagnostic
from mlbuild.kinds import Json
from mlbuild.spec.layers.compose import compose
from mlbuild.spec.shape.schema import build_schema, shipped_schema
from mlbuild.spec.shape.shape import check_shape
from tests.budget import examples as count
from tests.budget import seed, tell
from tests.editor.examples import examples
from tests.node import answer
from tests.spec.written import EXAMPLES, loaded

#: The values that a mutation inserts.
THINGS: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e9,
    "",
    "x",
    "2013-10-01",
    [],
    ["x"],
    [1, 1],
    {},
    {"x": 1},
    {"dtype": "int"},
]


def good() -> Iterator[Json]:
    yield from (loaded(file.read_bytes()).value for file in EXAMPLES)
    for example in examples():
        yield example.spec()
        yield from (example.spec(example.with_parameter(key)) for key in example.params)


def bad(specs: list[Json]) -> Iterator[Json]:
    """Yield valid specs with one to three changes each. A few of them are still valid."""
    chance = random.Random(seed())
    for _ in range(count(400, 20_000)):
        spec = deepcopy(chance.choice(specs))
        for _ in range(chance.randint(1, 3)):
            _mutate(spec, chance)
        yield spec


def _mutate(spec: Json, chance: random.Random) -> None:
    """Remove, replace, rename or add one thing somewhere."""
    holder: Any = chance.choice([*_holders(spec)])
    keys = [*holder] if isinstance(holder, dict) else [*range(len(holder))]
    key = chance.choice(keys) if keys else None
    change = chance.randrange(4)
    if key is None or change == 0:
        _add(holder, chance.choice(["x", "x-own", "op", "type", "columns"]), chance.choice(THINGS))
    elif change == 1:
        del holder[key]
    elif change == 2 and isinstance(key, str):
        holder[key[1:] or "x"] = holder.pop(key)
    else:
        holder[key] = deepcopy(chance.choice(THINGS))


def _add(holder: Any, key: str, thing: Any) -> None:
    if isinstance(holder, dict):
        holder[key] = deepcopy(thing)
    else:
        holder.append(deepcopy(thing))


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from _holders(part)


@pytest.fixture(scope="module")
def specs() -> list[Json]:
    valid = [*good()]
    return [*valid, *bad(valid)]


@pytest.fixture(scope="module")
def verdicts(specs: list[Json]) -> list[bool]:
    """Return whether each spec is valid, according to the library that `check` uses."""
    validator = Draft7Validator(build_schema())
    return [validator.is_valid(spec) for spec in specs]


def test_good_specs_are_good_and_most_others_are_not(specs: list[Json], verdicts: list[bool]) -> None:
    valid = len([*good()])
    assert all(verdicts[:valid])
    wrong = verdicts[valid:].count(False)
    assert 0.6 < wrong / len(verdicts[valid:]) < 1
    tell(f"{wrong} bad specs and {len(verdicts) - wrong} good ones, on which all validators agree")


def test_check_agrees(specs: list[Json], verdicts: list[bool]) -> None:
    found = [_complaints(spec) for spec in specs]
    unlike = [
        (spec, one) for spec, one, valid in zip(specs, found, verdicts, strict=True) if valid is bool(one)
    ]
    assert unlike == []


def _complaints(spec: Json) -> list[Diagnostic]:
    """Return what `check` reports about the shape. Included files do not exist.

    A schema cannot know which definitions of a profile are new and must be complete.
    """
    found = check_shape(compose(loaded(json.dumps(spec)))).diagnostics
    new = tuple(f"'{name}' needs " for name in _new_in_profiles(spec))
    incomplete = [
        one for one in found if one.code == "missing-key" and any(text in one.message for text in new)
    ]
    return [one for one in found if one.code != "missing-file" and one not in incomplete]


def _new_in_profiles(spec: Json) -> set[str]:
    """Return the names that profiles define and the spec does not."""
    if not isinstance(spec, dict) or not isinstance(profiles := spec.get("profiles"), dict):
        return set()
    return {
        name
        for overlay in profiles.values()
        if isinstance(overlay, dict)
        for section, definitions in overlay.items()
        if isinstance(definitions, dict)
        if isinstance(base := spec.get(section, {}), dict)
        for name in definitions.keys() - base.keys()
    }


def test_ajv_takes_the_schema_and_agrees(specs: list[Json], verdicts: list[bool]) -> None:
    found = answer("editor/ajv.mjs", {"schema": build_schema(), "values": specs})
    assert found["schema"] is True
    assert found["values"] == verdicts


def test_check_jsonschema_takes_the_schema() -> None:
    done = _check_jsonschema("--check-metaschema", str(shipped_schema()))
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_jsonschema_agrees(specs: list[Json], verdicts: list[bool], tmp_path: Path) -> None:
    few = [*range(0, len(specs), max(1, len(specs) // 150))]
    for index in few:
        (tmp_path / f"{index}.json").write_text(json.dumps(specs[index]), encoding="utf-8")
    files = [str(tmp_path / f"{index}.json") for index in few]
    done = _check_jsonschema("--schemafile", str(shipped_schema()), "-o", "json", *files, *map(str, EXAMPLES))
    faulty = {error["filename"] for error in json.loads(done.stdout)["errors"]}
    assert faulty == {str(tmp_path / f"{index}.json") for index in few if not verdicts[index]}


def _check_jsonschema(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--no-cache", *arguments]
    return subprocess.run(command, capture_output=True, text=True)
