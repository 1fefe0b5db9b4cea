"""Finds what calling a function does besides returning a value."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from mlbuild.engine.code.effects import SUBCLASSED, Doubt, Effects, calls_in
from mlbuild.engine.code.names import Namespace
from mlbuild.engine.code.syntax import Function, dotted, each, first_parameter

#: Methods that change a list, set or map, and the expressions that create one.
_CHANGES = frozenset(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort update".split()
)
_DISPLAYS = (ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
#: Methods whose first parameter is a new object. Nobody else can see assignments to its attributes yet.
_FILLING = ("__init__", "__post_init__", SUBCLASSED)


def calling(function: Function, namespace: Namespace) -> Effects:
    """Return what a function calls, if it changes nothing except its own names and the object that it creates."""
    try:
        return tuple(dict.fromkeys(_Body(function, namespace).calls()))
    except Doubt:
        return None


class _Body:
    """The body of a function, as far as running it has certainly no effect."""

    def __init__(self, function: Function, namespace: Namespace) -> None:
        self._function, self._namespace = function, namespace
        self._made = first_parameter(function) if function.name in _FILLING else None

    @cached_property
    def _local(self) -> set[str]:
        """The names of parameters and local variables."""
        found: set[str] = set()
        for node in ast.walk(self._function):
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name):
                    found.add(name)
        return found

    @cached_property
    def _own(self) -> set[str]:
        """The names of lists, sets and maps that the function has certainly created itself."""
        stored: Counter[str] = Counter()
        displayed: Counter[str] = Counter()
        for node in ast.walk(self._function):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    stored[name] += 1
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=value)
                ) if isinstance(value, _DISPLAYS):
                    displayed[name] += 1
        return {name for name, count in displayed.items() if count == stored[name]}

    def calls(self) -> Iterator[str]:
        if isinstance(self._function, ast.AsyncFunctionDef):
            raise Doubt
        yield from self._block(self._function.body)

    def _block(self, statements: Iterable[ast.stmt]) -> Iterator[str]:
        for statement in statements:
            yield from self._run(statement)

    def _run(self, statement: ast.stmt) -> Iterator[str]:
        match statement:
            case ast.Pass() | ast.Break() | ast.Continue():
                pass
            case ast.FunctionDef(decorator_list=[], args=arguments):
                yield from self._calls(*arguments.defaults, *arguments.kw_defaults)
            case ast.Expr(value=ast.Call(func=func, args=[ast.Name(id=first), *rest])) if (
                dotted(func) == "object.__setattr__" and first == self._made
            ):
                yield from self._calls(*rest)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=change)) as call
            ) if change in _CHANGES and name in self._own:
                yield from self._calls(*call.args, *(one.value for one in call.keywords))
            case ast.Return(value=value) | ast.Expr(value=value) | ast.Raise(exc=value):
                yield from self._calls(value)
            case ast.Assign(targets=targets, value=value):
                self._assigned(targets)
                yield from self._calls(value)
            case ast.AnnAssign(target=target, value=value):
                self._assigned([target])
                yield from self._calls(value)
            case ast.If(test=test) | ast.While(test=test):
                yield from self._calls(test)
                yield from self._block([*statement.body, *statement.orelse])
            case ast.For(target=target, iter=values):
                self._assigned([target])
                yield from self._calls(values)
                yield from self._block([*statement.body, *statement.orelse])
            case _:
                raise Doubt

    def _calls(self, *expressions: ast.expr | None) -> Iterator[str]:
        return calls_in(expressions, self._namespace, lambda: self._local)

    def _assigned(self, targets: Iterable[ast.expr]) -> None:
        """Refuse assignments to anything but names and attributes of the new object.

        Raises:
            Doubt: An attribute or item of something else.
        """
        for target in each(targets):
            own = isinstance(target, ast.Attribute) and dotted(target.value) == self._made is not None
            if not isinstance(target, ast.Name) and not own:
                raise Doubt
