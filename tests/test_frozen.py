"""Frozen classes: they behave as the dataclasses of the standard library do."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from mlbuild.frozen import frozen

NAN = float("nan")


def both(**options: Any) -> Any:
    """Return a family of classes made by `frozen`, and the same family made by the standard library."""

    def family(decorate: Any) -> dict[str, Any]:
        class Empty:
            pass

        class One:
            a: object

        class Two:
            a: object
            b: object = 2

        class Hidden:
            a: object
            b: object = dataclasses.field(default=0, compare=False)
            c: object = dataclasses.field(default=0, repr=False)

        class Own:
            a: object

            def __repr__(self) -> str:
                return "own"

        made = {cls.__name__: decorate(cls) for cls in (Empty, One, Two, Hidden, Own)}

        below = type("Below", (made["Two"],), {"__annotations__": {"c": object}, "c": 3})
        plain = type("Plain", (made["Two"],), {})
        return made | {"Below": decorate(below), "Plain": plain}

    standard = {"eq": True} | options
    return family(frozen(**options)), family(dataclasses.dataclass(unsafe_hash=standard["eq"], **standard))


def instances(family: dict[str, Any]) -> list[Any]:
    values = (0, "x", (1, 2), NAN, None)
    found = [family["Empty"](), family["Empty"]()]
    for name in ("One", "Own"):
        found += [family[name](value) for value in values]
    for name in ("Two", "Hidden", "Below", "Plain"):
        found += [family[name](a, b) for a, b in itertools.product(values, values)]
    return found


@pytest.mark.parametrize("options", [{}, {"slots": True}, {"order": True}, {"eq": False}], ids=str)
def test_frozen_classes_compare_and_hash_as_dataclasses_do(options: dict[str, Any]) -> None:
    ours, theirs = (instances(family) for family in both(**options))
    for (one, their_one), (other, their_other) in itertools.product(zip(ours, theirs, strict=True), repeat=2):
        assert (one == other) is (their_one == their_other), (one, other)
        assert (one != other) is (their_one != their_other), (one, other)
        if one == other:
            assert hash(one) == hash(other)
    if options.get("eq", True):
        assert [hash(one) == hash(other) for one, other in itertools.pairwise(ours)] == [
            hash(one) == hash(other) for one, other in itertools.pairwise(theirs)
        ]
    assert not any(one == 1 or one == (0,) or one is None for one in ours)


@pytest.mark.parametrize("options", [{}, {"slots": True}, {"kw_only": True}, {"eq": False}], ids=str)
def test_frozen_classes_are_described_and_made_as_dataclasses_are(options: dict[str, Any]) -> None:
    ours, theirs = both(**options)
    for name in ours:
        if options.get("kw_only"):
            made = [{"a": 1} if name != "Empty" else {}, {}]
            described = [_shown(cls[name], words) for cls in (ours, theirs) for words in made]
            assert described[:2] == described[2:]
        assert [one.name for one in dataclasses.fields(ours[name])] == [
            one.name for one in dataclasses.fields(theirs[name])
        ]
        assert hasattr(ours[name], "__slots__") == hasattr(theirs[name], "__slots__")
    if not options.get("kw_only"):
        assert [repr(one) for one in instances(ours)] == [repr(one) for one in instances(theirs)]


def _shown(cls: Any, words: dict[str, Any]) -> str:
    try:
        return repr(cls(**words))
    except TypeError as error:
        return str(error)


def test_a_method_of_the_class_itself_is_kept() -> None:
    @frozen
    class Same:
        a: int

        def __eq__(self, other: object) -> bool:
            return True

    assert Same(1) == Same(2)
    assert hash(Same(1)) == hash(Same(1))
