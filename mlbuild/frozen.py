"""Dataclasses whose fields are assigned once, as type checkers ensure.

A command defines hundreds of classes before it starts to work. Python's own dataclasses compile the source text of
each method of each class; most of these methods are never called. So `__eq__`, `__hash__` and `__repr__` are closures
here, `__init__` is compiled when a class has its first instance, and there are no methods that refuse assignments at
run time: mypy refuses the same assignments at no cost.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(
    cls: Any = None, *, eq: bool = True, order: bool = False, slots: bool = False, kw_only: bool = False
) -> Any:
    """Make a class a dataclass. Its instances can be hashed, unless `eq` is false, and must not be changed.

    The methods give the same results as those of `dataclasses.dataclass(unsafe_hash=True)`.
    """
    if cls is None:
        return lambda cls: frozen(cls, eq=eq, order=order, slots=slots, kw_only=kw_only)
    if order:
        return dataclasses.dataclass(cls, order=True, unsafe_hash=True, slots=slots, kw_only=kw_only)
    made = dataclasses.dataclass(cls, init=False, eq=False, repr=False, slots=slots, kw_only=kw_only)
    for method in (_initialized(made), _represented(made), *(_compared(made) if eq else ())):
        if method.__name__ not in made.__dict__ or made.__dict__[method.__name__] is None:
            setattr(made, method.__name__, method)
    return made


def _initialized(cls: Any) -> Any:
    def __init__(self: Any, *values: Any, **named: Any) -> None:
        cls.__init__ = _compiled(cls)
        cls.__init__(self, *values, **named)

    return __init__


def _compiled(cls: Any) -> Any:
    """Compile the `__init__` of a class from its fields."""
    missing = dataclasses.MISSING
    known: dict[str, Any] = {"_missing": missing}
    places: list[str] = []
    words: list[str] = []
    lines: list[str] = []
    for one in dataclasses.fields(cls):
        given, value = one.name, one.name
        if one.default is not missing:
            known[f"_default_{one.name}"] = one.default
            given = f"{one.name}=_default_{one.name}"
        elif one.default_factory is not missing:
            known[f"_new_{one.name}"] = one.default_factory
            given = f"{one.name}=_missing"
            value = f"_new_{one.name}() if {one.name} is _missing else {one.name}"
        (words if one.kw_only else places).append(given)
        lines.append(f" self.{one.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    given = ", ".join(["self", *places, *(["*", *words] if words else [])])
    exec("\n".join([f"def __init__({given}):", *lines, " pass"]), known)
    made = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _represented(cls: Any) -> Any:
    names = [one.name for one in dataclasses.fields(cls) if one.repr]

    def __repr__(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _compared(cls: Any) -> tuple[Any, Any]:
    names = [one.name for one in dataclasses.fields(cls) if one.compare]
    # A getter of one name returns the value itself. Tuples compare the identity of their items first, as NaN needs.
    values: Any = attrgetter(*names * (2 if len(names) == 1 else 1)) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> Any:
        return values(self) == values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __eq__, __hash__
