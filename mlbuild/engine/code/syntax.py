"""Helpers for syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Nodes with their own names, in addition to those of an enclosing function.
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Methods that get a class as first argument, whatever their decorators are.
_OF_CLASSES = ("__new__", "__init_subclass__", "__class_getitem__")


def dotted(node: ast.AST) -> str | None:
    """Return `a.b.c` if an expression is a name with attributes."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(path)]) if isinstance(node, ast.Name) else None


def each(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield the targets in `a, (b, c) = ...`."""
    for target in targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            yield from each(target.elts)
        else:
            yield target


def parameters(function: Function) -> list[ast.arg]:
    given = function.args
    several = [one for one in (given.vararg, given.kwarg) if one]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *several]


def around(function: Function) -> list[ast.AST]:
    """Return the parts of a function outside its body, which are evaluated when the function is created."""
    given = function.args
    annotations = [*(one.annotation for one in parameters(function)), function.returns]
    found = [*function.decorator_list, *given.defaults, *given.kw_defaults, *annotations]
    return [node for node in (*found, *getattr(function, "type_params", ())) if node is not None]


def local_names(function: Function) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a function binds, without imports, and the names that it declares as global."""
    found = {one.arg for one in parameters(function)}
    others: set[str] = set()
    global_: set[str] = set()
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                others.update(alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.Global(names=names):
                global_.update(names)
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return frozenset(found - others - global_), frozenset(global_)


def defined(statement: ast.stmt) -> list[str]:
    """Return the names that a definition binds; empty for other statements."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            bound = [*each(targets)]
        case ast.AnnAssign(target=target):
            bound = [target]
        case _ if is_alias(statement):
            bound = [statement.name]  # type: ignore[attr-defined]  # mypy checks for Python 3.11
        case _:
            return []
    names = [name.id for name in bound if isinstance(name, ast.Name)]
    return names if len(names) == len(bound) else []


def is_alias(statement: ast.stmt) -> bool:
    """Whether this is a `type X = ...` statement of Python 3.12, which is evaluated on use."""
    return type(statement).__name__ == "TypeAlias"


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is only a string, such as a docstring."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_dunder(name: str) -> bool:
    """Whether Python itself may use something with this name."""
    return name.startswith("__") and name.endswith("__")


def accesses(decorator: ast.expr, name: str) -> bool:
    """Whether a decorator adds a setter or deleter to the property with that name."""
    return (dotted(decorator) or "") in (f"{name}.setter", f"{name}.getter", f"{name}.deleter")


def first_parameter(function: Function) -> str | None:
    """Return the name of the first parameter, if it can be passed by position."""
    found = [*function.args.posonlyargs, *function.args.args]
    return found[0].arg if found else None


def instance_of(method: ast.stmt) -> str | None:
    """Return the name of the first parameter of a method (`self`). None if it may be a class."""
    if not isinstance(method, FUNCTIONS) or method.name in _OF_CLASSES:
        return None
    bound = {dotted(decorator) for decorator in method.decorator_list}
    return None if bound & {"classmethod", "staticmethod"} else first_parameter(method)
