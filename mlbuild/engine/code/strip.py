"""Removes what Python does not run from a definition: docstrings, annotations that nothing reads, and prose."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property

from mlbuild.engine.code.names import Namespace
from mlbuild.engine.code.policy import Prose
from mlbuild.engine.code.syntax import FUNCTIONS, dotted, is_text, parameters

#: Decorators that read neither docstrings nor annotations, and after which a method is still found by its name.
_PLAIN = frozenset(
    "abc:abstractmethod builtins:classmethod builtins:property builtins:staticmethod contextlib:asynccontextmanager"
    " contextlib:contextmanager dataclasses:dataclass enum:unique functools:cache functools:cached_property"
    " functools:lru_cache functools:total_ordering typing:dataclass_transform typing:final typing:overload typing:override"
    " typing:runtime_checkable typing_extensions:override".split()
)
_ACCESSORS = (".setter", ".getter", ".deleter")
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_LITERALS = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.expr_context)


def is_plain(decorators: Iterable[ast.expr], namespace: Namespace) -> bool:
    """Whether decorators do not look at what they decorate. Unknown decorators may do so."""
    for decorator in decorators:
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
        targets = namespace.known(name)
        if not name.endswith(_ACCESSORS) and not (targets and _PLAIN.issuperset(targets)):
            return False
    return True


class Stripper:
    """Strips the definitions of one module, in place. `lazy` annotations are not evaluated."""

    def __init__(self, namespace: Namespace, lazy: bool, prose: Mapping[str, list[Prose]]) -> None:
        self._namespace, self._lazy, self._prose = namespace, lazy, prose

    def knows(self, statement: ast.ClassDef) -> bool:
        """Whether nothing that creates a class is from another package, which might read docstrings or annotations."""
        top = self._namespace.package.partition(".")[0]
        bases = self._namespace.bases(statement)
        return (
            bases is not None
            and is_plain(statement.decorator_list, self._namespace)
            and all(_top(target) in ("", top, "builtins", *sys.stdlib_module_names) for target in bases)
        )

    def strip(self, statement: ast.stmt) -> None:
        self._strip(statement, local=isinstance(statement, ast.AnnAssign) and self._lazy)

    @cached_property
    def _told(self) -> bool:
        """Whether the module has a name for anything that accepts prose."""
        return any(not self._prose.keys().isdisjoint(targets) for targets in self._namespace.bound.values())

    def take_prose(self, statements: Iterable[ast.stmt]) -> list[tuple[str, str]]:
        """Remove prose. Return each text with the attribute as which it is read."""
        found: list[tuple[str, str]] = []
        if not self._told:
            return found
        for call in (node for one in statements for node in ast.walk(one) if isinstance(node, ast.Call)):
            name = dotted(call.func)
            for target in self._namespace.targets(name) if name else ():
                for prose in self._prose.get(target, ()):
                    found += ((prose.read_as, text) for text in _taken(call, prose))
        return found

    def _strip(self, node: ast.AST, local: bool) -> None:
        """`local` is whether the statement is in a function, where annotations are never evaluated."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            plain = (
                self.knows(node)
                if isinstance(node, ast.ClassDef)
                else is_plain(node.decorator_list, self._namespace)
            )
            if not plain:
                return
            node.body = [one for one in node.body if not is_text(one)] or [ast.Pass()]
        if isinstance(node, FUNCTIONS):
            if self._lazy:
                node.returns = None
                for argument in parameters(node):
                    argument.annotation = None
            self._strip_all(node.body, local=True)
        elif isinstance(node, ast.ClassDef):
            self._strip_all(node.body, local=False)
        elif isinstance(node, ast.AnnAssign) and local:
            node.annotation = ast.Constant(None)
        elif isinstance(node, (*_BLOCKS, ast.ExceptHandler, ast.match_case)):
            self._strip_all(ast.iter_child_nodes(node), local)

    def _strip_all(self, nodes: Iterable[ast.AST], local: bool) -> None:
        for node in nodes:
            self._strip(node, local)


def _top(target: str) -> str:
    return target.partition(":")[0].partition(".")[0]


def _taken(call: ast.Call, prose: Prose) -> list[str]:
    """Remove the texts from an argument, as far as they are literals."""
    given = [keyword for keyword in call.keywords if keyword.arg == prose.argument]
    if given:
        texts, given[0].value = _emptied(given[0].value)
    elif prose.position is not None and len(call.args) > prose.position and not _starred(call):
        texts, call.args[prose.position] = _emptied(call.args[prose.position])
    else:
        texts = []
    return texts


def _starred(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args)


def _emptied(value: ast.expr) -> tuple[list[str], ast.expr]:
    """Return the texts in an argument, and the argument without them. The keys of a map are not prose."""
    if isinstance(value, ast.Dict):
        pairs = [_emptied(one) for one in value.values]
        return [text for texts, _ in pairs for text in texts], ast.Dict(value.keys, [one for _, one in pairs])
    if all(isinstance(node, _LITERALS) for node in ast.walk(value)):
        return [ast.unparse(value)], ast.Constant(None)
    return [], value
