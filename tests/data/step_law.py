"""The properties that every dataset step must have: `apply` gives what `infer` predicts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping

import polars as pl
from polars.testing import assert_series_equal

from mlbuild.columns import Schema
from mlbuild.data.casts import polars_type, schema_of
from mlbuild.data.lineage import Found, Node, Raw, walk
from mlbuild.data.serving import kept, sendable, serving
from mlbuild.data.steps.apply import Keep, apply_steps, kept_columns, shown_columns
from mlbuild.data.steps.filter import Filter
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Failed, Path
from mlbuild.expressions.binding import bind
from mlbuild.frozen import frozen
from tests.data.tables import table
from tests.data.worlds import SOURCES, Chain, Files, Placed, World, files_of, rows_of, value_of

#: Identifies rows through steps. Steps pass on columns that they do not know.
_ROW = "\0row"


def law(cls: type[DatasetStep], chance: random.Random) -> bool:
    """Check a random dataset that contains a step of a class; return False if no such step was found, or if a sum
    has no result.
    """
    world = World.made(chance)
    chain = world.extended(world.tables[chance.choice(["main", "main", "same"])], 3)
    if chance.random() < 0.4:  # after a filter, the two types of a column differ
        chain = world.with_step(chain, Filter) or chain
    if cls.rows == "appended":
        world.tables["twin"] = world.twin(chain)
    found = world.with_step(chain, cls)
    if found is None:
        return False
    chain = world.extended(found, 2)
    try:
        check(world, chain)
    except Failed as failed:
        assert "adds infinity and minus infinity" in failed.failure.message
        return False
    check_doubt(world, chain.table, cls)
    return True


def check(world: World, chain: Chain) -> None:
    for placed in chain.steps:
        check_types(world, placed)
        check_nodes(placed)
    files = files_of(world.chance)
    check_lineage(world, chain, files)
    check_serving(world, chain, files)


def check_types(world: World, placed: Placed) -> None:
    """Check names, dtypes and nullability of both types, the order of rows, and promises; also for zero rows."""
    before, after = placed.before, placed.after
    handed_on = {column.node for column in before.columns.values()}
    for reading in ("served", "trained"):
        foretold: Schema = getattr(after, reading)
        rows = rows_of(getattr(before, reading), before.promises(), world.chance)
        tables = {
            name: rows_of(getattr(chain.table, reading), chain.table.promises(), world.chance)
            for name, chain in world.others(placed).items()
        }
        numbered = with_numbers(rows)
        made = placed.canonical.apply(numbered, tables)
        assert shown_columns(made) == [*foretold], "other columns than foretold"
        new = [name for name, column in after.columns.items() if column.node not in handed_on]
        # What a client sends is not filtered. The types of columns that are passed on are compared below.
        check_values(made, foretold.select(foretold if reading == "trained" else new))
        kept_rows = check_rows(placed.step, made, rows.height)
        for name, column in after.columns.items():
            if column.node in handed_on:
                (was,) = [one for one, other in before.columns.items() if other.node is column.node]
                ours = made[name][: len(kept_rows)]
                assert_series_equal(ours, rows[was].gather(kept_rows), check_names=False)
        for promise in after.promises():
            whole = made.select(promise).drop_nulls()
            assert whole.n_unique() == whole.height, f"rows agree in {promise}"
        empty = placed.canonical.apply(rows.clear(), {name: other.clear() for name, other in tables.items()})
        assert empty.schema == made.drop(_ROW, strict=False).schema and empty.is_empty()
    assert {name: type_.dtype for name, type_ in after.served.items()} == {
        name: type_.dtype for name, type_ in after.trained.items()
    }


def check_rows(step: DatasetStep, made: pl.DataFrame, count: int) -> list[int]:
    """Check what a step makes of the rows, and return the numbers of those that it passes on, which come first."""
    if step.rows == "grouped":
        assert _ROW not in made.columns, "a group of rows is no row"
        return []
    numbers = made[_ROW].drop_nulls().to_list()
    assert made[_ROW][: len(numbers)].null_count() == 0, "other rows come first"
    assert step.rows == "appended" or len(numbers) == made.height, "other rows are appended"
    match step.rows:
        case "kept":
            assert numbers == sorted({*numbers}), "rows are in another order, or come twice"
        case "sorted":
            assert sorted(numbers) == [*range(count)], "rows are lost, or come twice"
        case "appended":
            assert numbers == [*range(count)], "rows are in another order, or come twice"
        case "repeated":
            assert {*numbers} == {*range(count)}, "rows are lost"
    return numbers


def with_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW))


def check_values(rows: pl.DataFrame, types: Schema) -> None:
    """Check that columns contain only values of their types."""
    for name, type_ in types.items():
        column = rows[name]
        assert column.dtype == polars_type(type_.dtype), (
            f"{name}: {type_.dtype} foretold, {column.dtype} made"
        )
        assert type_.nullable or not column.null_count(), f"{name}: missing values"
        assert column.dtype != pl.Float64 or not column.is_nan().any(), f"{name}: NaN"
        assert not type_.finite or column.dtype != pl.Float64 or not column.is_infinite().any(), (
            f"{name}: infinite"
        )
        if type_.categories is not None:
            assert set(column.drop_nulls()) <= {*type_.categories}, f"{name}: other categories"


def check_nodes(placed: Placed) -> None:
    """Nodes are passed on with their served types, promises and facts, or are dropped; none is lost."""
    before, after = placed.before, placed.after
    shown = {column.node: column for column in after.columns.values()}
    dropped = {one.column.node: one for one in after.dropped}
    for name, column in before.columns.items():
        if column.node in shown:
            assert shown[column.node].served == column.served, f"{name}: another served type"
            assert shown[column.node].null_token == column.null_token
        else:
            assert column.node in dropped, f"{name} is forgotten"
            assert dropped[column.node].name == name
            assert dropped[column.node].column == column
    assert {*before.dropped} <= {*after.dropped}
    assert {*before.afterwards} <= {*after.afterwards}, "it is forgotten what is known only afterwards"
    for promise in before.unique:
        if all(node in shown for node in promise) and placed.step.rows in ("kept", "sorted"):
            assert promise in after.unique, "a promise is lost"
    new = [column.node for column in after.columns.values() if column.node not in walk(before_nodes(before))]
    for node in new:
        assert node.at, "a node does not know its place"


def before_nodes(table: Table) -> Iterable[Node]:
    return (column.node for column in table.columns.values())


def check_doubt(world: World, table: Table, cls: type[DatasetStep]) -> None:
    """After an invalid step, nothing counts as certain that was not known before."""
    for step in world.rejected(table, cls, 10):
        doubt = step.doubtful(table, ("steps", 0))
        for name, column in doubt.columns.items() if doubt else ():
            if column.sure and column.served.known:
                assert column.served == table.columns[name].served


def run(world: World, chain: Chain, files: Files, keep: Iterable[Keep] = ()) -> pl.DataFrame:
    """Return the rows of a dataset, computed as by a task, with their identities and the kept columns.

    The identity of a row is the same after a change in a file, as far as the row is the same.
    """
    columns, file = SOURCES[chain.start]
    rows = files[file].select([*columns])
    rows = rows.with_columns(pl.int_range(pl.len()).cast(pl.String).alias(_ROW))
    steps: list[Identified] = []
    for index, placed in enumerate(chain.steps):
        others: dict[str, pl.DataFrame] = {}
        for name in placed.step.tables():
            made = run(world, world.tables[name], files)
            theirs = pl.concat_str(pl.lit(f"{index} {name} "), _ROW).alias(_ROW)
            others[name] = made.with_columns(theirs) if placed.step.rows == "appended" else made.drop(_ROW)
        steps.append(Identified(placed, others))
    return apply_steps(steps, rows, {}, keep)


@frozen
class Identified(DatasetStep):
    """A step with the tables that it reads.

    It gives new rows an identity: the values of the columns that its table promises to be unique.
    """

    placed: Placed
    others: Mapping[str, pl.DataFrame]

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        made = self.placed.canonical.apply(rows, self.others)
        if self.placed.step.rows == "repeated":
            number = pl.int_range(pl.len()).over(_ROW)
            return made.with_columns(pl.concat_str(_ROW, pl.lit(" "), number))
        if self.placed.step.rows != "grouped":
            return made
        keys = [
            json.dumps(key, default=str) for key in made.select(self.placed.after.promises()[-1]).iter_rows()
        ]
        return made.with_columns(pl.Series(_ROW, keys, pl.String))


def leaves(node: Node) -> set[Node]:
    """Return the columns of files that a value depends on."""
    found: set[Node] = set()
    for one in walk([node]):
        while isinstance(one, Found):
            one = one.of
        if isinstance(one, Raw):
            found.add(one)
    return found


def check_lineage(world: World, chain: Chain, files: Files) -> None:
    """A changed value in a file changes only columns whose nodes depend on it."""
    made = run(world, chain, files)
    depends = {
        name: {(leaf.file, leaf.name) for leaf in leaves(column.node) if isinstance(leaf, Raw)}
        for name, column in chain.table.columns.items()
    }
    late = set() if any(map(says_what_is_known, [chain, *world.tables.values()])) else flagged(world)
    for name in sendable(chain.table):
        assert not leaves(chain.table.columns[name].node) & late, f"{name} is known only afterwards"
    for file, rows in files.items():
        for column in rows.columns:
            changed = run(world, chain, {**files, file: perturbed(rows, column, file, world.chance)})
            both = made.join(changed, on=_ROW, how="inner", suffix="\0now", maintain_order="left")
            for name in chain.table.columns:
                same = both[name].eq_missing(both[f"{name}\0now"]).all()
                assert same or (file, column) in depends[name], f"{name} changes with {column} of {file}"


def says_what_is_known(chain: Chain) -> bool:
    """Whether a step says that the values of earlier rows are known, whatever the contract says."""
    return any(getattr(placed.step, "known_after", None) is not None for placed in chain.steps)


def flagged(world: World) -> set[Node]:
    """Return the columns of files that are known only afterwards, according to the sources that read them."""
    return {
        world.tables[source].table.columns[name].node
        for source, (columns, _) in SOURCES.items()
        for name, definition in columns.items()
        if isinstance(definition, dict) and not definition.get("serving", True)
    }


def perturbed(rows: pl.DataFrame, column: str, file: str, chance: random.Random) -> pl.DataFrame:
    """Return the rows with other values in some rows of a column, which still satisfies its contract."""
    whole = next(table(columns) for columns, of in SOURCES.values() if of == file)
    alone = (column,) in whole.promises()
    values = rows[column].to_list()
    for row in chance.sample(range(len(values)), len(values) // 3):
        free = sorted({*range(2 * len(values))} - {*values}) if alone else []
        values[row] = chance.choice(free) if alone else value_of(whole.served[column], chance)
    return rows.with_columns(pl.Series(column, values, rows[column].dtype))


def check_serving(world: World, chain: Chain, files: Files) -> None:
    """What a client sends for a column is enough to compute it, and what steps drop of it is kept."""
    end = chain.table
    places: dict[Path, int] = {("datasets", "d", "steps", index): index for index in range(len(chain.steps))}
    usable = sendable(end)
    names = {one.column.node: f"{one.name}#{one.before}" for one in kept(end)}
    keep = [Keep(places[one.step], one.name, names[one.column.node]) for one in kept(end)]
    made = run(world, chain, files, keep)
    hidden = kept_columns(made)
    assert shown_columns(made.drop(_ROW)) == [*end.columns]
    for name in usable:
        way = serving(end, [name])
        if way.clash():
            continue
        rows = pl.DataFrame(
            {
                one.name: hidden[names[one.column.node]] if one.dropped else made[one.name]
                for one in way.inputs
            }
        )
        check_values(rows, Schema({one.name: one.column.served for one in way.inputs}))
        for key, tree in way.derived.items():
            rows = rows.with_columns(bind(tree, schema_of(rows)).to_polars().alias(key))
        assert_series_equal(rows[way.values[name]], made[name], check_names=False, check_exact=True)
