"""What editors offer and show: completions and hover texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from mlbuild.diagnostics import Path as Place
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.models import LEARNERS
from mlbuild.params import summary
from mlbuild.spec.shape.schema import build_schema, tagged_unions
from tests.editor.examples import (
    Example,
    Written,
    examples,
    folder_of_files,
    write_json,
    write_yaml,
)
from tests.editor.server import Server
from tests.node import answer

EXAMPLES = {example.title: example for example in examples()}
PARAMETERS = [(title, key) for title, example in EXAMPLES.items() for key in example.params]
#: The definitions with a discriminator, the discriminator, and its values. For models, the learner is the
#: discriminator.
DIVIDED = {name: (kind.by, [*kind.classes.names]) for name, kind in tagged_unions().items()} | {
    "model": ("type", [cls.type for cls in LEARNERS])
}
#: The descriptions of two keys of a model depend on its learner.
_FIRST = LEARNERS[0]
OF_LEARNER: dict[tuple[str, str], str] = {
    ("model", "type"): summary(_FIRST),
    ("model", "params"): f"Parameters of {_FIRST.type}, ",
}
#: A key that does not exist. Its place is the caret.
CARET = "caret"
#: A completion of this kind inserts everything that is required.
SKELETON = 7


@frozen
class Caret:
    """A text and a position in it, from 1."""

    file: Path
    text: str
    line: int
    column: int


def _one_of(name: str) -> Example:
    return next(example for example in EXAMPLES.values() if example.name == name)


def _carets(folder: Path, name: str, example: Example, value: Json) -> tuple[Caret, Caret]:
    """Return the spec with `value` as YAML and as JSON, with the caret at the key `CARET`."""
    yaml = write_yaml(folder / f"{name}.yaml", example.spec(value))
    as_json = write_json(folder / f"{name}.json", example.spec(value))
    return _cut(yaml, f"{CARET}: 0", ""), _cut(as_json, f'"{CARET}": 0', "")


def _cut(spec: Written, found: str, put: str) -> Caret:
    before, _, after = spec.text.partition(found)
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1 + len(put)
    spec.file.write_text(before + put + after, encoding="utf-8")
    return Caret(spec.file, before + put + after, line, column)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_files(tmp_path_factory.mktemp("help"))


def _offered(server: Server, caret: Caret) -> list[str]:
    server.open(caret.file)
    items = server.completions(caret.file, caret.line, caret.column)
    return [item["label"] for item in items if item["kind"] != SKELETON]


def _asked(carets: list[Caret], what: str) -> list[Any]:
    """Return what JSON editors say at carets."""
    questions = [{"text": caret.text, what: [caret.line, caret.column]} for caret in carets]
    found: list[Any] = answer("editor/json_service.mjs", {"schema": build_schema(), "questions": questions})
    return found


@pytest.mark.parametrize("name", DIVIDED)
def test_a_discriminator_completes_to_exactly_the_catalogue(server: Server, folder: Path, name: str) -> None:
    by, catalogue = DIVIDED[name]
    example = _one_of(name)
    yaml = write_yaml(folder / f"by-{name}.yaml", example.spec({CARET: 0}))
    caret = _cut(yaml, f"{CARET}: 0", f"{by}: ")
    assert _offered(server, caret) == catalogue
    as_json = write_json(folder / f"by-{name}.json", example.spec({CARET: 0}))
    (offered,) = _asked([_cut(as_json, f'"{CARET}": 0', f'"{by}": ')], "complete")
    assert offered == [json.dumps(value) for value in catalogue]


@pytest.fixture(scope="module")
def parameter_carets(folder: Path) -> dict[str, tuple[Caret, Caret]]:
    """Return, for each example, a caret where its next parameter would be."""
    return {
        title: _carets(folder, f"next-{index}", example, example.value | {CARET: 0})
        for index, (title, example) in enumerate(EXAMPLES.items())
    }


@pytest.fixture(scope="module")
def json_offers(parameter_carets: dict[str, tuple[Caret, Caret]]) -> dict[str, list[str]]:
    carets = [as_json for _, as_json in parameter_carets.values()]
    return dict(zip(parameter_carets, _asked(carets, "complete"), strict=True))


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_object_completes_to_exactly_its_other_parameters(
    server: Server,
    title: str,
    parameter_carets: dict[str, tuple[Caret, Caret]],
    json_offers: dict[str, list[str]],
) -> None:
    example = EXAMPLES[title]
    wanted = [key for key in example.params if key not in example.value]
    root = [] if example.name else ["$schema"]
    assert sorted(_offered(server, parameter_carets[title][0])) == sorted(root + wanted)
    assert sorted(json_offers[title]) == sorted(root + wanted)


@frozen
class Hovered:
    """What is shown for each key of an example, and for the value of its discriminator, in YAML and in JSON."""

    yaml: dict[str, str]
    json: dict[str, str]


@pytest.fixture(scope="module")
def hovers(server: Server, folder: Path) -> dict[str, Hovered]:
    """Return the hovers by example. Each parameter is in a separate spec."""
    spots = [*_spots(folder)]
    server.open(*(yaml.file for _, _, yaml, _ in spots))
    texts = _asked([as_json for *_, as_json in spots], "hover")
    found = {title: Hovered({}, {}) for title in EXAMPLES}
    for (title, key, yaml, _), text in zip(spots, texts, strict=True):
        found[title].yaml[key] = server.hover(yaml.file, yaml.line, yaml.column)
        found[title].json[key] = text
    return found


def _spots(folder: Path) -> Iterator[tuple[str, str, Caret, Caret]]:
    """Yield a caret on each parameter of each example; for the discriminator, on its value."""
    for index, (title, example) in enumerate(EXAMPLES.items()):
        for number, key in enumerate(example.params):
            name = f"hover-{index}-{number}"
            spec = example.spec(example.with_parameter(key))
            yaml, as_json = (
                write_yaml(folder / f"{name}.yaml", spec),
                write_json(folder / f"{name}.json", spec),
            )
            yield title, key, _on(yaml, (*example.at, key)), _on(as_json, (*example.at, key))
        by = DIVIDED.get(example.name, ("", []))[0]
        if by in example.value and by not in example.params:
            yaml = write_yaml(folder / f"by-{index}.yaml", example.spec())
            as_json = write_json(folder / f"by-{index}.json", example.spec())
            at = (*example.at, by)
            yield title, by, _on(yaml, at, "value"), _on(as_json, at, "value")


def _on(spec: Written, at: Place, on: Literal["key", "value"] = "key") -> Caret:
    span = spec.tree.span(at, on)
    return Caret(spec.file, spec.text, span.line, span.column + 1)


@pytest.mark.parametrize(("title", "key"), PARAMETERS)
def test_a_parameter_says_what_it_is_and_its_default(
    hovers: dict[str, Hovered], title: str, key: str
) -> None:
    doc: str = OF_LEARNER.get((title, key)) or EXAMPLES[title].params[key].json_schema()["description"]
    assert doc in hovers[title].yaml[key]
    assert doc in hovers[title].json[key]
    # Forms of a value without titles would be shown as alternatives.
    assert "||" not in hovers[title].yaml[key]


@pytest.mark.parametrize("title", [title for title, example in EXAMPLES.items() if example.name in DIVIDED])
def test_a_discriminator_says_what_is_chosen_and_what_else_there_is(
    hovers: dict[str, Hovered], title: str
) -> None:
    example = EXAMPLES[title]
    by, catalogue = DIVIDED[example.name]
    shown = hovers[title].yaml[by]
    described = summary(example.cls) if example.which in catalogue else OF_LEARNER[title, by]
    assert described in shown
    assert [value for value in catalogue if f"* `{value}`: " not in shown] == []
    assert described in hovers[title].json[by]
