"""What the real YAML language server says of good and of mistaken specs, and that `check` says the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mlbuild.kinds import Json
from mlbuild.spec.check import check
from tests.editor.examples import FILES, Example, Written, choices, examples, write
from tests.editor.server import Server

#: Lines, from 1, and messages.
Said = list[tuple[int, str]]

EXAMPLES = {example.title: example for example in examples()}
PARAMETERS = [(title, key) for title, example in EXAMPLES.items() for key in example.params]
CHOICES = [(title, key) for title, example in EXAMPLES.items() for key, _, _ in choices(example)]


@dataclass(frozen=True)
class Judged:
    """A spec and what the editor and `check` find wrong in it."""

    spec: Written
    editor: Said
    check: Said


Judgements = dict[tuple[str, ...], Judged]


@pytest.fixture(scope="module")
def judged(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Judgements:
    """Every spec of this file, all opened side by side, since a server waits before it looks."""
    folder = tmp_path_factory.mktemp("specs")
    for name in FILES:
        (folder / name).touch()
    written = {name: write(folder / f"{index}.yaml", spec) for index, (name, spec) in enumerate(specs())}
    server.open(*(spec.file for spec in written.values()))
    return {
        name: Judged(spec, server.diagnostics(spec.file), _errors(spec)) for name, spec in written.items()
    }


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
    """The key with a slip of the hand that makes no other key of it."""
    slips = (key[:-2] + key[-1:], key + key[-1])
    return next(slip for slip in slips if slip and slip not in example.params)


def foreign(words: tuple[Any, ...]) -> Any:
    """A word that another parameter takes, and not one of these."""
    others = [word for example in EXAMPLES.values() for _, taken, _ in choices(example) for word in taken]
    return next(word for word in others if word not in words)


def _renamed(value: Json, key: str, other: str) -> Json:
    return {other if name == key else name: part for name, part in value.items()}


def _errors(spec: Written) -> Said:
    _, found = check(spec.file)
    return [(one.span.line, f"{one.code}: {one.message}") for one in found if one.severity == "error"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_smallest_example_is_good(judged: Judgements, title: str) -> None:
    found = judged[title,]
    assert (found.editor, found.check) == ([], [])


@pytest.mark.parametrize(("title", "key"), PARAMETERS)
def test_every_parameter_is_good(judged: Judgements, title: str, key: str) -> None:
    found = judged[title, key]
    assert (found.editor, found.check) == ([], [])


@pytest.mark.parametrize(("title", "key"), PARAMETERS)
def test_a_misspelt_parameter_is_blamed_on_its_line(judged: Judgements, title: str, key: str) -> None:
    example, found = EXAMPLES[title], judged[title, key, "misspelt"]
    slip = misspelt(example, key)
    line = found.spec.line((*example.at, slip))
    wanted = [(line, f"Property {slip} is not allowed.")]
    if example.params[key].required:
        wanted.append((found.spec.line(example.at), f'Missing property "{key}".'))
    assert sorted(found.editor) == sorted(wanted)
    assert [(place, message.split(":")[0]) for place, message in found.check] == [(line, "unknown-key")]


@pytest.mark.parametrize(("title", "key"), CHOICES)
def test_a_word_of_another_parameter_is_blamed_where_it_stands(
    judged: Judgements, title: str, key: str
) -> None:
    example, found = EXAMPLES[title], judged[title, key, "foreign"]
    line = found.spec.line((*example.at, key), on="value")
    assert [place for place, _ in found.editor] == [line], found.editor
    assert found.editor[0][1].startswith("Value is not accepted. Valid values: ")
    assert [place for place, _ in found.check] == [line], found.check
