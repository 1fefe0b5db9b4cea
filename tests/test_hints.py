from __future__ import annotations

import difflib
import random

import pytest

from mlbuild import hints
from mlbuild.hints import did_you_mean, listed, sparing
from tests.budget import examples, seed

ALPHABETS = ("ab", "abcAB", "abcdefghijklmnopqrstuvwxyz_0123456789", "aé日p0")


def word(chance: random.Random, alphabet: str) -> str:
    return "".join(chance.choices(alphabet, k=chance.choice([1, 2, 3, 5, 8, 12, 20])))


def nearest(name: str, known: list[str]) -> str | None:
    folded = {one.lower(): one for one in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[near[0]]}'?" if near else None


def test_the_nearest_word_is_that_of_difflib() -> None:
    chance = random.Random(seed())
    for _ in range(examples(3_000, 200_000)):
        alphabet = chance.choice(ALPHABETS)
        known = [word(chance, alphabet) for _ in range(chance.randrange(12))]
        name = word(chance, alphabet)
        assert did_you_mean(name, known) == nearest(name, known), (name, known)


def test_words_of_thousands_of_letters() -> None:
    assert did_you_mean("a" * 5_000, ["aaaa", "a" * 4_000]) == f"did you mean '{'a' * 4_000}'?"
    assert did_you_mean("a" * 5_000, ["a", "name"]) is None


def test_nothing_is_near_the_empty_name() -> None:
    assert did_you_mean("", ["", "a"]) is None


def test_few_of_many_words_are_compared_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    ratio = difflib.SequenceMatcher.ratio

    def counted(matcher: difflib.SequenceMatcher[str]) -> float:
        compared.append(matcher)
        return ratio(matcher)

    monkeypatch.setattr(difflib.SequenceMatcher, "ratio", counted)
    known = [f"feature_{number}" for number in range(2_000)]
    for number in range(0, 2_000, 20):
        assert did_you_mean(f"fature_{number}", known) == f"did you mean 'feature_{number}'?"
    assert len(compared) < 100 * 40


def test_one_check_has_hints_for_so_many_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "EFFORT", 1_000)
    with sparing():
        found = [did_you_mean("carier", ["carrier"]) for _ in range(20)]
    told = sum(one is not None for one in found)
    assert 5 <= told < 20 and found == ["did you mean 'carrier'?"] * told + [None] * (20 - told)
    assert did_you_mean("carier", ["carrier"])


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (2, "c0, c1"), (20, ", ".join(f"c{number}" for number in range(20)))],
)
def test_names_are_listed(count: int, expected: str) -> None:
    assert listed(f"c{number}" for number in range(count)) == expected


def test_of_many_names_the_first_are_listed() -> None:
    assert listed(f"c{number}" for number in range(5_000)).endswith(", c18, c19, and 4,980 more")
