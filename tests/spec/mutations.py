"""Random damage to the text of a spec: bytes, lines, keys and values."""

from __future__ import annotations

import random

PIECES = [
    *b"1e-3 NO null ~ -1 0 3 0.5 1e400 .nan .inf 0x1F 2024-01-02 [] {} [[]] {a: b} [1,a] '' \"x\" - # | : &".split(
        b" "
    ),
    *b"*a *measurements &a !x !!str << late carrier flights {dtype:string} {op: impute} [op, type] ${X ${NO_SUCH}".split(
        b" "
    ),
    b"9" * 5000,
    b"1" + b"0" * 300,
    "é😀\u2028".encode(),
]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the text with one to three random changes."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        content = _MUTATIONS[chance.randrange(len(_MUTATIONS))](content, chance)
    return content


def _byte(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _line(content: bytes, chance: random.Random) -> bytes:
    """Delete, swap, repeat or indent a line, or add something deeply nested after it."""
    lines = content.split(b"\n")
    here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[here]
        case 1:
            lines[here], lines[there] = lines[there], lines[here]
        case 2:
            lines.insert(here, lines[there])
        case 3:
            lines[here] = chance.choice([b" ", b"  ", b"- "]) + lines[here]
        case 4:
            lines[here] += b" " + chance.choice([b"[", b"{a: ", b"- "]) * chance.choice([3, 60, 5000])
    return b"\n".join(lines)


def _key(content: bytes, chance: random.Random) -> bytes:
    """Misspell a key, or give it the value of another one."""
    lines = content.split(b"\n")
    here = chance.randrange(len(lines))
    key, colon, value = lines[here].partition(b":")
    if chance.random() < 0.5:
        key = key[:-1] + chance.choice([b"", b"_", key[-1:] * 2])
    else:
        value = chance.choice(lines).partition(b":")[2]
    lines[here] = key + colon + value
    return b"\n".join(lines)


def _value(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    here = chance.randrange(len(lines))
    key, colon, _ = lines[here].partition(b":")
    lines[here] = key + colon + b" " + chance.choice(PIECES)
    return b"\n".join(lines)


def _word(content: bytes, chance: random.Random) -> bytes:
    words = content.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(PIECES)
    return b" ".join(words)


_MUTATIONS = (_byte, _line, _key, _value, _word)
