"""Reports how far a long piece of work has come. Reports never affect results."""

from __future__ import annotations

from collections.abc import Callable

from mlbuild.frozen import frozen


@frozen
class Progress:
    """How much is done, in `unit`s such as rows; `total` is None if it is not known in advance."""

    done: int
    total: int | None
    unit: str


#: Called with the fields of a `Progress` by whatever does the work, as often as it likes.
Report = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None, unit: str) -> None:
    """A report that nobody reads."""
