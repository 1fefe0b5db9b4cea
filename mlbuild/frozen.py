"""Dataclasses whose fields are assigned once, as type checkers ensure.

Python needs about 0.3 ms to define a dataclass with `frozen=True`, and half of it goes into the methods that refuse
assignments at run time. A command defines about 200 classes before it starts to work. mypy refuses the same
assignments at no cost.
"""

from __future__ import annotations

import dataclasses
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(
    cls: Any = None, *, eq: bool = True, order: bool = False, slots: bool = False, kw_only: bool = False
) -> Any:
    """Make a class a dataclass. Its instances can be hashed, unless `eq` is false, and must not be changed."""
    return dataclasses.dataclass(cls, eq=eq, order=order, unsafe_hash=eq, slots=slots, kw_only=kw_only)
