"""A built model that answers requests: its inputs with their rules, its outputs, and how long it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.opened import NotOurs, Opened
from mlbuild.folders import CERTIFICATE, CONTRACT, EXAMPLES, MODEL
from mlbuild.kinds import Json
from mlbuild.regular import NOTE_LIMIT, is_regular, read_regular
from mlbuild.serving.columns import NUMPY, column_of
from mlbuild.serving.examples import check_examples
from mlbuild.serving.outputs import Output
from mlbuild.serving.rules import Check, checks_of

if TYPE_CHECKING:
    from mlbuild.bundle.inputs import Arrays

#: What publishing adds to the description of a column.
_ADDED = ("rules", "pii")
#: The values of a column, as the artifact has them.
Values = Sequence[Any]
#: How many rows measure the time that a row takes, and how often.
_MEASURED, _REPEATS = 64, 3


class Unservable(Exception):
    """A folder whose model cannot be served. The message is a sentence about it without an end."""


class Model:
    """The model in a folder that a build published. `digest` is the SHA-256 of its file. `dropped` are the columns whose values must not
    be logged, and `hashed` those of which only a hash may be. Columns that are `private` are dropped unless the contract says otherwise.

    Raises:
        Unservable: The folder is not as a build published it.
    """

    def __init__(self, name: str, folder: Path, private: frozenset[str] = frozenset()) -> None:
        self.name = name
        file = folder / MODEL
        if not is_regular(file):
            raise Unservable(f"there is no file '{file}'")
        if not is_regular(folder / CERTIFICATE):
            raise Unservable(f"'{file}' is not proven: there is no {CERTIFICATE} next to it")
        try:
            self._opened = Opened(file)
            self.digest = self._opened.digest
            contract = _contract(folder / CONTRACT, self._opened)
            self.columns = tuple(map(column_of, contract["inputs"]))
            self.outputs = tuple(map(Output.of, contract["outputs"]))
            check_examples(self, folder / EXAMPLES)
        except NotOurs as error:
            raise Unservable(f"'{file}' {error}") from None
        pii = dict.fromkeys(private, "drop") | _pii(contract)
        self.dropped, self.hashed = (
            frozenset(name for name, one in pii.items() if one == way) for way in ("drop", "hash")
        )
        self.rules: dict[str, Json] = {one["name"]: one.get("rules", {}) for one in contract["inputs"]}
        #: The seconds that a row takes.
        self.pace = self._measured()

    @property
    def version(self) -> str:
        """A short name for this very model."""
        return self.digest[:12]

    @cached_property
    def _groups(self) -> list[tuple[list[str], list[int], Any]]:
        """The names and places of the inputs of each type: converting them together takes a third of the time."""
        import numpy as np

        groups: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            groups.setdefault(column.datatype, []).append(place)
        return [
            ([self.columns[place].name for place in places], places, np.dtype(NUMPY[datatype]))
            for datatype, places in groups.items()
        ]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def places(self) -> dict[str, int]:
        """The places of the columns by their names."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def written(self) -> tuple[int, ...]:
        """The places of the columns whose values are strings in JSON."""
        return tuple(place for place, column in enumerate(self.columns) if str in column.values)

    @cached_property
    def getter(self) -> Callable[[Any], tuple[Any, ...]]:
        """A function that returns the values of a record."""
        first, *others = self.names
        return itemgetter(*self.names) if others else lambda record: (record[first],)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The rules that values of requests can violate."""
        found = (
            checks_of(place, column, self.rules[column.name]) for place, column in enumerate(self.columns)
        )
        return tuple(check for checks in found for check in checks)

    def answers(self, columns: Sequence[Values], rows: int) -> Arrays:
        """Return the outputs by name for the values of all columns.

        Raises:
            NotOurs: onnxruntime cannot run the model.
        """
        import numpy as np

        feed: Arrays = {}
        for names, places, dtype in self._groups:
            together = np.array([columns[place] for place in places], dtype=dtype)
            feed |= zip(names, together.reshape(len(names), rows, 1), strict=True)
        return self._opened.run(feed, rows)

    def _measured(self) -> float:
        """Return the seconds that a row takes among others. This also warms up the model."""
        values = [[column.blank] * _MEASURED for column in self.columns]
        times = []
        for _ in range(_REPEATS):
            start = time.perf_counter()
            self.answers(values, _MEASURED)
            times.append(time.perf_counter() - start)
        return min(times) / _MEASURED


def _contract(file: Path, opened: Opened) -> Json:
    """Return the content of `contract.json`, which must describe the model next to it."""
    try:
        told: Json = json.loads(read_regular(file, NOTE_LIMIT))
        plain = {
            side: [{key: value for key, value in one.items() if key not in _ADDED} for one in told[side]]
            for side in ("inputs", "outputs")
        }
        if plain != opened.described:
            raise NotOurs(f"does not match the {CONTRACT} next to it")
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise NotOurs(f"cannot be used: the {CONTRACT} next to it cannot be read") from None
    return told


def _pii(contract: Json) -> dict[str, str]:
    """Return what may be logged of the values of columns, as far as the contract says."""
    sides = (
        *((one, [one["name"]]) for one in contract["inputs"]),
        *((one, one.get("columns", [one["name"]])) for one in contract["outputs"]),
    )
    return {name: one["pii"] for one, names in sides for name in names if "pii" in one}
