"""Applies a preprocessing to rows step by step, natively and by the graph, to show what each step makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import Arrays, encode
from mlbuild.bundle.session import Session
from mlbuild.bundle.trained import Recipe, lower_inputs, lower_start
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import RESERVED, Graph
from mlbuild.lowering.value import NAT, Value
from mlbuild.ops.op import State
from mlbuild.ops.stages import tolerances

if TYPE_CHECKING:
    import polars as pl

INPUT, DERIVE = "input", "derive"


@frozen(eq=False)
class SeenColumn:
    """A column after a step: its dtype, and the values of all rows on both sides; None is missing.

    The value of a vector is a list of numbers, and that of a category is its code. `differs` says for each row whether
    the values differ by more than the step allows.
    """

    name: str
    dtype: str
    native: Sequence[Any]
    graph: Sequence[Any]
    differs: Sequence[bool]


@frozen(eq=False)
class SeenStep:
    """What a step makes: the columns that are new or changed after it. `number` counts the steps of the preprocessing
    from 1; it is 0 for the inputs and for what is derived from them before.
    """

    number: int
    op: str
    columns: Sequence[SeenColumn]


def stepwise(recipe: Recipe, states: Sequence[State], raw: pl.DataFrame) -> list[SeenStep]:
    """Apply the steps of a recipe to raw rows.

    Returns the inputs, what is derived from them, and each step with the columns that it makes.
    """
    native = [*_native(recipe, states, raw)]
    graph = Graph()
    lowered = [*_lowered(recipe, states, graph)]
    names: dict[tuple[int, str], str] = {}
    for index, values in enumerate(lowered):
        for name, value in values.items():
            names[index, name] = f"{RESERVED}seen_{len(names)}"
            graph.output(names[index, name], value.tensor, "W" if value.dtype == "vector" else 1)
            if value.absent is not None:
                graph.output(names[index, name] + "_absent", value.absent)
    arrays = Session(graph.serialize({})).run(encode(raw, recipe.inputs))
    held = [*_tolerances(recipe)]
    return [
        SeenStep(
            max(0, index - 1),
            op,
            [
                _seen(column, value, held[index][name], arrays, names[index, name])
                for name, value in lowered[index].items()
                for column in [columns[name]]
            ],
        )
        for index, (op, columns) in enumerate(native)
        if columns
    ]


def _native(
    recipe: Recipe, states: Sequence[State], raw: pl.DataFrame
) -> Iterator[tuple[str, dict[str, pl.Series]]]:
    yield INPUT, {item.name: raw[item.name] for item in recipe.inputs}
    features = recipe.start(raw)
    yield DERIVE, {name: features[name] for name in _derived(recipe)}
    columns: dict[str, pl.Series] = features.to_dict()
    for stage, state in zip(recipe.stages, states, strict=True):
        read = {name: columns[name] for name in stage.read}
        made = {column.name: column for column in stage.step.apply(state, read, stage.read)}
        yield stage.step.op, {name: made[name] for name in stage.made}
        columns = {name: made[name] if name in made else columns[name] for name in stage.after}


def _lowered(recipe: Recipe, states: Sequence[State], graph: Graph) -> Iterator[dict[str, Value]]:
    """Yield the same columns as `_native`, in the graph."""
    values = lower_inputs(recipe, graph)
    yield {item.name: values[item.name] for item in recipe.inputs}
    columns = lower_start(recipe, graph, values)
    yield {name: columns[name] for name in _derived(recipe)}
    for stage, state in zip(recipe.stages, states, strict=True):
        made = stage.step.lower(state, graph, {name: columns[name] for name in stage.read}, stage.read)
        yield {name: made[name] for name in stage.made}
        columns = {name: made[name] if name in made else columns[name] for name in stage.after}


def _derived(recipe: Recipe) -> list[str]:
    """Return the features that are computed from inputs before the first step."""
    inputs = {item.name for item in recipe.inputs}
    return [name for name in recipe.features if recipe.values[name] not in inputs]


def _tolerances(recipe: Recipe) -> Iterator[Mapping[str, float]]:
    """Yield the relative tolerance of each column after the inputs, the derived columns and each step."""
    yield {item.name: 0.0 for item in recipe.inputs}
    held = recipe.tolerances()
    yield held
    for stage in recipe.stages:
        held = tolerances([stage], held)
        yield held


def _seen(column: pl.Series, value: Value, tolerance: float, arrays: Arrays, name: str) -> SeenColumn:
    native = _plain(column, value.dtype)
    graph = _decoded(value.dtype, arrays, name)
    differs = [not _alike(one, other, tolerance) for one, other in zip(native, graph, strict=True)]
    return SeenColumn(column.name, value.dtype, native, graph, differs)


def _plain(column: pl.Series, dtype: str) -> list[Any]:
    """Return the values of a native column as Python objects."""
    import polars as pl

    if dtype == "vector":
        return [None if row is None else [_number(item) for item in row] for row in column.to_list()]
    if dtype in ("int", "category"):
        return [None if one is None else int(one) for one in column.cast(pl.Float64).fill_nan(None).to_list()]
    if dtype == "float":
        return column.cast(pl.Float64).fill_nan(None).to_list()
    return column.to_list()


def _decoded(dtype: str, arrays: Arrays, name: str) -> list[Any]:
    """Return the values of a tensor as Python objects."""
    import polars as pl

    array = arrays[name]
    if dtype == "vector":
        return [[_number(item) for item in row] for row in array.tolist()]
    column = array.ravel()
    if dtype == "string":
        absent = arrays.get(name + "_absent")
        gone = [False] * len(column) if absent is None else absent.ravel().tolist()
        return [None if missing else text for text, missing in zip(column.tolist(), gone, strict=True)]
    if dtype in ("date", "datetime"):
        moments = pl.Series(column).set(pl.Series(column) == NAT, None).cast(pl.Datetime("us"))
        return (moments.cast(pl.Date) if dtype == "date" else moments).to_list()
    numbers = [_number(one) for one in column.tolist()]
    if dtype == "float":
        return numbers
    # A number that is not whole stays as it is: it would be a difference.
    whole = bool if dtype == "bool" else int
    return [one if one is None or one % 1 else whole(one) for one in numbers]


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _alike(native: Any, graph: Any, tolerance: float) -> bool:
    """Whether two values are equal, or numbers within the tolerance, as `verify` compares them."""
    if isinstance(native, list) and isinstance(graph, list):
        return len(native) == len(graph) and all(
            _alike(one, other, tolerance) for one, other in zip(native, graph, strict=True)
        )
    if native == graph or not isinstance(native, float) or not isinstance(graph, float):
        return bool(native == graph)
    return abs(native - graph) <= tolerance * max(1.0, abs(native))
