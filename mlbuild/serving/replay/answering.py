"""A model that logged rows are given to again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.opened import Opened
from mlbuild.kinds import Json
from mlbuild.serving.columns import NUMPY, column_of
from mlbuild.serving.columns.numbers import EXACT, INFINITIES
from mlbuild.serving.outputs import Output
from mlbuild.serving.refused import Refused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The Python types of the values of outputs that are no doubles.
_TYPES: Mapping[str, type] = {"int64": int, "string": str, "bool": bool}


class Answering:
    """A model, and what it can be asked."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self.digest = opened, opened.digest
        self._columns = tuple(map(column_of, opened.described["inputs"]))
        self.outputs = tuple(map(Output.of, opened.described["outputs"]))
        self.names = frozenset(one.name for one in self._columns)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {name: one.element for one in self.outputs for name in one.columns}

    def read(self, records: Sequence[Json]) -> tuple[Sequence[Json], Sequence[Sequence[Any]]]:
        """Return the rows whose values the model can have, and these values by input."""
        records = [one for one in records if self._can_answer(one["outputs"])]
        try:
            return records, self._values(records)
        except Refused:
            records = [one for one in records if self._can_be_asked(one)]
            return records, self._values(records)

    def answers(self, values: Sequence[Sequence[Any]], rows: int) -> Mapping[str, Array]:
        """Return the outputs by name for the values of all inputs."""
        import numpy as np

        feed = {
            column.name: np.array(some, dtype=NUMPY[column.datatype]).reshape(-1, 1)
            for column, some in zip(self._columns, values, strict=True)
        }
        return self._opened.run(feed, rows)

    def _values(self, records: Sequence[Json]) -> list[Sequence[Any]]:
        """Return the values of each input.

        Raises:
            Refused: One is not of its dtype.
        """
        return [
            column.from_logged([one["inputs"][column.name] for one in records]) for column in self._columns
        ]

    def _can_be_asked(self, record: Json) -> bool:
        try:
            self._values([record])
        except Refused:
            return False
        return True

    def _can_answer(self, outputs: Json) -> bool:
        kinds = self._kinds
        return all(
            _is_of(kinds[name], value) if name in kinds else value is None for name, value in outputs.items()
        )


def _is_of(element: str, value: Any) -> bool:
    """Whether a logged value can be that of an output."""
    if element != "double":
        return type(value) is _TYPES[element]
    if type(value) is int:
        return abs(value) <= EXACT
    return value is None or type(value) is float or (type(value) is str and value in INFINITIES)


def wrong_places(output: Output, got: Array, wanted: Sequence[Any]) -> Array:
    """Return the places at which values differ in any bit. Missing numbers are equal."""
    import numpy as np

    if output.element != "double":
        return np.flatnonzero([one != other for one, other in zip(got.tolist(), wanted, strict=True)])
    known = doubles(wanted)
    same = got.astype(np.float64).view(np.int64) == known.view(np.int64)
    return np.flatnonzero(~(same | (np.isnan(got) & np.isnan(known))))


def doubles(values: Sequence[Any]) -> Array:
    import numpy as np

    return np.array([np.nan if one is None else INFINITIES.get(one, one) for one in values], np.float64)
