"""The functions of a source that are not inside another function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def outermost(tree: ast.AST) -> Iterator[Function]:
    """Yield the functions of a module or class, except those inside other functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from outermost(node)


def body_at(source: str, line: int) -> int | None:
    """Return the first line of the outermost function whose body contains a line.

    What is on a line with a default value or a decorator does not count: it runs when the function is created.
    """
    for function in outermost(ast.parse(source)):
        outside = [part for part in (function.args, *function.decorator_list, function.returns) if part]
        signature = [
            node.end_lineno or 0 for part in outside for node in ast.walk(part) if isinstance(node, ast.expr)
        ]
        start = max([function.lineno, *signature])
        if start < function.body[0].lineno <= line <= (function.end_lineno or 0):
            return function.lineno
    return None
