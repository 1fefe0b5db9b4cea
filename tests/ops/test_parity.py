"""The law of every op: its artifact answers what it answers itself, and both are of the types it foretold."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from mlbuild.columns import ColumnType, Schema
from mlbuild.ops import OPS
from mlbuild.ops.category import Category
from mlbuild.ops.date_parts import DateParts
from mlbuild.ops.derive import Derive
from mlbuild.ops.impute import Impute
from mlbuild.ops.one_hot import OneHot
from mlbuild.ops.op import Op
from mlbuild.ops.ordinal import Ordinal
from mlbuild.ops.stages import Stage, place
from mlbuild.ops.standard import Standard
from mlbuild.selection import Selector
from tests import budget
from tests.ops.rows import LATER, POLARS, TRAIN, applied, as_array, assert_same, fitted, tables, through_graph

Case = st.SearchStrategy[tuple[Op, Schema]]
X = Selector(names=("x",))
FILLS = {"bool": True, "int": 5, "float": -0.5, "string": "", "date": "0001-01-01", "datetime": "2013-10-01"}
CATEGORIES = {"string": ("b", "", "x"), "int": (3, 0, 2**53), "bool": (True, False)}


def types(*dtypes: str) -> st.SearchStrategy[ColumnType]:
    return st.builds(ColumnType, st.sampled_from(dtypes), st.booleans())


def categorical() -> st.SearchStrategy[ColumnType]:
    open_ = types(*CATEGORIES)
    return open_ | open_.map(lambda open_: ColumnType(open_.dtype, open_.nullable, CATEGORIES[open_.dtype]))


def one(steps: st.SearchStrategy[Op], columns: st.SearchStrategy[ColumnType]) -> Case:
    """Steps on a column `x`."""
    return st.tuples(steps, columns.map(lambda type_: Schema({"x": type_})))


def imputes() -> Case:
    computed = st.sampled_from(["mean", "median"]).map(lambda name: Impute(columns=X, strategy=name))
    constant = types(*FILLS).map(
        lambda type_: (
            Impute(columns=X, strategy="constant", fill_value=FILLS[type_.dtype]),
            Schema({"x": type_}),
        )
    )
    frequent = st.just(Impute(columns=X, strategy="most_frequent"))
    return one(computed, types("int", "float")) | one(frequent, types(*FILLS)) | constant


def date_parts() -> Case:
    keep = st.booleans()
    day = ["year", "quarter", "month", "week", "day", "weekday", "day_of_year", "days_in_month"]
    clock = ["hour", "minute", "second"]
    zones = st.sampled_from([None, "America/New_York", "Australia/Lord_Howe", "Africa/Monrovia", "UTC"])
    parts = st.lists(st.sampled_from(day), min_size=1, unique=True).map(tuple)
    all_parts = st.lists(st.sampled_from(day + clock), min_size=1, unique=True).map(tuple)
    of_dates = st.builds(DateParts, columns=st.just(X), parts=parts, keep=keep)
    of_times = st.builds(DateParts, columns=st.just(X), parts=all_parts, keep=keep, time_zone=zones)
    return one(of_dates, types("date")) | one(of_times, types("datetime"))


#: For every op: steps on a table, and the schema of that table.
CASES: dict[type[Op], Case] = {
    Impute: imputes(),
    Standard: one(
        st.sampled_from([(True, True), (True, False), (False, True)]).map(
            lambda flags: Standard(columns=X, with_mean=flags[0], with_std=flags[1])
        ),
        types("int", "float"),
    ),
    DateParts: date_parts(),
    Ordinal: one(
        st.builds(
            Ordinal,
            columns=st.just(X),
            unknown_value=st.sampled_from([-1, -9]),
            encoded_missing_value=st.sampled_from([None, -1, -2]),
        ),
        categorical(),
    ),
    Category: one(st.just(Category(columns=X)), categorical()),
    OneHot: one(
        st.sampled_from(["ignore", "indicator"]).map(lambda how: OneHot(columns=X, handle_missing=how)),
        categorical(),
    ),
}


#: Expressions over columns of every dtype; what an expression means is tested with the expressions.
EXPRESSIONS = [
    "f / (n - 1)",
    "CASE WHEN b THEN n ELSE f END",
    "n IN (0, 2) AND NOT b",
    "s = 'a' OR s IS NULL",
    "COALESCE(s, 'none')",
    "COALESCE(d, '2013-10-01')",
    "t >= '2013-10-01'",
    "LN(ABS(f) + 1)",
]


def derives() -> Case:
    dtypes = {"b": "bool", "n": "int", "f": "float", "s": "string", "d": "date", "t": "datetime"}
    texts = st.lists(st.sampled_from(EXPRESSIONS), min_size=1, max_size=3, unique=True)
    steps = texts.map(lambda texts: Derive(columns={f"e{i}": text for i, text in enumerate(texts)}))
    nullable = st.lists(st.booleans(), min_size=len(dtypes), max_size=len(dtypes))
    schemas = nullable.map(
        lambda flags: Schema(
            (name, ColumnType(dtype, flag)) for (name, dtype), flag in zip(dtypes.items(), flags, strict=True)
        )
    )
    return st.tuples(steps, schemas)


CASES[Derive] = derives()


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.op)
def test_the_artifact_answers_as_the_op(op: type[Op]) -> None:
    @seed(budget.seed())
    @settings(
        max_examples=budget.examples(60, 2_000),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CASES[op], st.data())
    def law(case: tuple[Op, Schema], data: st.DataObject) -> None:
        step, schema = case
        stages = place([step], schema)
        learns_nothing = isinstance(step, Derive)
        train = data.draw(
            tables(schema, TRAIN, min_rows=1).filter(lambda rows: learns_nothing or has_values(rows))
        )
        states, trained = fitted(stages, train)
        assert_foretold(stages[-1], trained)
        later = data.draw(tables(schema, LATER))
        made = applied(stages, states, later)
        assert_foretold(stages[-1], made)
        found = through_graph(stages, states, later)
        for name in made.columns:
            assert_same(as_array(made[name]), found[name], step.tolerance(stages[0].read))

    law()


def has_values(table: pl.DataFrame) -> bool:
    return all(len(column.drop_nulls()) for column in table)


def assert_foretold(stage: Stage, rows: pl.DataFrame) -> None:
    """The columns, dtypes and nullability are those that `infer` gave."""
    assert rows.columns == list(stage.after)
    for name, type_ in stage.after.items():
        dtype = rows[name].dtype
        if type_.dtype == "vector":
            assert isinstance(dtype, pl.Array)
            assert dtype.inner == pl.Float64
        else:
            assert dtype == POLARS[type_.dtype]
        assert type_.nullable or not rows[name].null_count()
