"""What texts turn out to be: a dtype and the way to read them, or a doubt that only a person can settle."""

from __future__ import annotations

from mlbuild.data.readings.reading import Reading
from mlbuild.frozen import frozen


@frozen
class Written:
    """All values are of this dtype if they are read in this `way`. `why` is set if it is a guess between several."""

    dtype: str
    way: Reading
    why: str | None = None


@frozen
class Doubt:
    """The values can be read in several ways that give different results. `reason` says so, as what a column has."""

    reason: str
