"""What reading a column needs to know about it."""

from __future__ import annotations

from mlbuild.columns import DTYPES
from mlbuild.frozen import frozen
from mlbuild.params import Boolean, Choice, Described, Text, field


@frozen
class Parsing(Described):
    """How the values of a column are read: their dtype, and which texts mean that a value is missing.

    This is separate from the other keys of a column, so that a new rule or another bound does not read a file again.
    """

    dtype: str = field(
        Choice(DTYPES),
        "Type of the values. A value that cannot be parsed as this type is a violation.",
    )
    empty_is_null: bool = field(
        Boolean(), "Whether an empty string counts as missing (string only).", default=True
    )
    null_token: str | None = field(
        Text(),
        "String that represents a missing value in the data and at serving time, if an empty string "
        "is an ordinary value.",
        default=None,
    )

    def parsed(self) -> Parsing:
        """Return these keys alone."""
        return Parsing(dtype=self.dtype, empty_is_null=self.empty_is_null, null_token=self.null_token)
