"""The typing rule of each operator: the operands that it accepts, the type of the result, and the canonical form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from mlbuild.columns import NUMERIC, TEMPORAL
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.dates.rules import DATES
from mlbuild.expressions.functions.arithmetic import ARITHMETIC, Rule
from mlbuild.expressions.terms import Term, alike, as_dtype, made, mismatch, moment_literal, strict
from mlbuild.expressions.texts.rules import TEXTS
from mlbuild.expressions.tree import NULL, UNTYPED, Node, Tree, is_literal, is_null, literal_value

TRUE: Tree = ("bool", True)
FALSE: Tree = ("bool", False)
_NAMES = {
    "when": "a WHEN",
    "is_true": "IS TRUE",
    "is_false": "IS FALSE",
    "not": "NOT",
    "in": "IN",
    "and": "AND",
    "or": "OR",
}


def _bools(node: Node, args: Sequence[Term]) -> list[Term]:
    for arg in args:
        if arg.dtype not in ("bool", UNTYPED):
            help_ = "compare it with a value" if arg.dtype in (*NUMERIC, "string") else None
            raise mismatch(f"{_name(node)} takes conditions, not {arg.words()}", arg, help_)
    return [as_dtype(arg, "bool") for arg in args]


def _name(node: Node) -> str:
    return _NAMES.get(node.op, node.op.upper())


def _compare(node: Node, args: Sequence[Term]) -> Term:
    dtype, args = alike(args, "cannot compare {} with {}")
    if node.op != "=" and dtype in ("string", "bool"):
        what = "strings have" if dtype == "string" else "bools have"
        raise mismatch(f"{what} no order: '<' and '>' compare numbers and dates", args[0])
    return strict(node.op, args, "bool")


def _connect(node: Node, args: Sequence[Term]) -> Term:
    """Flatten AND and OR, and remove literals."""
    neutral, final = (TRUE, FALSE) if node.op == "and" else (FALSE, TRUE)
    terms: list[Term] = []
    for term in _bools(node, args):
        inner = term.tree[1:] if term.tree[0] == node.op else (term.tree,)
        terms += [Term(tree, "bool", term.nullable) for tree in inner if tree != neutral]
    if any(term.tree == final for term in terms):
        return Term(final, "bool", False)
    if len(terms) < 2:
        return terms[0] if terms else Term(neutral, "bool", False)
    return made(node.op, terms, "bool", any(term.nullable for term in terms))


def _not(node: Node, args: Sequence[Term]) -> Term:
    (x,) = _bools(node, args)
    if x.tree[0] == "not":
        return Term(x.tree[1], "bool", x.nullable)
    return strict("not", [x], "bool")


def _is_null(node: Node, args: Sequence[Term]) -> Term:
    if is_literal(args[0].tree):
        return Term(TRUE if is_null(args[0].tree) else FALSE, "bool", False)
    return made("is_null", args, "bool", False)


def _is_true(node: Node, args: Sequence[Term]) -> Term:
    return made("is_true", _bools(node, args), "bool", False)


def _is_false(node: Node, args: Sequence[Term]) -> Term:
    return _is_true(node, [_not(node, args)])


def _case(node: Node, args: Sequence[Term]) -> Term:
    """Remove branches that can never be taken. A branch that is always taken becomes the ELSE."""
    conditions = _bools(Node("when"), args[:-1:2])
    dtype, results = alike(
        [*args[1:-1:2], args[-1]], "all results of a CASE must have the same type, not {} and {}"
    )
    branches: list[Term] = []
    otherwise = results[-1]
    for condition, value in zip(conditions, results, strict=False):
        if condition.tree == TRUE:
            otherwise = value
            break
        if not is_literal(condition.tree):
            branches += [condition, value]
    left = [*branches[1::2], otherwise]
    if not branches:
        return _still(dtype, otherwise, left)
    tree = ("case", *(term.tree for term in (*branches, otherwise)))
    nullable, finite = any(term.nullable for term in left), all(term.finite for term in left)
    return _still(dtype, Term(tree, dtype, nullable, finite=finite), left)


def _still(dtype: str, term: Term, left: Sequence[Term]) -> Term:
    """Keep the result a float, even if the operands that made it one were removed and only ints are left."""
    if dtype == "float" and all(operand.dtype == "int" for operand in left):
        return strict("cast", [replace(term, dtype="int")], dtype, False, dtype)
    return term


def _coalesce(node: Node, args: Sequence[Term]) -> Term:
    dtype, terms = alike(args, "the arguments of COALESCE must have the same type, not {} and {}")
    kept: list[Term] = []
    for term in terms:
        if not is_null(term.tree):
            kept.append(term)
        if is_literal(term.tree) and not is_null(term.tree):
            break
    if len(kept) < 2:
        return _still(dtype, kept[0], kept) if kept else terms[0]
    return _still(dtype, made("coalesce", kept, dtype, all(term.nullable for term in kept)), kept)


def _extreme(node: Node, args: Sequence[Term]) -> Term:
    dtype, terms = alike(args, f"the arguments of {_name(node)} must have the same type, not {{}} and {{}}")
    if dtype not in (*NUMERIC, *TEMPORAL, UNTYPED):
        raise mismatch(f"{_name(node)} takes numbers or dates, not {terms[0].words()}", terms[0])
    kept = [term for term in terms if not is_null(term.tree)]
    if len(kept) < 2:
        return _still(dtype, kept[0], kept) if kept else terms[0]
    return _still(dtype, made(node.op, kept, dtype, all(term.nullable for term in kept)), kept)


def _in(node: Node, args: Sequence[Term]) -> Term:
    """Sort the list and remove duplicates.

    If it contains NULL, the result is missing for values that are not in the list.
    """
    for item in args[1:] or args:
        if not is_literal(item.tree):
            problem = Problem(
                "unsupported-expression", "IN takes a list of literal values", offset=item.offset
            )
            raise Rejected(problem)
    dtype, (x, *items) = alike(args, "IN cannot compare {} with {}")
    trees = {item.tree for item in items}
    values = sorted((tree for tree in trees if not is_null(tree)), key=lambda tree: literal_value(tree))
    equal = Node("=")
    if dtype in ("bool", UNTYPED) or len(values) < 2:
        either = [_compare(equal, [x, item]) for item in items]
        return reduce(lambda one, other: _connect(Node("or"), [one, other]), either)
    found = strict("in", [x, *(Term(value, dtype, False) for value in values)], "bool")
    return (
        _connect(Node("or"), [found, Term((NULL, "bool"), "bool", True)])
        if len(values) < len(trees)
        else found
    )


def _cast(node: Node, args: Sequence[Term]) -> Term:
    (x,), target = args, node.extra[0]
    if x.dtype in (UNTYPED, target):
        return as_dtype(x, target)
    if x.dtype == "string" and target in TEMPORAL and is_literal(x.tree):
        return moment_literal(x, target)
    if (x.dtype, target) == ("datetime", "date"):
        return strict("cast", [x], "date", False, "date")
    numbers = ("bool", *NUMERIC)
    if (x.dtype in numbers and target in numbers) or (x.dtype, target) == ("date", "datetime"):
        return strict("cast", [x], target, target == "int" and not x.finite, target)
    help_ = "declare the column with this dtype in its contract" if x.dtype == "string" else None
    raise mismatch(f"{x.words()} cannot be cast to {target}", x, help_)


RULES: Mapping[str, Rule] = {
    **ARITHMETIC,
    **DATES,
    **TEXTS,
    "=": _compare,
    "<": _compare,
    "<=": _compare,
    "and": _connect,
    "or": _connect,
    "not": _not,
    "is_null": _is_null,
    "is_true": _is_true,
    "is_false": _is_false,
    "case": _case,
    "coalesce": _coalesce,
    "least": _extreme,
    "greatest": _extreme,
    "in": _in,
    "cast": _cast,
}
