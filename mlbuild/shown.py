"""How text from outside appears in what people read: cut, on one line, and taken for nothing but text.

A name or a value can come from anybody who wrote a spec, a data file or a model. Printed as it is, it could fill a log,
clear a terminal or rewrite what stands there, pretend to be a line of ours, or give orders to the runner of a CI system,
which takes some lines of a log for commands.
"""

from __future__ import annotations

import re

#: The most characters of one value, and of one message with all the values in it.
LONGEST = 80
LONGEST_MESSAGE = 2000
#: The most characters of a message in which values are looked for.
_READ = 50 * LONGEST_MESSAGE

_CUT = "…"
#: Control characters, and those that are invisible or turn the direction of a text.
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
#: The first character of what Azure, GitHub and TeamCity take for a command anywhere in a line: `##vso[`, `##[`.
COMMAND = re.compile(r"#(?=#[\w.-]*\[)")
#: GitHub also takes a line for a command that begins so.
_COMMAND_LINE = re.compile(r"\s*::")
#: What can be too long in a message: a quoted value, and a value or a part of one that has no blanks.
_VALUE = re.compile(rf"(?<!\w)'(?P<quoted>[^']*)'(?!\w)|[^\s']{{{LONGEST + 1},}}")


def visible(text: str) -> str:
    """A text on one line in which everything can be seen, and nothing is a command within a line."""
    if text.isprintable() and "##" not in text:
        return text
    import unicodedata  # most texts do without it

    marked = {found.start() for found in COMMAND.finditer(text)}
    return "".join(
        escaped(char) if index in marked or unicodedata.category(char) in UNSEEN else char
        for index, char in enumerate(text)
    )


def line(text: str) -> str:
    """A text as a whole line of output: `visible`, and no command."""
    seen = visible(text)
    found = _COMMAND_LINE.match(seen)
    return seen if found is None else seen[: found.end() - 2] + r"\x3a" + seen[found.end() - 1 :]


def cut(text: str, longest: int = LONGEST) -> str:
    """A text without its middle where it is too long: what tells similar ones apart often stands at the end."""
    if len(text) <= longest:
        return text
    tail = (longest - len(_CUT)) // 3
    return text[: longest - len(_CUT) - tail] + _CUT + text[-tail:]


def shown(value: str) -> str:
    """A value, a name or a text as a part of a message."""
    # What is left out is not looked at: it can be very long.
    return cut(visible(cut(value, 2 * LONGEST)))


def told(message: str) -> str:
    """A message on one line, with all values in it as they are shown; telling it twice changes nothing."""
    if len(message) > LONGEST:
        message = cut(_VALUE.sub(_part, cut(message, _READ)), LONGEST_MESSAGE)
    seen = visible(message)
    return cut(_VALUE.sub(_part, seen), LONGEST_MESSAGE) if len(seen) > LONGEST else seen


def escaped(char: str) -> str:
    """A character as `\\n`, `\\x1b` or `\\u202e`."""
    return f"\\x{ord(char):02x}" if " " <= char <= "~" else char.encode("unicode_escape").decode()


def _part(found: re.Match[str]) -> str:
    quoted = found["quoted"]
    return shown(found[0]) if quoted is None else f"'{shown(quoted)}'"
