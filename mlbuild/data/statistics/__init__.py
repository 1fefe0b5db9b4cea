"""Statistics of tables: small JSON that can be merged and compared, one class for each family of dtypes."""

from __future__ import annotations

from mlbuild.data.statistics.flags import Flags
from mlbuild.data.statistics.numbers import Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.data.statistics.texts import Texts
from mlbuild.data.statistics.times import Times

#: The classes of column statistics. Each dtype belongs to one of them.
FAMILIES: tuple[type[Statistics], ...] = (Numbers, Flags, Texts, Times)

__all__ = ["FAMILIES"]
