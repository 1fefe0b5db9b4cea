"""The op `derive`: adds columns computed from others by SQL expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlbuild.ops.op import Op
from mlbuild.params import Expression, MapOf, field


@dataclass(frozen=True)
class Derive(Op):
    """Add columns, each computed row by row from columns that are there already."""

    op = "derive"
    discriminator = ("op", "derive")

    columns: Mapping[str, str] = field(  # type: ignore[assignment] # here it names what is made, not what is read
        MapOf(Expression(), min_items=1),
        "The new columns by name, each a SQL expression over columns before it.",
        examples=({"speed": "distance / air_time"},),
    )
