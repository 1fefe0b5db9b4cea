"""Fits, applies and lowers a list of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.lanes import Leg, lanes
from mlbuild.ops.op import Frame, State, Target
from mlbuild.ops.stages import Stage

if TYPE_CHECKING:
    import polars as pl


class Fitting:
    """Fits each step on the training rows, after the previous steps have transformed them.

    Iterate over `columns` for the transformed training rows. The `states` are complete after that.
    """

    def __init__(self, stages: Sequence[Stage], rows: Frame, target: Target | None = None) -> None:
        self.states: tuple[dict[str, Any], ...] = tuple({} for _ in stages)
        self._stages, self._rows, self._target = stages, rows, target

    def columns(self) -> Iterator[pl.Series]:
        yield from _run(self._stages, self._rows, self._fit)

    def _fit(self, leg: Leg, rows: Frame) -> Sequence[pl.Series]:
        target = self._target if leg.step.uses_target else None
        state = leg.step.fit(rows, leg.read, target)
        self.states[leg.index].update(state)
        return leg.step.apply_fit(state, rows, leg.read, target)


def apply_stages(stages: Sequence[Stage], states: Sequence[State], rows: Frame) -> Iterator[pl.Series]:
    """Transform rows with fitted states. Columns are yielded as they become ready, not in the order of the matrix."""

    def apply(leg: Leg, rows: Frame) -> Sequence[pl.Series]:
        return leg.step.apply(states[leg.index], rows, leg.read)

    return _run(stages, rows, apply)


def _run(
    stages: Sequence[Stage], rows: Frame, perform: Callable[[Leg, Frame], Sequence[pl.Series]]
) -> Iterator[pl.Series]:
    """Pass rows through the steps, lane by lane, so that only the columns of one lane are in memory."""
    for lane in lanes(stages, stages[0].before if stages else rows):
        columns = {name: rows[name] for name in lane.columns}
        for leg in lane.legs:
            read = {name: columns[name] for name in leg.read}
            columns |= {column.name: column for column in perform(leg, read)}
            columns = {name: columns[name] for name in leg.after}
            del read
        while columns:
            yield columns.pop(next(iter(columns)))


def number_names(
    matrix: Iterable[str], widths: Mapping[str, int], stages: Sequence[Stage], states: Sequence[State]
) -> list[str]:
    """Return a name for each number of a row, in the order of the matrix.

    `island=Biscoe` is an element of a vector. `widths` are those of the vectors.
    """
    elements: dict[str, Sequence[str]] = {}
    for stage, state in zip(stages, states, strict=True):
        made = stage.step.elements(state)
        elements = {name: one for name, one in elements.items() if name not in stage.made} | dict(made)
    names: list[str] = []
    for name in matrix:
        if name in widths:
            places = elements.get(name, [str(place) for place in range(widths[name])])
            names += [f"{name}={place}" for place in places]
        else:
            names.append(name)
    return names


def lower_stages(
    stages: Sequence[Stage], states: Sequence[State], graph: Graph, values: Mapping[str, Value]
) -> dict[str, Value]:
    """Build the same transformation in the graph."""
    columns = dict(values)
    for stage, state in zip(stages, states, strict=True):
        made = stage.step.lower(state, graph, {name: columns[name] for name in stage.read}, stage.read)
        columns = {name: made[name] if name in made else columns[name] for name in stage.after}
    return columns
