"""What messages say of names that may have been meant: the nearest one, or those that there are."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop

#: How like a word another one has to be, as `difflib.SequenceMatcher.ratio` measures it.
_NEAR = 0.6
#: How much is compared for the hints of one check: so many pairs of words by their letters.
EFFORT = 2_000_000
#: What the comparison of two words in full costs, in pairs.
_IN_FULL = 100
#: More names are not listed in one sentence.
_LISTED = 20
#: Letters are counted in so many slots of so many bits.
_SLOTS, _WIDTH = 80, 4

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def sparing() -> Iterator[None]:
    """Inside, only the first thousands of words are compared with others: more mistakes in one spec are told without."""
    token = _left.set([EFFORT])
    try:
        yield
    finally:
        _left.reset(token)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is nearest, or None when nothing is near."""
    left = _left.get() or [EFFORT]
    if left[0] <= 0:
        return None
    words = _words(tuple(known))
    left[0] -= len(words.names)
    near = _nearest(word.lower(), words, left)
    return None if near is None else words.names[near]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help text naming the nearest known word, or None when nothing is near."""
    near = nearest(word, known)
    return None if near is None else f"did you mean '{near}'?"


def meant_as_list(text: str, known: Container[str]) -> str | None:
    """A help text where a list was meant: a text in which commas stand between known words."""
    words = [word.strip() for word in text.split(",")]
    several = len(words) > 1 and all(word in known for word in words)
    return f"write a list: [{', '.join(words)}]" if several else None


@dataclass(frozen=True)
class _Words:
    """Words in small letters, each with one of the `names` that are it; their lengths and what `_letters` says."""

    names: dict[str, str]
    measured: list[tuple[int, int]]


@lru_cache(8)
def _words(known: tuple[str, ...]) -> _Words:
    names = {name.lower(): name for name in sorted(known, reverse=True) if name}
    return _Words(names, [(len(name), _letters(name)) for name in names])


def _nearest(word: str, words: _Words, left: list[int]) -> str | None:
    """What `difflib.get_close_matches` finds, with few words compared in full: those whose letters can be the nearest."""
    length, letters = len(word), _letters(word)
    bounds = [
        (length + size - (letters ^ other).bit_count()) / (length + size) for size, other in words.measured
    ]
    highest = max(bounds, default=0.0)
    if highest < _NEAR:
        return None
    import difflib

    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(word)
    best = (0.0, "")
    for bound, other in _best_first(bounds, words.names):
        if bound < best[0]:
            break
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() >= max(_NEAR, best[0]):
            left[0] -= _IN_FULL
            best = max(best, (matcher.ratio(), other))
    return best[1] if best[0] >= _NEAR else None


def _best_first(bounds: list[float], words: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Words with their bounds from the highest down to what is near; few are asked for, so that not all are sorted."""
    found = [(-bound, word) for bound, word in zip(bounds, words, strict=True) if bound >= _NEAR]
    heapify(found)
    while found:
        bound, word = heappop(found)
        yield -bound, word


@lru_cache(100_000)
def _letters(word: str) -> int:
    """How often each letter stands in a word, counted as 0, 1, 11, 111 and 1111; letters can share a slot.

    The bits in which those of two words differ are no more than the letters that only one of them has.
    """
    found = 0
    for letter in word:
        place = ord(letter) % _SLOTS * _WIDTH
        found |= ((found >> place << 1 | 1) & (1 << _WIDTH) - 1) << place
    return found


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: the first of them where there are many."""
    names = [*names]
    more = [f"and {len(names) - _LISTED:,} more"] if len(names) > _LISTED else []
    return ", ".join([*names[:_LISTED], *more])
