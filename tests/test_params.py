"""Fields of described classes: schema, reading, canonical form, descriptions."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.catalogue import Catalogue
from mlbuild.frozen import frozen
from mlbuild.params import (
    Boolean,
    Choice,
    Described,
    Expression,
    Integer,
    Kind,
    ListOf,
    MapOf,
    Name,
    Number,
    Object,
    Scalar,
    TaggedUnion,
    Text,
    field,
    object_schema,
    params_of,
    read,
    write,
)
from mlbuild.selection import ColumnSelection


@frozen
class Point(Described):
    """A place.

    Further text is no part of the summary.
    """

    x: float = field(Number(), "Across.")
    from_: str = field(Text(), "Where from.", key="from", default="here")
    tags: tuple[str, ...] = field(ListOf(Text()), "Words.", default=())


@frozen
class Circle(Described):
    """A round one."""

    discriminator = ("shape", "circle")

    radius: int = field(Integer(min=1), "How large.", default=1, examples=(2,))
    path: str | None = field(Text(), "A file.", default=None)


@frozen
class Square(Described):
    """An angular one."""

    discriminator = ("shape", "square")

    side: str = field(Choice({"a": "", "b": ""}), "Which side.")


SHAPE = TaggedUnion(
    "shape", Catalogue({"circle": lambda: Circle, "square": lambda: Square}), "shape", ((".round", "circle"),)
)


@pytest.mark.parametrize(
    ("kind", "given", "read_as", "written"),
    [
        (Text(), "a", "a", "a"),
        (Text("^a$", "an a"), "a", "a", "a"),
        (Expression(), "x > 1", "x > 1", "x > 1"),
        (Boolean(), True, True, True),
        (Integer(min=1), 31.0, 31, 31),
        (Number(above=0), 1, 1.0, 1.0),
        (Scalar(), "a", "a", "a"),
        (Choice({1: "one", "a": "a"}), 1.0, 1, 1),
        (ListOf(Integer()), [1, 2.0], (1, 2), [1, 2]),
        (ListOf(Integer(), or_one=True), 3, (3,), [3]),
        (MapOf(Number()), {"a": 1}, {"a": 1.0}, {"a": 1.0}),
        (ColumnSelection(), ["a", "b"], ColumnSelection().read(["a", "b"]), ["a", "b"]),
        (ColumnSelection(), "a", ColumnSelection().read(["a"]), ["a"]),
        (
            ColumnSelection(),
            {"dtype": "numeric", "except": "a"},
            ColumnSelection().read({"dtype": "numeric", "except": ["a"]}),
            {"dtype": "numeric", "except": ["a"]},
        ),
    ],
)
def test_equal_meanings_have_one_canonical_form(kind: Kind, given: Any, read_as: Any, written: Any) -> None:
    validator(kind).validate(given)
    value = kind.read(given)
    assert value == read_as and type(value) is type(read_as)
    assert kind.canonical(value) == written
    assert kind.canonical(kind.read(written)) == written


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Text("^a$", "an a"), "b"),
        (Boolean(), "yes"),
        (Integer(min=1), 0),
        (Integer(max=1), 1.5),
        (Number(above=0), 0),
        (Number(below=1), 1),
        (Scalar(), []),
        (Choice({1: "one"}), True),
        (ListOf(Integer(), min_items=1), []),
        (ListOf(Integer(), unique=True), [1, 1.0]),
        (ListOf(Integer()), 1),
        (ListOf(Integer(), or_one=True), "a"),
        (MapOf(Number(), min_items=1), {}),
        (MapOf(Number(), name_pattern="^[a-z]$"), {"A": 1}),
        (ColumnSelection(), {}),
        (ColumnSelection(), []),
        (ColumnSelection(), {"dtype": "number"}),
        (ColumnSelection(), {"name": "a"}),
        (ColumnSelection(), 5),
    ],
)
def test_other_values_are_not_valid(kind: Kind, given: Any) -> None:
    assert not validator(kind).is_valid(given)


def validator(kind: Kind) -> Draft7Validator:
    """Return a validator for the schema of a kind, with the definitions that it refers to."""
    names = [nested for nested in kind.nested() if isinstance(nested, Name)]
    definitions = {name.definition_name: name.definition() for name in names}
    return Draft7Validator(kind.json_schema() | {"definitions": definitions})


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Number(min=0, below=1), "a number >= 0 and < 1"),
        (Integer(max=5), "an integer <= 5"),
        (Text("^a$", "an a"), "an a"),
        (Choice({"a": "", 1: ""}), "one of a, 1"),
        (ListOf(Text(), or_one=True), "a string, or a list, each item a string"),
        (MapOf(Boolean()), "a map, each value true or false"),
        (Object(Point, Number(), "x"), "a number or a map"),
        (TaggedUnion("op", Catalogue({"square": lambda: Square}), "step"), "a map with 'op'"),
    ],
)
def test_words(kind: Kind, words: str) -> None:
    assert kind.phrase() == words


def test_a_field_without_default_is_required_and_a_default_is_told() -> None:
    shape = object_schema(Point)
    assert shape["required"] == ["x"] and shape["description"] == "A place."
    assert list(shape["properties"]) == ["x", "from", "tags"]
    assert shape["properties"]["from"]["default"] == "here"
    assert shape["properties"]["from"]["description"] == "Where from. Default: `here`."
    assert shape["properties"]["tags"]["description"] == "Words."  # nothing is worth no words
    assert object_schema(Circle)["properties"]["radius"]["examples"] == [2]
    assert object_schema(Circle)["properties"]["shape"] == {
        "const": "circle",
        "type": "string",
        "description": "A round one.",
        "markdownDescription": "A round one.",
    }


def test_users_own_keys_are_passed_over_and_defaults_written_out() -> None:
    point = read(Point, {"x": 1, "x-note": [1], "from": "there"})
    assert point == Point(x=1.0, from_="there", tags=())
    assert write(point) == {"x": 1.0, "from": "there", "tags": []}
    assert write(read(Circle, {"shape": "circle"})) == {"shape": "circle", "radius": 1}


def test_a_short_form_stands_for_one_key() -> None:
    kind = Object(Point, Number(), "x")
    assert kind.read(2) == kind.read({"x": 2.0}) == Point(x=2.0)
    assert Draft7Validator(kind.definition()).is_valid(2)
    assert not Draft7Validator(kind.definition()).is_valid("2")
    assert not Draft7Validator(kind.definition()).is_valid({"y": 2})


def test_a_discriminator_or_a_suffix_decides_the_class() -> None:
    assert SHAPE.read({"shape": "square", "side": "a", "path": "x.round"}) == Square(side="a")
    assert SHAPE.read({"path": "x.round"}) == Circle(path="x.round")
    assert [SHAPE.which(value) for value in ({}, {"path": "x"}, {"path": 5}, {"shape": "other"})] == [
        None,
        None,
        None,
        "other",
    ]


def test_kinds_say_what_they_consist_of() -> None:
    assert ListOf(Text()).nested() == (Text(),)
    assert SHAPE.nested() == tuple(
        param.kind for cls in (Circle, Square) for param in params_of(cls).values()
    )
    assert Object(Point, Boolean(), "x").nested()[0] == Boolean()
