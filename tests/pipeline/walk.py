"""A second way to find the constants that a task reaches: by the loaded modules, classes and bases."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, Protocol

import mlbuild
from mlbuild.pipeline.plan import POLICY
from tests.pipeline.coded import Coded

#: A definition by its module and name.
Node = tuple[str, str]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@cache
def constants(task: Coded) -> set[str]:
    """Return the constants that a task reaches, as `module:name`."""
    walk = _Walk()
    walk.take((task.run.__module__, task.run.__qualname__))
    for cls in task.uses:
        walk.take((cls.__module__, cls.__qualname__))
    walk.go()
    return {":".join(node) for node in walk.seen if is_constant(node)}


def is_constant(node: Node) -> bool:
    """Whether a definition is neither a function nor a class."""
    return not isinstance(_defined(node[0])[node[1]], _DEFINITIONS)


class _Walk:
    def __init__(self) -> None:
        self.seen: set[Node] = set()
        self.named: set[str] = set()
        self.waiting: list[tuple[str, ast.AST]] = []
        #: Members that nothing has named yet, by name.
        self.members: dict[str, list[tuple[str, ast.AST]]] = {}

    def go(self) -> None:
        while self.waiting:
            module, node = self.waiting.pop()
            for path, targets in _names(module, node):
                for attribute in path[1:]:
                    self.named.add(attribute)
                    self.waiting += self.members.pop(attribute, [])
                for found in targets:
                    self.take(found)

    def take(self, node: Node) -> None:
        module, name = node
        if node in self.seen or f"{module}.{name}" in POLICY.catalogues:
            return
        self.seen.add(node)
        statement = _defined(module)[name]
        if not isinstance(statement, ast.ClassDef):
            self.waiting.append((module, statement))
            return
        cls = getattr(importlib.import_module(module), name)
        for base in cls.__mro__[1:]:
            if _is_ours(base):
                self.take((base.__module__, base.__qualname__))
        passive = all(_is_ours(base) or base in (object, Generic, Protocol) for base in cls.__mro__)
        open_ = passive and any(issubclass(cls, family) for family in _families())
        self.waiting += ((module, node) for node in (*statement.decorator_list, *statement.bases))
        for inner in statement.body:
            member = _member(inner)
            if open_ and member and not member.startswith("__") and member not in self.named:
                self.members.setdefault(member, []).append((module, inner))
            else:
                self.waiting.append((module, inner))


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == mlbuild.__name__


@cache
def _families() -> tuple[type, ...]:
    found = (name.rpartition(".") for name in POLICY.families)
    return tuple(getattr(importlib.import_module(module), name) for module, _, name in found)


def _member(statement: ast.stmt) -> str | None:
    """Return the name of a method, or of an attribute that is not a field."""
    match statement:
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr()):
            return name if ast.unparse(annotation).startswith("ClassVar") else None
    return None


@cache
def _tree(module: str) -> ast.Module:
    file = importlib.import_module(module).__file__
    assert file is not None
    return ast.parse(Path(file).read_bytes())


@cache
def _defined(module: str) -> dict[str, ast.stmt]:
    """Return what a module defines at its top level, by name."""
    found: dict[str, ast.stmt] = {}
    for statement in _tree(module).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = statement
            case ast.Assign() | ast.AnnAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for node in (node for target in targets for node in ast.walk(target)):
                    if isinstance(node, ast.Name):
                        found[node.id] = statement
    return found


@cache
def _imported(module: str) -> dict[str, list[tuple[str, str]]]:
    """Return the names that a module imports anywhere, with their origin. All our modules use absolute imports."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == mlbuild.__name__:
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, []).append((node.module or "", alias.name))
    return found


def _resolved(module: str, path: tuple[str, ...]) -> Iterator[Node]:
    """Yield the definitions that a name with its attributes can be in a module."""
    if path[0] in _defined(module):
        yield module, path[0]
    for source, name in _imported(module).get(path[0], ()):
        value = getattr(importlib.import_module(source), name, None)
        if isinstance(value, ModuleType):
            yield from _resolved(value.__name__, path[1:]) if path[1:] else ()
        else:
            yield from _resolved(source, (name, *path[1:]))


@cache
def _names(module: str, node: ast.AST) -> list[tuple[tuple[str, ...], list[Node]]]:
    """Return the names in a part of a module, each with what it can be."""
    return [(path, [*_resolved(module, path)]) for path in dict.fromkeys(_paths(node))]


def _paths(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield the names in a syntax tree with their attributes.

    Attributes of other expressions start with an empty name.
    """
    match node:
        case ast.Name(id=name, ctx=ctx):
            if isinstance(ctx, ast.Load):
                yield (name,)
        case ast.Attribute():
            path: list[str] = []
            value: ast.expr = node
            while isinstance(value, ast.Attribute):
                path.insert(0, value.attr)
                value = value.value
            if isinstance(value, ast.Name):
                yield (value.id, *path)
            else:
                yield ("", *path)
                yield from _paths(value)
        case ast.Call(func=ast.Name(id="getattr" | "hasattr" | "attrgetter")):
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            yield ("", *(part for text in texts if isinstance(text, str) for part in text.split(".")))
            yield from (path for child in node.args for path in _paths(child))
        case ast.MatchClass(kwd_attrs=names):
            yield ("", *names)
            yield from (path for child in ast.iter_child_nodes(node) for path in _paths(child))
        case _:
            for name, value in ast.iter_fields(node):
                if name not in ("annotation", "returns"):
                    children: list[Any] = value if isinstance(value, list) else [value]
                    yield from (path for one in children if isinstance(one, ast.AST) for path in _paths(one))
