"""Expands `${NAME}` and `${NAME:-default}` in paths from environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen

#: A reference; `$${`, which is an escaped `${`; or an invalid `${`.
_MARK = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")
_HELP = "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"


@frozen
class Expanded:
    """A text with its variables replaced, and their names."""

    text: str
    names: tuple[str, ...]


def expand(text: str, environment: Mapping[str, str]) -> Expanded:
    """Replace the variables in a text. As in shells, a default also replaces an empty variable.

    Values are not expanded again.

    Raises:
        Rejected: A variable is not set and has no default, or a `${` is not followed by a name.
    """
    problems = [*_problems(text, environment)]
    if problems:
        raise Rejected(*problems)
    names = dict.fromkeys(found["name"] for found in _MARK.finditer(text) if found["name"])
    return Expanded(_MARK.sub(lambda found: _value(found, environment), text), tuple(names))


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "${"
    value = environment.get(found["name"], "")
    return value or found["default"] or "" if found["default"] is not None else value


def _problems(text: str, environment: Mapping[str, str]) -> Iterator[Problem]:
    for found in _MARK.finditer(text):
        name = found["name"]
        if found[0] == "${":
            yield Problem(
                "bad-format", "'${' is not followed by a variable name", help=_HELP, offset=found.span()
            )
        elif name and found["default"] is None and name not in environment:
            help_ = f"set it, or add a default: ${{{name}:-value}}"
            yield Problem(
                "undefined-variable",
                f"environment variable '{name}' is not set",
                help=help_,
                offset=found.span(),
            )
