"""The regular expressions that mean the same to all engines: RE2 in onnxruntime, Rust's regex in polars, and Python.

The engines differ in what `\\d`, `\\w` and `\\s` match, and in how much a pattern can look at. What is left is a regular
language, which RE2 and Rust match in time proportional to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Engines try a pattern at many positions. Longer patterns are slow on long texts, or refused at runtime.
LONGEST = 500
#: The largest count of a repetition, `[0-9]{100}`, and of all repetitions of a pattern.
_MOST_REPEATS, _MOST_IN_ALL = 100, 1_000
#: The text before and after what a pattern of REGEXP_LIKE matches.
_ANYTHING = "(?s:.*)"
_FLAG = "(?i)"

_CLASS = r"""\[\^?(?:\\[\\\]\[^\-.$*+?(){}|/'" ]|[^\\\[\]&~^-]|(?<=[^\[^])-(?=[^\]]))+\]"""
_TOKEN = re.compile(
    rf"(?P<atom>{_CLASS}|\\[\\.+*?()|\[\]{{}}^$/\-]|[^\\.+*?()|\[\]{{}}^$]|\.)|(?P<anchor>[\^$])|(?P<open>\((?:\?:)?)"
    r"|(?P<close>\))|(?P<or>\|)|(?P<repeat>(?P<sign>[*+?]|\{(?P<low>[0-9]+)(?P<comma>,(?P<high>[0-9]*))?\})\??)",
    re.DOTALL,
)
#: What people write, with what every engine understands.
_INSTEAD = {
    r"\d": "write [0-9]",
    r"\D": "write [^0-9]",
    r"\w": "write [A-Za-z0-9_]",
    r"\W": "write [^A-Za-z0-9_]",
    r"\s": "write [ \t\r\n], with the characters themselves",
    r"\S": "write [^ ]",
    r"\b": "write ([^A-Za-z0-9_]|^) before a word, and ([^A-Za-z0-9_]|$) after it",
    "(?": "write ( or (?:; only (?i) is supported, at the beginning",
}


class BadPattern(Exception):
    """A pattern that not all engines understand in the same way: where, what, and what to write instead."""

    def __init__(self, place: int, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.place, self.message, self.help = place, message, help


def check(pattern: str) -> None:
    """Check that a pattern means the same to all engines.

    Raises:
        BadPattern: It does not, or is too long.
    """
    if len(pattern) > LONGEST:
        message = f"the pattern has {len(pattern):,} characters, but the limit is {LONGEST}"
        raise BadPattern(0, message, "match parts of the string, each with its own pattern")
    # For each open group: whether a part of it has a count, as counts in counts multiply.
    counted, repeatable, last_counted, opened, total = [False], False, False, [0], 0
    for place, kind, found in _tokens(pattern):
        if kind == "repeat":
            counts = found["low"] is not None
            if not repeatable:
                raise BadPattern(place, f"'{found[0]}' has nothing to repeat")
            if counts and (_too_many(found) or last_counted):
                message = f"a repetition has at most {_MOST_REPEATS} times, and is not repeated itself"
                raise BadPattern(place, message)
            counted[-1] |= counts
            total += int(found["high"] or found["low"]) if counts else 0
            repeatable = False
        elif kind == "open":
            counted.append(False)
            opened.append(place)
            repeatable = False
        elif kind == "close":
            if len(counted) == 1:
                raise BadPattern(place, "')' closes no group")
            last_counted = counted.pop()
            counted[-1] |= last_counted
            opened.pop()
            repeatable = True
        else:
            repeatable, last_counted = kind == "atom", False
    if len(counted) > 1:
        raise BadPattern(opened[-1], "a ')' is missing")
    if total > _MOST_IN_ALL:
        raise BadPattern(0, f"the repetitions add up to {total:,} times, but the limit is {_MOST_IN_ALL:,}")


def _tokens(pattern: str) -> Iterator[tuple[int, str, re.Match[str]]]:
    place = len(_FLAG) if pattern.startswith(_FLAG) else 0
    while place < len(pattern):
        found = _TOKEN.match(pattern, place)
        if found is None or (found[0] == "(" and pattern[place : place + 2] == "(?"):
            rest = pattern[place:]
            instead = next((help_ for start, help_ in _INSTEAD.items() if rest.startswith(start)), None)
            what = rest[:2] if rest[0] in "\\(" else rest[0]
            help_ = instead or (f"write \\{rest[0]} for the character" if rest[0] in "{}]" else None)
            raise BadPattern(place, f"'{what}' is not supported in patterns", help_)
        if found[0].startswith("["):
            _check_class(place, found[0])
        assert found.lastgroup
        kind = "repeat" if found["repeat"] else found.lastgroup
        yield place, kind, found
        place = found.end()


def _check_class(place: int, written: str) -> None:
    """Check the ranges of a class: `[a-z]`."""
    members = re.findall(r"\\?.", written[1:-1].removeprefix("^"), re.DOTALL)
    for index, member in enumerate(members):
        if member == "-" and members[index - 1][-1] > members[index + 1][-1]:
            message = f"the range {members[index - 1]}-{members[index + 1]} is empty"
            raise BadPattern(place, message)


def _too_many(found: re.Match[str]) -> bool:
    low, high = int(found["low"]), int(found["high"] or found["low"])
    return low > high or max(low, high) > _MOST_REPEATS


def searching(pattern: str) -> str:
    """Return the expression that matches a whole text in which the pattern is found."""
    flag = _FLAG if pattern.startswith(_FLAG) else ""
    return f"{flag}{_ANYTHING}(?:{pattern.removeprefix(flag)}){_ANYTHING}"


def is_search(expression: str) -> bool:
    """Whether `searching` returned an expression."""
    inner = expression.removeprefix(_FLAG)
    start, end = _ANYTHING + "(?:", ")" + _ANYTHING
    if not (inner.startswith(start) and inner.endswith(end) and len(inner) >= len(start) + len(end)):
        return False
    try:
        check(inner[len(start) : -len(end)])
    except BadPattern:
        return False
    return True
