"""Queries about a plan: sets of tasks, their dependencies and dependents, and paths between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from mlbuild.diagnostics import Problem, Rejected
from mlbuild.engine.execution.order import order
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.targets import match, readers_of, sources_of
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean

_TOKEN = re.compile(r"\s*(?:([(),|&])|([^\s(),|&]+))")
_OPERATORS: dict[str, Callable[[frozenset[str], frozenset[str]], frozenset[str]]] = {
    "|": frozenset.union,
    "&": frozenset.intersection,
    "-": frozenset.difference,
}
#: The maximum number of open parentheses.
_MOST_OPEN = 100
#: The arguments of each function, for messages.
FUNCTIONS = {"deps": "deps(X)", "rdeps": "rdeps(X)", "somepath": "somepath(X, Y)"}


@frozen
class _Token:
    """A word or sign of an expression, and its position. The end is an empty token."""

    text: str
    start: int

    @property
    def place(self) -> tuple[int, int]:
        return self.start, self.start + max(len(self.text), 1)


def query(plan: Plan, expression: str) -> list[str]:
    """Return the tasks that an expression selects, each after the tasks that it reads.

    A word is a target as on every command line: a task, `model:NAME`, `kind:KIND`, a glob, `+x`, `x+`. `deps(x)` is
    a set with all its direct and indirect dependencies, `rdeps(x)` a set with everything that depends on it, and
    `deps(x, 1)` goes only one step. `somepath(x, y)` is a shortest path between two sets. `|`, `&` and `-` (with
    spaces around it) combine sets. Different operators need parentheses.

    Raises:
        Rejected: The expression is invalid, at `offset` of path `(0,)`; or tasks depend on each other in a circle.
    """
    found = _QueryParser(plan, expression).whole()
    return [name for name in order(plan, plan.tasks) if name in found]


class _QueryParser:
    """Parses an expression from left to right and evaluates it at the same time."""

    def __init__(self, plan: Plan, expression: str) -> None:
        self._plan = plan
        self._tokens = list(_tokens(expression))

    def whole(self) -> frozenset[str]:
        opened = [token for token in self._tokens if token.text == "("]
        if len(opened) > _MOST_OPEN:
            raise _wrong(opened[_MOST_OPEN], f"more than {_MOST_OPEN} parentheses")
        found = self._set()
        self._expect("")
        return found

    def _set(self) -> frozenset[str]:
        """Parse sets that are combined by one operator."""
        found, first = self._one(), self._tokens[0].text
        while (sign := self._tokens[0]).text in _OPERATORS:
            if sign.text != first:
                message = f"'{first}' and '{sign.text}' cannot be mixed without parentheses"
                raise _wrong(sign, message, "add parentheses")
            self._next()
            found = _OPERATORS[sign.text](found, self._one())
        return found

    def _one(self) -> frozenset[str]:
        token = self._next()
        if token.text == "(":
            found = self._set()
            self._expect(")")
            return found
        if not token.text or token.text in _OPERATORS or token.text in "),":
            raise _wrong(token, f"expected a target before {_called(token)}")
        if self._tokens[0].text == "(":
            return self._call(token)
        try:
            return match(self._plan, [token.text])
        except Rejected as rejected:
            raise Rejected(*(replace(one, offset=token.place) for one in rejected.problems)) from None

    def _call(self, name: _Token) -> frozenset[str]:
        if name.text not in FUNCTIONS:
            known = f"available functions: {', '.join(FUNCTIONS.values())}"
            raise _wrong(name, f"unknown function '{name.text}'", did_you_mean(name.text, FUNCTIONS) or known)
        self._expect("(")
        first = self._set()
        if name.text == "somepath":
            self._expect(",")
            found = _path(self._plan, first, self._set())
        else:
            arrows = (sources_of if name.text == "deps" else readers_of)(self._plan)
            found = frozenset().union(*_waves(arrows, first, self._depth()))
        self._expect(")")
        return found

    def _depth(self) -> int | None:
        """Parse the number of steps to go; None for no limit."""
        if self._tokens[0].text != ",":
            return None
        self._next()
        token = self._next()
        if not token.text.isdecimal() or len(token.text) > 18:
            raise _wrong(
                token,
                f"expected the number of steps before {_called(token)}",
                "write deps(X, 1), for example",
            )
        return int(token.text)

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            wanted = f"'{text}'" if text else "an operator"
            help_ = None if text else "the operators are '|', '&' and '-', with spaces around them"
            raise _wrong(token, f"expected {wanted} before {_called(token)}", help_)

    def _next(self) -> _Token:
        return self._tokens.pop(0) if self._tokens[0].text else self._tokens[0]


def _tokens(expression: str) -> Iterator[_Token]:
    end = 0
    while found := _TOKEN.match(expression, end):
        group = found.lastindex or 0
        yield _Token(found[group], found.start(group))
        end = found.end()
    yield _Token("", len(expression.rstrip()))


def _path(plan: Plan, first: frozenset[str], last: frozenset[str]) -> frozenset[str]:
    """Return the tasks of a shortest path from one set to the other, in either direction; empty if there is none."""
    readers, sources = readers_of(plan), sources_of(plan)
    for begin, end in ((first, last), (last, first)):
        waves = list(_waves(readers, begin))
        length = next((steps for steps, wave in enumerate(waves) if wave & end), None)
        if length is not None:
            way = [min(waves[length] & end)]
            for wave in reversed(waves[:length]):
                way.append(min(wave.intersection(sources[way[-1]])))
            return frozenset(way)
    return frozenset()


def _waves(
    arrows: Mapping[str, Collection[str]], start: frozenset[str], steps: int | None = None
) -> Iterator[frozenset[str]]:
    """Yield what is reached for the first time with each number of steps, up to `steps`."""
    wave, seen = start, set(start)
    while wave and (steps is None or steps >= 0):
        yield wave
        wave = frozenset(other for name in wave for other in arrows[name] if other not in seen)
        seen |= wave
        steps = None if steps is None else steps - 1


def _called(token: _Token) -> str:
    return f"'{token.text}'" if token.text else "the end"


def _wrong(token: _Token, message: str, help: str | None = None) -> Rejected:
    return Rejected(Problem("bad-query", message, (0,), help, offset=token.place))
