from __future__ import annotations

import polars as pl

from tests.data.tables import rejected, run, split, step, table, told

TABLE = table({"customer": {"dtype": "int", "nullable": True}, "x": "int"})
ROWS = pl.DataFrame(
    {"customer": [None if row % 50 == 7 else row // 2 for row in range(4000)], "x": range(4000)}
)


def sampled(rows: pl.DataFrame = ROWS, fraction: float = 0.3, seed: int = 0) -> pl.DataFrame:
    return run(step(op="sample", fraction=fraction, key="customer", seed=seed), TABLE, rows)


def test_about_that_fraction_of_the_keys_is_kept_with_all_their_rows() -> None:
    made = sampled()
    customers = made["customer"].drop_nulls().n_unique()
    assert 540 < customers < 660  # of 2,000; the standard deviation is 20
    assert made.equals(
        ROWS.filter(pl.col("customer").is_in(made["customer"].unique().implode(), nulls_equal=True))
    )


def test_rows_that_are_added_change_nothing_for_the_others() -> None:
    assert sampled(ROWS[:1000]).equals(sampled().filter(pl.col("x") < 1000))
    assert sampled(ROWS.reverse()).equals(sampled().reverse())


def test_a_larger_fraction_keeps_the_same_rows_and_more() -> None:
    assert {*sampled(fraction=0.2)["x"]} < {*sampled(fraction=0.5)["x"]}


def test_another_seed_keeps_other_rows() -> None:
    assert not sampled(seed=1).equals(sampled())
    project = step(op="sample", fraction=0.3, key="customer").seeded(7)
    assert run(project, TABLE, ROWS).equals(sampled(seed=7))
    own = step(op="sample", fraction=0.3, key="customer", seed=1).seeded(7)
    assert run(own, TABLE, ROWS).equals(sampled(seed=1))


def test_a_hash_split_with_the_same_key_divides_a_sample_as_it_divides_everything() -> None:
    parts = split(type="hash", key=["customer"], test=0.3).seeded(0).parts(sampled())
    assert 0.2 < parts["test"].height / sampled().height < 0.4


def test_unknown_columns_are_refused() -> None:
    problems = rejected(step(op="sample", fraction=0.5, key=["id"]), TABLE)
    assert told(problems) == [("unknown column 'id'", ("key", 0))]
    assert problems[0].help == "available columns: customer, x"
