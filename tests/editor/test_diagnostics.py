"""What the real YAML language server reports for valid and invalid specs, and that `check` agrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.models import LEARNERS
from mlbuild.spec.check import check
from mlbuild.spec.root import Root
from mlbuild.spec.shape.schema import build_schema, tagged_unions
from tests.editor.examples import (
    Example,
    Written,
    choices,
    examples,
    folder_of_files,
    objects,
    write_json,
    write_yaml,
)
from tests.editor.server import Server
from tests.node import answer

#: Lines, from 1, and messages.
Said = list[tuple[int, str]]

EXAMPLES = {example.title: example for example in examples()}
PARAMETERS = [(title, key) for title, example in EXAMPLES.items() for key in example.params]
CHOICES = [(title, key) for title, example in EXAMPLES.items() for key, _, _ in choices(example)]


@frozen
class Judged:
    """A spec, and what the editor and `check` report."""

    spec: Written
    editor: Said
    check: Said
    as_json: Written
    json_editor: Said


Judgements = dict[tuple[str, ...], Judged]


@pytest.fixture(scope="module")
def judged(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Judgements:
    """Check every spec of this file. All are opened at once, because a server waits before it validates."""
    folder = folder_of_files(tmp_path_factory.mktemp("specs"))
    values = dict(specs())
    yamls = [write_yaml(folder / f"{index}.yaml", value) for index, value in enumerate(values.values())]
    jsons = [write_json(folder / f"{index}.json", value) for index, value in enumerate(values.values())]
    server.open(*(spec.file for spec in yamls))
    questions = [{"text": spec.text} for spec in jsons]
    answers = answer("editor/json_service.mjs", {"schema": build_schema(), "questions": questions})
    judged = [
        Judged(
            spec, server.diagnostics(spec.file), _errors(spec), as_json, [(line, said) for line, said in told]
        )
        for spec, as_json, told in zip(yamls, jsons, answers, strict=True)
    ]
    return dict(zip(values, judged, strict=True))


def specs() -> Iterator[tuple[tuple[str, ...], Json]]:
    for title, example in EXAMPLES.items():
        yield (title,), example.spec()
        for key in example.params:
            value = example.with_parameter(key)
            yield (title, key), example.spec(value)
            yield (title, key, "misspelt"), example.spec(_renamed(value, key, misspelt(example, key)))
        for key, words, many in choices(example):
            word = foreign(words)
            value = example.with_parameter(key) | {key: [word] if many else word}
            yield (title, key, "foreign"), example.spec(value)


def misspelt(example: Example, key: str) -> str:
    """Return the key with a typing error that is not another key."""
    slips = (key[:-2] + key[-1:], key + key[-1])
    return next(slip for slip in slips if slip and slip not in example.params)


def foreign(words: tuple[Any, ...]) -> Any:
    """Return an option of another parameter that is not an option of this one."""
    others = [word for example in EXAMPLES.values() for _, taken, _ in choices(example) for word in taken]
    return next(word for word in others if word not in words)


def _renamed(value: Json, key: str, other: str) -> Json:
    return {other if name == key else name: part for name, part in value.items()}


def _errors(spec: Written) -> Said:
    _, found = check(spec.file)
    return [(one.span.line, f"{one.code}: {one.message}") for one in found if one.severity == "error"]


def test_everything_that_a_spec_can_hold_has_an_example() -> None:
    wanted = {(name, which) for name, kind in tagged_unions().items() for which in kind.classes.names}
    wanted |= {("params", cls.type) for cls in LEARNERS} | {(name, name) for name in ("", *objects(Root))}
    assert {(example.name, example.which) for example in EXAMPLES.values()} == wanted


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_smallest_example_is_good(judged: Judgements, title: str) -> None:
    found = judged[title,]
    assert (found.editor, found.json_editor, found.check) == ([], [], [])


@pytest.mark.parametrize(("title", "key"), PARAMETERS)
def test_every_parameter_is_good(judged: Judgements, title: str, key: str) -> None:
    found = judged[title, key]
    assert (found.editor, found.json_editor, found.check) == ([], [], [])


@pytest.mark.parametrize(("title", "key"), PARAMETERS)
def test_a_misspelt_parameter_is_blamed_on_its_line(judged: Judgements, title: str, key: str) -> None:
    example, found = EXAMPLES[title], judged[title, key, "misspelt"]
    slip = misspelt(example, key)
    for spec, said in ((found.spec, found.editor), (found.as_json, found.json_editor)):
        wanted = [(spec.line((*example.at, slip)), f"Property {slip} is not allowed.")]
        if example.params[key].required:
            wanted.append((spec.line(example.at), f'Missing property "{key}".'))
        assert sorted(said) == sorted(wanted)
    line = found.spec.line((*example.at, slip))
    assert [(place, message.split(":")[0]) for place, message in found.check] == [(line, "unknown-key")]


@pytest.mark.parametrize(("title", "key"), CHOICES)
def test_a_word_of_another_parameter_is_blamed_where_it_stands(
    judged: Judgements, title: str, key: str
) -> None:
    example, found = EXAMPLES[title], judged[title, key, "foreign"]
    for spec, said in ((found.spec, found.editor), (found.as_json, found.json_editor)):
        at = (*example.at, key)
        line = spec.line((*at, 0) if isinstance(example.with_parameter(key)[key], list) else at, on="value")
        assert [place for place, _ in said] == [line], said
        assert said[0][1].startswith("Value is not accepted. Valid values: ")
    line = found.spec.line((*example.at, key), on="value")
    assert [place for place, _ in found.check] == [line], found.check
