"""Random changes of random expressions in source code."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator

from mlbuild.frozen import frozen

_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv)


@frozen
class Mutant:
    """A changed source: the line, and the old and new text of the changed part."""

    source: bytes
    line: int
    was: str
    now: str


def mutant(source: bytes, chance: random.Random, lines: range | None = None) -> Mutant | None:
    """Return one random change between some lines; None if the chosen part cannot be changed."""
    nodes = [node for node in _changeable(ast.parse(source)) if lines is None or node.lineno in lines]
    if not nodes:
        return None
    node = chance.choice(nodes)
    changed = _changed(node, chance)
    if changed is None:
        return None
    now = ast.unparse(ast.fix_missing_locations(changed))
    if isinstance(node, ast.expr):
        now = f"({now})"
    found = source.split(b"\n")
    start = sum(len(line) + 1 for line in found[: node.lineno - 1]) + node.col_offset
    end = sum(len(line) + 1 for line in found[: (node.end_lineno or 0) - 1]) + (node.end_col_offset or 0)
    was = source[start:end].decode()
    other = source[:start] + now.encode() + source[end:]
    try:
        if ast.dump(ast.parse(other)) == ast.dump(ast.parse(source)):
            return None
        compile(other, "mutant", "exec")
    except SyntaxError:
        return None
    return Mutant(other, node.lineno, was, now)


def _changeable(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield expressions and simple statements with a position, except annotations and docstrings."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "ctx"):
            continue
        for child in value if isinstance(value, list) else [value]:
            told = name == "body" and isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if (
                not isinstance(child, ast.AST)
                or told
                or isinstance(child, (ast.JoinedStr, ast.ImportFrom, ast.Import))
            ):
                continue
            if isinstance(child, (ast.Assign, ast.AugAssign, ast.Expr, ast.Raise, ast.Return)):
                if isinstance(tree, (ast.FunctionDef, ast.If, ast.For, ast.With)):
                    yield child
            elif isinstance(child, ast.expr) and isinstance(getattr(child, "ctx", ast.Load()), ast.Load):
                yield child
            yield from _changeable(child)


def _changed(node: ast.AST, chance: random.Random) -> ast.AST | None:
    """Return a node that differs in one thing."""
    other = copy.deepcopy(node)
    match other:
        case ast.Constant(value=bool(value)):
            other.value = not value
        case ast.Constant(value=int(value)):
            other.value = chance.choice([value + 1, value - 1, 0, value * 2 + 3])
        case ast.Constant(value=float(value)):
            other.value = chance.choice([value + 0.5, value * 2, 0.0])
        case ast.Constant(value=str(value)):
            other.value = chance.choice([f"{value}x", "", value[1:]])
        case ast.Constant(value=bytes(value)):
            other.value = value + b"x"
        case ast.Constant(value=None):
            other.value = 0
        case ast.Compare(ops=[_]):
            other.ops = [chance.choice(_COMPARISONS)()]
        case ast.BinOp():
            other.op = chance.choice(_OPERATORS)()
        case ast.BoolOp(op=op):
            other.op = ast.And() if isinstance(op, ast.Or) else ast.Or()
        case ast.UnaryOp(operand=operand):
            return operand
        case ast.IfExp(body=body, orelse=orelse):
            other.body, other.orelse = orelse, body
        case ast.Call(args=[first, second, *rest]) if chance.random() < 0.5:
            other.args = [second, first, *rest]
        case ast.Call(args=[*most, _]) if chance.random() < 0.5:
            other.args = most
        case ast.Call(keywords=[*most, _]) if chance.random() < 0.5:
            other.keywords = most
        case ast.Tuple(elts=[_, *rest]) | ast.List(elts=[_, *rest]):
            other.elts = rest
        case ast.Dict(keys=[_, *keys], values=[_, *values]):
            other.keys, other.values = keys, values
        case ast.Lambda():
            other.body = ast.Constant(None)
        case ast.Return():
            other.value = None
        case ast.stmt():
            return ast.Pass()
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            return ast.Constant(chance.choice([None, 0, 1]))
        case _:
            return None
    return other
