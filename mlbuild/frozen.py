"""Dataclasses whose fields are assigned once, as type checkers ensure.

A command defines some 200 classes before it starts to work. Python's own dataclasses compile the source text of each
method of each class; most of these methods are never called. So `__eq__`, `__hash__` and `__repr__` are closures here,
and there are no methods that refuse assignments at run time: mypy refuses the same assignments at no cost.
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
    made = dataclasses.dataclass(cls, eq=False, repr=False, slots=slots, kw_only=kw_only)
    for method in (_represented(made), *(_compared(made) if eq else ())):
        if method.__name__ not in made.__dict__ or made.__dict__[method.__name__] is None:
            setattr(made, method.__name__, method)
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
