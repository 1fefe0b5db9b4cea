"""The properties that every op must have. Each test takes a class and raises AssertionError if it fails."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from inspect import isfunction
from typing import Any

import numpy as np
import polars as pl

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.ops.op import ADDED, Op, State
from mlbuild.params import read
from tests.models.attempts import at_most_data_failure, no_failure
from tests.ops.cases import TAME, Case, cases
from tests.ops.rows import POLARS, as_array, assert_computed, through_graph

Law = Callable[[type[Op]], None]
Columns = Mapping[str, pl.Series]


def answers_as_its_graph(cls: type[Op]) -> None:
    """`lower` gives the same as `apply`, bit for bit except for the sign of zero, unless the step has a tolerance."""
    for case in cases(cls, 25, 1_500):
        _, _, state = case.learned(case.chance.randint(1, 12))
        for height in (case.chance.randint(2, 12), 1, 0):
            _same_in_the_graph(case, state, case.later(height))


def states_a_small_tolerance(cls: type[Op]) -> None:
    for case in cases(cls, 40, 400):
        assert 0 <= case.step.tolerance(case.read) <= 1e-9, "a tolerance that hides mistakes"


def makes_what_it_foretells(cls: type[Op]) -> None:
    """Check names, dtypes, nullability, infinities, and the number of rows, for training rows and others."""
    for case in cases(cls, 160, 1_000):
        rows, target, state = case.learned(case.chance.randint(1, 12), TAME)
        _foretold(case, case.fit_rows(state, case.of_step(rows), target), rows.height)
        for height in (case.chance.randint(2, 12), 0):
            _foretold(case, case.apply(state, case.expected(height)), height)
            _foretold(case, case.apply(state, case.missing(height)), height)


def learns_from_little_or_says_why(cls: type[Op]) -> None:
    """With zero rows, one row, only missing values, or one value, it learns, or fails with a message about the
    data.
    """
    for case in cases(cls, 15, 400):
        one = case.train(1)
        for rows in (case.train(0), one, case.missing(1), case.missing(5), pl.concat([one] * 4)):
            with at_most_data_failure():
                target = case.target(rows.height)
                state = case.fit(case.of_step(rows), target)
                _foretold(case, case.fit_rows(state, case.of_step(rows), target), rows.height)
                _same_in_the_graph(case, state, case.later(3))


def learns_json(cls: type[Op]) -> None:
    """A state survives serialization, and contains no number that JSON does not have."""
    for case in cases(cls):
        _, _, state = case.learned(9)
        written = json.loads(json.dumps(state, allow_nan=False))
        rows = case.later(9)
        _equal(case.apply(written, rows), case.apply(state, rows), "a state that was written")
        assert {*written} == {*state}, "keys of a state are text"
        assert case.step.elements(written) == case.step.elements(state)


def repeats_itself(cls: type[Op]) -> None:
    """Equal rows give equal states and results, whatever their chunks are and whatever was done before."""
    for case in cases(cls):
        rows, target, state = case.learned(9)
        later = case.later(9)
        made = case.apply(state, later)
        chunked = pl.concat([rows[:4], rows[4:]], rechunk=False)
        assert case.fit(case.of_step(chunked), target) == state, "another state from the same rows"
        apart = pl.concat([later[:2], later[2:]], rechunk=False)
        _equal(case.apply(state, apart), made, "rows in chunks")
        other = read(cls, json.loads(json.dumps(case.step.canonical(case.stage.before))))
        again = replace(case, stage=replace(case.stage, step=other))
        assert again.fit(case.of_step(rows), target) == state, "another state by canonical parameters"
        _equal(again.apply(state, later), made, "canonical parameters")


def leaves_its_input_alone(cls: type[Op]) -> None:
    for case in cases(cls):
        rows, target, state = case.learned(9)
        given, told, before = case.of_step(rows), deepcopy(target), deepcopy(state)
        cells = {name: column.to_list() for name, column in given.items()}
        case.fit_rows(case.fit(given, told), given, told)
        assert np.array_equal(told.values, target.values), "it changes the target"
        _unchanged(given, cells)
        case.step.apply(state, given, case.read)
        _unchanged(given, cells)
        assert state == before, "it changes the state"


def treats_each_row_alone(cls: type[Op]) -> None:
    """The result for a row is the same among others, alone, and in another order."""
    for case in cases(cls):
        _, _, state = case.learned(9)
        rows = case.later(10)
        made = case.apply(state, rows)
        order = case.chance.sample(range(10), 10)
        moved = {name: column.gather(order) for name, column in made.items()}
        _equal(case.apply(state, rows.select(pl.all().gather(order))), moved, "another order of rows")
        alone = {name: column[3:4] for name, column in made.items()}
        _equal(case.apply(state, rows[3:4]), alone, "one row alone")


def learns_the_same_from_rows_in_another_order(cls: type[Op]) -> None:
    """Sums may differ by rounding, and nothing else."""
    for case in cases(cls, 20, 400):
        rows, target, state = case.learned(12, TAME)
        order = case.chance.sample(range(12), 12)
        moved = replace(target, values=target.values[order])
        again = case.fit(case.of_step(rows.select(pl.all().gather(order))), moved)
        assert _close(state, again), f"{state} and, in another order, {again}"


def is_columnwise_if_it_says_so(cls: type[Op]) -> None:
    """If so, the other columns that it gets at the same time make no difference."""
    for case in cases(cls, 30, 400) if cls.columnwise else ():
        assert ADDED not in case.stage.placement
        rows, target, state = case.learned(9)
        later = case.later(5)
        made = case.apply(state, later)
        joined: dict[str, Any] = {}
        for name, type_ in case.read.items():
            alone = Schema({name: type_})
            told = target if case.step.uses_target else None
            joined |= case.step.fit({name: rows[name]}, alone, told)
            some = case.step.apply(state, {name: later[name]}, alone)
            _equal(
                {one.name: one for one in some}, {one.name: made[one.name] for one in some}, "a column alone"
            )
        assert joined == state, "a column has another state alone"


def says_whether_it_uses_the_target(cls: type[Op]) -> None:
    """It says so exactly if the state, or the transformed training rows, depend on the target."""
    depends = False
    for case in cases(cls, 40, 400):
        rows, target, _ = case.learned(12)
        given = case.of_step(rows)
        other = replace(target, values=target.values[::-1].copy())
        if target.classes:
            other = replace(other, values=(other.values + 1) % target.classes)
        both = []
        for one in (target, other):
            state = case.step.fit(given, case.read, one)
            made = case.step.apply_fit(state, given, case.read, one)
            both.append((state, {column.name: column.to_list() for column in made}))
        depends |= repr(both[0]) != repr(both[1])
    assert depends == cls.uses_target, f"uses_target is {cls.uses_target}"


def says_whether_it_refits(cls: type[Op]) -> None:
    """It says so exactly if training rows become something else than with `apply`."""
    differs = False
    for case in cases(cls, 40, 400):
        rows, target, state = case.learned(12)
        made = case.fit_rows(state, case.of_step(rows), target)
        differs |= not _are_equal(made, case.apply(state, rows))
    assert differs == cls.refits, f"refits is {cls.refits}"


def names_the_elements_of_its_vectors(cls: type[Op]) -> None:
    for case in cases(cls, 20, 200):
        _, _, state = case.learned(9)
        made = case.apply(state, case.later(2))
        for name, elements in case.step.elements(state).items():
            dtype = made[name].dtype
            assert isinstance(dtype, pl.Array)
            assert len(elements) == dtype.size, f"{len(elements)} names of {dtype.size} numbers"
            assert len({*elements}) == len(elements), f"two elements of '{name}' have one name"


def is_silent_about_unknown_types(cls: type[Op]) -> None:
    """If a type is unknown, there is an error already, and one mistake is one error."""
    for case in cases(cls, 20, 200):
        read_ = Schema(dict.fromkeys(case.read, ColumnType(UNKNOWN)))
        made = case.step.infer(read_)
        types = [type_ for part in made.values() for type_ in part.values()]
        assert types and not any(type_.known for type_ in types if type_.dtype != "vector"), types


def survives_being_canonical(cls: type[Op]) -> None:
    """Canonical parameters name the columns. Read back, they are already canonical."""
    for case in cases(cls):
        written = json.loads(json.dumps(case.step.canonical(case.stage.before)))
        again = read(cls, written)
        assert written["op"] == cls.op
        assert again.reads(case.stage.before) == tuple(case.read), "it reads other columns"
        assert json.loads(json.dumps(again.canonical(case.stage.before))) == written
        assert again.infer(case.read) == case.stage.placement, "other columns by canonical parameters"


def _same_in_the_graph(case: Case, state: State, rows: pl.DataFrame) -> None:
    made = case.apply(state, rows)
    found = through_graph([case.stage], [state], rows)
    for name in case.stage.after:
        expected = made[name] if name in made else rows[name]
        tolerance = case.step.tolerance(case.read) if name in made else 0
        assert_computed(as_array(expected), found[name], tolerance)


def _foretold(case: Case, made: Columns, height: int) -> None:
    placement = case.stage.placement
    assert {*made} == {*case.stage.made}, f"{[*case.stage.made]} foretold, {[*made]} made"
    assert {*placement} <= {*case.read, ADDED}
    for name, type_ in case.stage.made.items():
        column = made[name]
        assert len(column) == height, f"{height} rows become {len(column)}"
        if type_.dtype == "vector":
            assert isinstance(column.dtype, pl.Array) and column.dtype.inner == pl.Float64, column.dtype
            assert not height or not column.explode().null_count()
        else:
            assert column.dtype == POLARS[type_.dtype], f"{type_.dtype} foretold, {column.dtype} made"
        assert type_.nullable or not column.null_count(), f"missing values in '{name}', foretold without"
        assert column.dtype != pl.Float64 or not column.is_nan().any(), "NaN in place of a missing value"
        infinite = column.dtype == pl.Float64 and column.is_infinite().any()
        assert not (infinite and type_.finite), f"infinite values in '{name}', foretold finite"


def _unchanged(given: Columns, cells: Mapping[str, list[Any]]) -> None:
    assert {name: column.to_list() for name, column in given.items()} == cells, "it changes its rows"
    assert all(name == column.name for name, column in given.items()), "it changes the name of a column"


def _equal(found: Columns, wanted: Columns, what: str) -> None:
    assert _are_equal(found, wanted), f"other results: {what}"


def _are_equal(found: Columns, wanted: Columns) -> bool:
    return {*found} == {*wanted} and all(found[name].equals(wanted[name]) for name in wanted)


def _close(one: Any, other: Any) -> bool:
    match one:
        case float():
            return isinstance(other, float) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        case Mapping():
            return {*one} == {*other} and all(_close(one[key], other[key]) for key in one)
        case list() | tuple():
            return len(one) == len(other) and all(map(_close, one, other))
    return bool(one == other)


#: The tests by name: all functions above without an underscore.
LAWS: dict[str, Law] = {
    name: law
    for name, law in globals().items()
    if isfunction(law) and law.__module__ == __name__ and name[0] != "_"
}


def check(law: str, cls: type[Op]) -> None:
    """Any exception except a data failure is a fault of the op."""
    with no_failure():
        LAWS[law](cls)
