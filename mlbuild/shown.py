"""Shortens and escapes text from outside before it is displayed, so that it fits on one line and has no effect.

Names and values can come from anyone who wrote a spec, a data file or a model. Unescaped, they could fill a log,
clear a terminal or change what it shows, look like a line from mlbuild, or give commands to a CI runner, which
interprets some lines of a log as commands.
"""

from __future__ import annotations

import re

#: The maximum number of characters of one value, and of one message including its values.
LONGEST = 80
LONGEST_MESSAGE = 2000
#: The maximum number of characters of a message that are searched for values.
_READ = 50 * LONGEST_MESSAGE

_CUT = "…"
#: Control characters, and characters that are invisible or change the direction of text.
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
#: The first character of what Azure, GitHub and TeamCity interpret as a command anywhere in a line: `##vso[`,
#: `##[`.
COMMAND = re.compile(r"#(?=#[\w.-]*\[)")
#: GitHub also interprets a line that starts like this as a command.
_COMMAND_LINE = re.compile(r"\s*::")
#: What can be too long in a message: a quoted value, and a text without spaces.
_VALUE = re.compile(rf"(?<!\w)'(?P<quoted>[^']*)'(?!\w)|[^\s']{{{LONGEST + 1},}}")
#: A surrogate, half of a character above U+FFFF, which JSON can escape and a shell can pass, but no file can contain.
_HALF = re.compile("[\ud800-\udfff]")


def is_unicode(text: str) -> bool:
    """Whether a text contains whole characters only, so that it can be written."""
    return _HALF.search(text) is None


def visible(text: str) -> str:
    """Return a text on one line, with everything visible and without commands inside the line."""
    if text.isprintable() and "##" not in text:
        return text
    import unicodedata  # most texts do not need it

    marked = {found.start() for found in COMMAND.finditer(text)}
    return "".join(
        escaped(char) if index in marked or unicodedata.category(char) in UNSEEN else char
        for index, char in enumerate(text)
    )


def line(text: str) -> str:
    """Return a text as a whole line of output: `visible`, and not a command."""
    seen = visible(text)
    found = _COMMAND_LINE.match(seen)
    return seen if found is None else seen[: found.end() - 2] + r"\x3a" + seen[found.end() - 1 :]


def cut(text: str, longest: int = LONGEST) -> str:
    """Leave out the middle of a text that is too long. Similar texts often differ at the end."""
    if len(text) <= longest:
        return text
    tail = (longest - len(_CUT)) // 3
    return text[: longest - len(_CUT) - tail] + _CUT + text[-tail:]


def shown(value: str) -> str:
    """Return a value, name or text as part of a message."""
    # Do not look at the part that is left out, which can be very long.
    return cut(visible(cut(value, 2 * LONGEST)))


def told(message: str) -> str:
    """Return a message on one line with all its values as they are shown. Doing this twice changes nothing."""
    if len(message) > LONGEST:
        message = cut(_VALUE.sub(_part, cut(message, _READ)), LONGEST_MESSAGE)
    seen = visible(message)
    return cut(_VALUE.sub(_part, seen), LONGEST_MESSAGE) if len(seen) > LONGEST else seen


def escaped(char: str) -> str:
    """Escape a character as `\\n`, `\\x1b` or `\\u202e`."""
    return f"\\x{ord(char):02x}" if " " <= char <= "~" else char.encode("unicode_escape").decode()


def _part(found: re.Match[str]) -> str:
    quoted = found["quoted"]
    return shown(found[0]) if quoted is None else f"'{shown(quoted)}'"
