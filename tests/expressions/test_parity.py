"""Properties of all expressions: the graph, literals and the canonical tree give the same results as the rows."""

from __future__ import annotations

import json
import math
import operator
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from mlbuild.diagnostics import Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.constants import Scalars
from mlbuild.expressions.filters import known_not_null
from mlbuild.expressions.functions.catalogue import FUNCTIONS
from mlbuild.expressions.meaning import result
from mlbuild.expressions.operands import hold_literal
from mlbuild.expressions.rows import polars_dtype
from mlbuild.expressions.tree import UNTYPED
from mlbuild.expressions.typed import Typed
from mlbuild.expressions.written import expression_sql
from mlbuild.lowering.value import NAT
from tests import budget
from tests.expressions import texts
from tests.expressions.hard_rows import hard_rows
from tests.expressions.sides import SCHEMA, Served, by_polars

DEPTH = 4
random_examples = settings(
    max_examples=budget.examples(120, 4000),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)

ROWS = hard_rows(150)
_NUMBERS, _CONDITIONS = texts.numbers(DEPTH), texts.conditions(DEPTH)
_EXACT = st.one_of(
    *[_NUMBERS] * 4, *[_CONDITIONS] * 3, texts.strings(DEPTH), texts.dates(DEPTH), texts.moments(DEPTH)
)


def _bound(text: str) -> Typed:
    """Bind a text that is valid by construction, but may have the same value in every row."""
    try:
        return bind(text, SCHEMA)
    except Rejected as rejected:
        assert [problem.message for problem in rejected.problems] == [
            "the expression has the same value in every row"
        ]
        assume(False)
        raise


@seed(budget.seed())
@random_examples
@given(_EXACT)
def test_the_graph_answers_as_the_rows_do(text: str) -> None:
    """The values are equal. The sign of a zero, which no operator reveals, depends on the library."""
    typed = _bound(text)
    served = Served(typed)
    for rows in (ROWS, ROWS.head(1), ROWS.head(0)):
        assert served(rows) == by_polars(typed, rows)


def test_there_are_texts_for_every_function_of_the_catalogue() -> None:
    assert sorted(texts.called()) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_gives_the_same_on_rows_in_the_graph_and_of_literals(name: str) -> None:
    """Each function of the catalogue by itself, as the outermost part of an expression."""

    @seed(budget.seed())
    @settings(random_examples, max_examples=budget.examples(12, 600))
    @given(texts.calls(name, 2))
    def holds(text: str) -> None:
        typed = _bound(text)
        native = by_polars(typed, ROWS)
        literal = [_of_literals(typed, row) for row in ROWS.head(10).iter_rows(named=True)]
        for ours, theirs in ((native, Served(typed)(ROWS)), (native[:10], literal)):
            assert all(map(_near if typed.tolerance else operator.eq, ours, theirs))
            assert len(ours) == len(theirs)

    holds()


@seed(budget.seed())
@random_examples
@given(texts.curved(2))
def test_transcendental_functions_agree_within_their_last_bits(text: str) -> None:
    typed = _bound(text)
    native = by_polars(typed, ROWS)
    for ours, theirs in zip(native, Served(typed)(ROWS), strict=True):
        assert _near(ours, theirs)


@seed(budget.seed())
@random_examples
@given(_EXACT)
def test_literals_compute_as_rows_do(text: str) -> None:
    """Folding constants changes nothing: the values of a row as literals give the result of the row."""
    typed = _bound(text)
    some = ROWS.head(15)
    assert [_of_literals(typed, row) for row in some.iter_rows(named=True)] == by_polars(typed, some)


@seed(budget.seed())
@random_examples
@given(_EXACT)
def test_a_tree_binds_to_itself(text: str) -> None:
    typed = _bound(text)
    assert bind(typed.tree, SCHEMA) == typed
    assert bind(json.loads(json.dumps(typed.tree)), SCHEMA) == typed


@seed(budget.seed())
@random_examples
@given(_EXACT)
def test_a_tree_is_written_as_sql_that_means_the_same(text: str) -> None:
    """The tree of the SQL can differ: a NULL has no dtype there."""
    typed = _bound(text)
    again = _bound(expression_sql(json.loads(json.dumps(typed.tree))))
    assume(again.type.dtype != UNTYPED)
    assert by_polars(again, ROWS) == by_polars(typed, ROWS)


@seed(budget.seed())
@random_examples
@given(st.one_of(texts.numbers(3), texts.conditions(3), texts.strings(3), texts.moments(3)))
def test_what_cannot_be_missing_is_not(text: str) -> None:
    """On rows of small numbers, and of infinite ones where the type allows them: types do not predict an overflow."""
    assume("1e300" not in text)
    typed = _bound(text)
    small = ROWS.filter(
        *(
            pl.col(name).is_null()
            | (pl.col(name).abs() <= 10)
            | (not type_.finite and pl.col(name).is_infinite())
            for name, type_ in SCHEMA.items()
            if type_.numeric
        )
    )
    assert len(small) > 10 and small["z"].is_infinite().any()
    made = by_polars(typed, small)
    assert typed.type.nullable or None not in made
    assert not typed.type.finite or not {math.inf, -math.inf} & {*made}


@seed(budget.seed())
@random_examples
@given(texts.conditions(DEPTH))
def test_rows_that_a_condition_keeps_miss_no_column_that_it_proves(text: str) -> None:
    typed = _bound(text)
    kept = ROWS.filter(typed.to_polars())
    assert [name for name in known_not_null(typed) if kept[name].null_count()] == []


def _near(ours: Any, theirs: Any) -> bool:
    """The absolute tolerance is for denormal results, which some libraries replace by 0."""
    return bool(ours == theirs or ours == pytest.approx(theirs, rel=1e-12, abs=1e-307))


def _of_literals(typed: Typed, row: dict[str, Any]) -> Any:
    held = {
        name: hold_literal(Scalars(), dtype, _as_literal(dtype, row[name])) for name, dtype in typed.columns
    }
    return _plain(typed, result(typed.tree, typed.type.dtype, Scalars(), held).parts())


def _as_literal(dtype: str, value: Any) -> Any:
    if value is None or dtype not in ("int", "date", "datetime"):
        return value
    if dtype == "int":
        return float(value)
    return pl.Series([value]).cast(pl.Datetime("us")).cast(pl.Int64).item()


def _plain(typed: Typed, parts: tuple[Any, Any]) -> Any:
    """Return the Python value of a literal."""
    value, absent = parts
    dtype = typed.type.dtype
    if absent or value != value or (dtype in ("date", "datetime") and value == NAT):
        return None
    if dtype in ("date", "datetime"):
        return pl.Series([value]).cast(pl.Datetime("us")).cast(polars_dtype(dtype)).item()
    return {"bool": bool, "int": int}.get(dtype, lambda same: same)(value)
