"""Suggests names in messages: the most similar one, or a list of those that exist."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from heapq import heapify, heappop

from mlbuild.frozen import frozen

#: The minimum similarity of two words, as measured by `difflib.SequenceMatcher.ratio`.
_NEAR = 0.6
#: The similarity from which one is taken for a misspelling of the other.
_SURE = 0.8
#: The maximum effort for the hints of one check, in pairs of words that are compared by their letters.
EFFORT = 2_000_000
#: The cost of comparing two words in full, in such pairs.
_IN_FULL = 100
#: The maximum number of names in one sentence.
_LISTED = 20
#: Letters are counted in this number of slots, with this number of bits each.
_SLOTS, _WIDTH = 80, 4

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def sparing() -> Iterator[None]:
    """Inside the context, only the first mistakes get hints, up to a total effort."""
    token = _left.set([EFFORT])
    try:
        yield
    finally:
        _left.reset(token)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the most similar known word, or None if none is similar."""
    left = _left.get() or [EFFORT]
    if left[0] <= 0:
        return None
    words = _words(tuple(known))
    left[0] -= len(words.names)
    near = _nearest(word.casefold(), words, left)
    return None if near is None else words.names[near]


def misspelt(word: str, known: Iterable[str]) -> str | None:
    """Return the known word of which this is almost certainly a misspelling, or None."""
    near = nearest(word, known)
    if near is None or sorted(near.casefold()) == sorted(word.casefold()):
        return near
    import difflib

    return near if difflib.SequenceMatcher(None, near.casefold(), word.casefold()).ratio() >= _SURE else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a help text with the most similar known word, or None if none is similar."""
    near = nearest(word, known)
    return None if near is None else f"did you mean '{near}'?"


def meant_as_list(text: str, known: Container[str]) -> str | None:
    """Return a help text if a list was meant: a text in which commas separate known words."""
    words = [word.strip() for word in text.split(",")]
    several = len(words) > 1 and all(word in known for word in words)
    return f"write a list: [{', '.join(words)}]" if several else None


@frozen
class _Words:
    """Lower-case words, each with one of the `names` that it stands for; their lengths, and their `_letters`."""

    names: dict[str, str]
    measured: list[tuple[int, int]]


@lru_cache(8)
def _words(known: tuple[str, ...]) -> _Words:
    names = {name.casefold(): name for name in sorted(known, reverse=True) if name}
    return _Words(names, [(len(name), _letters(name)) for name in names])


def _nearest(word: str, words: _Words, left: list[int]) -> str | None:
    """Return the result of `difflib.get_close_matches`, but compare only words in full whose letters are similar
    enough.
    """
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
    """Yield words with their bounds in descending order, lazily, because few are needed."""
    found = [(-bound, word) for bound, word in zip(bounds, words, strict=True) if bound >= _NEAR]
    heapify(found)
    while found:
        bound, word = heappop(found)
        yield -bound, word


@lru_cache(100_000)
def _letters(word: str) -> int:
    """Encode how often each letter occurs in a word, counted as 0, 1, 11, 111 and 1111. Letters can share a slot.

    The number of different bits of two words is at most the number of letters that only one of them has.
    """
    found = 0
    for letter in word:
        place = ord(letter) % _SLOTS * _WIDTH
        found |= ((found >> place << 1 | 1) & (1 << _WIDTH) - 1) << place
    return found


def in_words(names: Sequence[str]) -> str:
    """Format all names for a sentence: `a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]


def listed(names: Iterable[str]) -> str:
    """Format names for a sentence. If there are many, only the first of them."""
    names = [*names]
    more = [f"and {len(names) - _LISTED:,} more"] if len(names) > _LISTED else []
    return ", ".join([*names[:_LISTED], *more])
