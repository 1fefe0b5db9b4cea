"""Finds the effects of creating a definition.

A definition is harmless if nothing else can notice that it was created. It then counts only where it is named.
Anything that cannot be determined, such as a call of something unknown, counts as an effect.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Collection, Iterable, Iterator

from mlbuild.engine.code.names import Namespace
from mlbuild.engine.code.syntax import (
    FUNCTIONS,
    Function,
    accesses,
    dotted,
    each,
    is_alias,
    parameters,
)

#: The targets of calls, or `.name` for a method of an unknown object; None if anything may happen.
Effects = tuple[str, ...] | None
#: The method of the bases that is called when a class is created.
SUBCLASSED = "__init_subclass__"

_BUILTINS = frozenset(
    "abs all any bool bytes bytearray callable chr classmethod complex dict divmod enumerate filter float format"
    " frozenset getattr hasattr hash int isinstance issubclass iter len list map max memoryview min next object ord"
    " pow property range repr reversed round set slice sorted staticmethod str sum super tuple type vars zip".split()
)
_EXCEPTIONS = frozenset(
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
)
#: Functions that call a function which they are given: as the first argument, or as the `key`.
_CALLING = frozenset(("filter", "map"))
_ORDERING = frozenset(("max", "min", "sorted"))
#: Modules whose functions and classes can all be called without an effect.
_HARMLESS_MODULES = frozenset(
    "abc collections collections.abc contextvars dataclasses datetime enum fractions functools itertools math"
    " pathlib re string struct types typing".split()
)
_HARMLESS = frozenset(
    "contextlib:asynccontextmanager contextlib:contextmanager contextlib:nullcontext contextlib:suppress"
    " decimal:Decimal json:JSONDecoder json:JSONEncoder logging:getLogger operator:attrgetter operator:itemgetter"
    " operator:methodcaller textwrap:dedent threading:Event threading:Lock threading:RLock threading:local"
    " typing_extensions:override uuid:UUID".split()
)
#: Methods of strings, maps, sets and sequences that change nothing.
_METHODS = frozenset(
    "bit_length capitalize casefold copy count decode difference encode endswith format fromkeys get hex index"
    " intersection isalnum isalpha isdecimal isdigit isdisjoint isidentifier islower issubset isupper items join"
    " keys ljust lower lstrip partition removeprefix removesuffix replace rjust rpartition rsplit rstrip split"
    " splitlines startswith strip swapcase symmetric_difference title translate union upper values zfill".split()
)


class Doubt(Exception):
    """Anything may happen."""


def making(statement: ast.stmt, namespace: Namespace, lazy: bool) -> Effects:
    """Return what is called when a top-level statement of a module runs. `lazy` annotations are not evaluated."""
    try:
        return tuple(dict.fromkeys(_made(statement, namespace, lazy, frozenset())))
    except Doubt:
        return None


def harmless_elsewhere(target: str) -> bool:
    """Whether something from another package can be called without an effect."""
    module, _, path = target.partition(":")
    if path.endswith(f".{SUBCLASSED}"):
        return module == "builtins" or module.partition(".")[0] in sys.stdlib_module_names
    if module == "builtins":
        return path in _BUILTINS or path in _EXCEPTIONS
    return (module in _HARMLESS_MODULES and "." not in path) or target in _HARMLESS


def _made(statement: ast.stmt, namespace: Namespace, lazy: bool, own: frozenset[str]) -> Iterator[str]:
    """`own` are the functions of the class that contains the statement."""
    match statement:
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            yield from _decorated(statement.decorator_list, namespace, own)
            yield from calls_in([*arguments.defaults, *filter(None, arguments.kw_defaults)], namespace)
            yield from () if lazy else calls_in(_annotations(statement), namespace)
        case ast.ClassDef(bases=bases, body=body):
            targets = namespace.bases(statement)
            if targets is None:
                raise Doubt
            yield from _decorated(statement.decorator_list, namespace, own)
            yield from calls_in(bases, namespace)
            yield from (f"{target}.{SUBCLASSED}" for target in targets)
            inside = own | {inner.name for inner in body if isinstance(inner, FUNCTIONS)}
            for inner in body:
                yield from _made(inner, namespace, lazy, inside)
        case ast.Assign(targets=targets, value=value):
            if not all(isinstance(name, ast.Name) for name in each(targets)):
                raise Doubt
            yield from calls_in([value], namespace)
        case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
            yield from calls_in([value], namespace)
            yield from () if lazy else calls_in([annotation], namespace)
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            pass
        case _ if not is_alias(statement):
            raise Doubt


def _decorated(decorators: Iterable[ast.expr], namespace: Namespace, own: frozenset[str]) -> Iterator[str]:
    for decorator in decorators:
        name = dotted(decorator)
        if name and (of := name.partition(".")[0]) in own and accesses(decorator, of):
            continue
        if name:
            yield from _known(name, namespace)
            continue
        if not isinstance(decorator, ast.Call):
            raise Doubt
        _see_maker(decorator, namespace)
        yield from calls_in([decorator], namespace)


def calls_in(
    expressions: Iterable[ast.expr | None], namespace: Namespace, local: Callable[[], Collection[str]] = tuple
) -> Iterator[str]:
    """Yield what evaluating expressions calls. The values of the `local` names are unknown.

    Raises:
        Doubt: Something unknown is called.
    """
    waiting: list[ast.AST] = [*filter(None, expressions)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            raise Doubt
        if isinstance(node, ast.Lambda):  # it is created, not called
            waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
            _see_maker(node.func, namespace)
        elif isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS
        ):
            name = dotted(node.func) or ""
            unknown = not namespace.known(name) or name.partition(".")[0] in local()
            if unknown and isinstance(node.func, ast.Attribute):
                yield f".{node.func.attr}"
            elif unknown:
                raise Doubt
            else:
                yield from _known(name, namespace)
            called = [one.value for one in node.keywords if one.arg == "key" and name in _ORDERING]
            for function in [*called, *(node.args[:1] if name in _CALLING else [])]:
                if isinstance(function, ast.Lambda):
                    waiting.append(function.body)
                else:
                    yield from _known(dotted(function), namespace)
        waiting += ast.iter_child_nodes(node)


def _see_maker(call: ast.Call, namespace: Namespace) -> None:
    """Check that the result of a call can be called: the result of one of our functions could do anything.

    Raises:
        Doubt: It is not the result of a known function from another package.
    """
    if not all(map(harmless_elsewhere, _known(dotted(call.func), namespace))):
        raise Doubt


def _known(name: str | None, namespace: Namespace) -> list[str]:
    if found := _targets(name, namespace):
        return found
    raise Doubt


def _targets(name: str | None, namespace: Namespace) -> list[str]:
    """Return what a name can be, including its attributes if it is defined here."""
    _, dot, rest = (name or "").partition(".")
    found = namespace.known(name)
    return [f"{target}.{rest}" if dot and target.startswith(":") else target for target in found]


def _annotations(function: Function) -> list[ast.expr | None]:
    return [*(one.annotation for one in parameters(function)), function.returns]
