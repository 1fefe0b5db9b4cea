"""The typing rules of the functions of strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.expressions.functions.arithmetic import Rule
from mlbuild.expressions.terms import Term, as_dtype, made, mismatch, strict
from mlbuild.expressions.tree import NULL, UNTYPED, Node, is_null

_NAMES = {"like": "LIKE", "ilike": "ILIKE", "regexp_like": "REGEXP_LIKE", "concat": "CONCAT", "||": "'||'"}


def _strings(node: Node, args: Sequence[Term]) -> list[Term]:
    for arg in args:
        if arg.dtype not in ("string", UNTYPED):
            help_ = "write OR" if node.op == "||" else None
            raise mismatch(f"{_NAMES[node.op]} takes a string, not {arg.words()}", arg, help_)
    return [as_dtype(arg, "string") for arg in args]


def _like(node: Node, args: Sequence[Term]) -> Term:
    (x,) = _strings(node, args)
    pattern = node.extra[0]
    while "%%" in pattern:
        pattern = pattern.replace("%%", "%")
    if node.op == "like" and not set(pattern) & set("%_"):
        return strict("=", [x, Term(("string", pattern), "string", False)], "bool")
    return strict(node.op, [x], "bool", False, pattern)


def _regexp_like(node: Node, args: Sequence[Term]) -> Term:
    return strict("regexp_like", _strings(node, args), "bool", False, node.extra[0])


def _concat(node: Node, args: Sequence[Term]) -> Term:
    """Remove missing literals. The result is never missing."""
    kept = [term for term in _strings(node, args) if not is_null(term.tree)]
    if not kept:
        return Term(("string", ""), "string", False)
    return made("concat", kept, "string", False)


def _joined(node: Node, args: Sequence[Term]) -> Term:
    """Flatten a chain of `||`."""
    terms = _strings(node, args)
    if any(is_null(term.tree) for term in terms):
        return Term((NULL, "string"), "string", True)
    parts: list[Term] = []
    for term in terms:
        inner = term.tree[1:] if term.tree[0] == "||" else (term.tree,)
        parts += [Term(tree, "string", term.nullable) for tree in inner]
    return strict("||", parts, "string")


TEXTS: Mapping[str, Rule] = {
    "like": _like,
    "ilike": _like,
    "regexp_like": _regexp_like,
    "concat": _concat,
    "||": _joined,
}
