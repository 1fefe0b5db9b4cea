from __future__ import annotations

import math
import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data import violations as module
from mlbuild.data.casts import polars_type
from mlbuild.data.faults import Fault
from mlbuild.data.violations import violations
from tests.budget import examples, seed
from tests.data.tables import contract, read_file

NAN, INF = float("nan"), float("inf")


def broken(
    rows: pl.DataFrame, columns: dict[str, Any], faults: tuple[Fault, ...] = (), **more: Any
) -> list[str]:
    return [str(fault) for fault in violations(rows, contract(columns, **more).rules(), faults)]


def test_a_table_that_keeps_its_contract_has_no_violations() -> None:
    columns = {
        "n": {"dtype": "int", "min": 0, "max": 10, "categories": [0, 1, 10]},
        "x": {"dtype": "float", "min": 0, "nullable": True},
        "s": {"dtype": "string", "categories": ["a", "b"], "nullable": True},
        "b": {"dtype": "bool", "categories": [True]},
        "d": {"dtype": "date", "min": "2013-01-01", "unique": True},
        "t": {"dtype": "datetime", "max": "2013-12-31T23:59:59Z"},
    }
    rows = pl.DataFrame(
        {
            "n": [0, 1, 10],
            "x": [-0.0, None, 1e300],
            "s": ["a", None, "b"],
            "b": [True, True, True],
            "d": [date(2013, 1, 1), date(2013, 1, 2), date(2013, 1, 3)],
            "t": [datetime(2013, 12, 31, 23, 59, 59)] * 3,
        },
        schema_overrides={"t": pl.Datetime("us")},
    )
    assert broken(rows, columns, unique=["n", "x"]) == []
    assert broken(rows.clear(), columns, unique=["n"]) == []


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("int", [1, None, None], "column 'x' violates 'not null' in 2 rows: null (row 2), null (row 3)"),
        (
            {"dtype": "float", "min": 0, "nullable": True},
            [1.0, -0.5],
            "column 'x' violates 'min 0' in 1 row: -0.5 (row 2)",
        ),
        (
            {"dtype": "int", "max": 0.5},
            [0, 1, 1],
            "column 'x' violates 'max 0.5' in 2 rows: 1 (row 2), 1 (row 3)",
        ),
        ({"dtype": "int", "min": 10**30}, [1], f"column 'x' violates 'min {10**30}' in 1 row: 1 (row 1)"),
        ("float", [INF, 1.0, -INF], "column 'x' violates 'finite' in 2 rows: 'inf' (row 1), '-inf' (row 3)"),
        ({"dtype": "float", "finite": False}, [INF], None),
        (
            {"dtype": "string", "categories": ["9E", "AA"]},
            ["9E", "aa", "XX"],
            "column 'x' violates 'categories' in 2 rows: 'aa' (row 2), 'XX' (row 3)",
        ),
        (
            {"dtype": "bool", "categories": [True]},
            [False],
            "column 'x' violates 'categories' in 1 row: false (row 1)",
        ),
        (
            {"dtype": "int", "categories": [1.0]},
            [1, 2],
            "column 'x' violates 'categories' in 1 row: 2 (row 2)",
        ),
        (
            {"dtype": "int", "unique": True},
            [1, 2, 1, 3, 1],
            "column 'x' violates 'unique' in 3 rows: 1 (row 1), 1 (row 3), 1 (row 5)",
        ),
        (
            {"dtype": "date", "min": "2013-01-02"},
            [date(2013, 1, 1), date(2013, 1, 2)],
            "column 'x' violates 'min 2013-01-02' in 1 row: '2013-01-01' (row 1)",
        ),
        (
            {"dtype": "datetime", "max": "2013-01-01T05:00:00+02:00"},
            [datetime(2013, 1, 1, 3), datetime(2013, 1, 1, 3, 0, 1)],
            "column 'x' violates 'max 2013-01-01T05:00:00+02:00' in 1 row: '2013-01-01T03:00:01' (row 2)",
        ),
        (
            {"dtype": "int", "min": 0, "exclusive_min": True, "max": 9, "exclusive_max": True},
            [0, 1, 8],
            "column 'x' violates 'min 0 (exclusive)' in 1 row: 0 (row 1)",
        ),
        (
            {"dtype": "float", "max": 9, "exclusive_max": True},
            [9.0],
            "column 'x' violates 'max 9 (exclusive)' in 1 row: 9.0 (row 1)",
        ),
        (
            {"dtype": "string", "pattern": "C[0-9]{2}"},
            ["C12", "C123", "xC12"],
            "column 'x' violates 'pattern C[0-9]{2}' in 2 rows: 'C123' (row 2), 'xC12' (row 3)",
        ),
        (
            {"dtype": "string", "min_length": 2},
            ["ab", "a"],
            "column 'x' violates 'min_length 2' in 1 row: 'a' (row 2)",
        ),
        (
            {"dtype": "string", "max_length": 2},
            ["äöü", "äö"],
            "column 'x' violates 'max_length 2' in 1 row: 'äöü' (row 1)",
        ),
        (
            {"dtype": "int", "nullable": True, "monotone": "increasing"},
            [3, None, 2, 2, 4],
            "column 'x' violates 'monotone increasing' in 1 row: 2 (row 3)",
        ),
    ],
)
def test_each_rule_names_column_count_and_rows(column: Any, values: list[Any], sentence: str | None) -> None:
    rows = pl.DataFrame({"x": values})
    assert broken(rows, {"x": column}) == ([sentence] if sentence else [])


def test_a_value_can_break_several_rules() -> None:
    rows = pl.DataFrame({"x": [1.0, -0.5, -INF, None]})
    assert broken(rows, {"x": {"dtype": "float", "min": 0}}) == [
        "column 'x' violates 'not null' in 1 row: null (row 4)",
        "column 'x' violates 'min 0' in 2 rows: -0.5 (row 2), '-inf' (row 3)",
        "column 'x' violates 'finite' in 1 row: '-inf' (row 3)",
    ]


def test_missing_values_are_never_duplicates() -> None:
    rows = pl.DataFrame({"a": [None, None, 1, 1], "b": ["x", "x", None, None]})
    nullable = {
        "a": {"dtype": "int", "nullable": True, "unique": True},
        "b": {"dtype": "string", "nullable": True},
    }
    assert broken(rows, nullable, unique=["a", "b"]) == [
        "column 'a' violates 'unique' in 2 rows: 1 (row 3), 1 (row 4)"
    ]


def test_rows_that_agree_in_several_columns_are_told() -> None:
    rows = pl.DataFrame(
        {"hour": [1, 1, 1, 2], "carrier": ["UA", "AA", "UA", "UA"], "flight": [15, 15, 15, 15]}
    )
    columns = {"hour": "int", "carrier": "string", "flight": "int"}
    assert broken(rows, columns, unique=["hour", "carrier", "flight"]) == [
        "columns 'hour', 'carrier', 'flight' violate 'unique [hour, carrier, flight]' in 2 rows: "
        "[1, 'UA', 15] (row 1), [1, 'UA', 15] (row 3)"
    ]
    assert broken(rows[:2], columns, unique=["hour", "carrier", "flight"]) == []


def test_a_rule_of_the_table_can_be_about_a_column_that_violates_its_own_rules() -> None:
    columns = {"a": {"dtype": "int", "min": 2}, "b": "int"}
    assert broken(pl.DataFrame({"a": [1, 1], "b": [1, 2]}), columns, unique=["a"]) == [
        "column 'a' violates 'min 2' in 2 rows: 1 (row 1), 1 (row 2)",
        "column 'a' violates 'unique [a]' in 2 rows: 1 (row 1), 1 (row 2)",
    ]


def test_all_violations_of_a_table_come_at_once_in_the_order_of_its_columns(tmp_path: Path) -> None:
    columns = {
        "id": "int",
        "gone": {"dtype": "float", "min": 0, "unique": True},
        "n": {"dtype": "int", "min": 0},
        "s": {"dtype": "string", "categories": ["a"]},
    }
    text = "id,n,s\n1,-5,a\n1,x,b\n2,,\n2,7,a\n"
    rows, faults = read_file(tmp_path / "rows.csv", columns, text)
    assert broken(rows, columns, tuple(faults), unique=["id", "gone"]) == [
        "column 'gone' is missing",
        "column 'n' violates 'parses as int' in 1 row: 'x' (row 2)",
        "column 'n' violates 'not null' in 1 row: null (row 3)",
        "column 'n' violates 'min 0' in 1 row: -5 (row 1)",
        "column 's' violates 'not null' in 1 row: null (row 3)",
        "column 's' violates 'categories' in 1 row: 'b' (row 2)",
    ]
    assert broken(rows, columns, tuple(faults), unique=["id", "n"]) == broken(rows, columns, tuple(faults))


def test_a_table_without_any_column_of_its_contract(tmp_path: Path) -> None:
    columns = {"id": "int", "n": {"dtype": "int", "unique": True}}
    rows, faults = read_file(tmp_path / "rows.csv", columns, "other\n1\n")
    assert broken(rows, columns, tuple(faults), unique=["id", "n"]) == [
        "column 'id' is missing",
        "column 'n' is missing",
    ]


def test_a_value_that_does_not_parse_is_not_told_as_missing_too(tmp_path: Path) -> None:
    text = "n\n" + "\n".join(["x", "", "y", "", "1"] * 5) + "\n"
    rows, faults = read_file(tmp_path / "rows.csv", {"n": "int"}, text)
    assert broken(rows, {"n": "int"}, tuple(faults)) == [
        "column 'n' violates 'parses as int' in 10 rows: "
        "'x' (row 1), 'y' (row 3), 'x' (row 6), 'y' (row 8), 'x' (row 11), ...",
        "column 'n' violates 'not null' in 10 rows: "
        "null (row 2), null (row 4), null (row 7), null (row 9), ...",
    ]
    assert broken(rows, {"n": {"dtype": "int", "nullable": True}}, tuple(faults)) == [str(faults[0])]


def test_a_switch_in_the_environment_does_not_switch_contracts_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from pandera.config import CONFIG

    monkeypatch.setattr(CONFIG, "validation_enabled", False)
    assert broken(pl.DataFrame({"x": [None]}, schema={"x": pl.Int64}), {"x": "int"}) == [
        "column 'x' violates 'not null' in 1 row: null (row 1)"
    ]


def test_a_fault_survives_json_and_can_leave_its_values_out() -> None:
    rows = pl.DataFrame({"d": [date(2013, 1, 1)] * 2, "x": [INF, INF]})
    (first, second) = violations(
        rows, contract({"d": {"dtype": "date", "unique": True}, "x": "float"}).rules(), []
    )
    assert first.to_json() == {
        "columns": ["d"],
        "rule": "unique",
        "count": 2,
        "samples": [[1, "2013-01-01"], [2, "2013-01-01"]],
        "help": None,
        "share": 1.0,
        "max_share": 0.0,
        "level": "error",
        "at": ["columns", "d", "unique"],
    }
    assert Fault.from_json(first.to_json()) == first
    assert str(second.without_values()) == "column 'x' violates 'finite' in 2 rows: row 1, row 2"
    assert Fault.from_json(second.without_values().to_json()) == second.without_values()


@pytest.mark.parametrize("odd", ["a b", "^a", "x*", "Straße", "select"])
def test_a_column_can_have_any_name(odd: str) -> None:
    rows = pl.DataFrame({odd: [1, 1], "b": [2, 2]})
    assert broken(rows, {odd: {"dtype": "int", "min": 2}, "b": "int"}, unique=[odd, "b"]) == [
        f"column '{odd}' violates 'min 2' in 2 rows: 1 (row 1), 1 (row 2)",
        f"columns '{odd}', 'b' violate 'unique [{odd}, b]' in 2 rows: [1, 2] (row 1), [1, 2] (row 2)",
    ]


#: Values, bounds and categories by dtype.
DRAWN: dict[str, tuple[list[Any], list[Any]]] = {
    "int": ([0, 1, -1, 2, 2**53], [0, 1, 0.5, -(10**30), 10**30]),
    "float": ([0.0, -0.0, 1.5, 5e-324, NAN, INF, -INF], [0, 1.5, -1e300]),
    "string": (["a", "b", "", "NaN"], []),
    "bool": ([True, False], []),
    "date": ([date(2020, 1, 1), date(1969, 12, 31), date(2020, 1, 2)], ["2020-01-01", "1970-01-01"]),
    "datetime": ([datetime(2020, 1, 1), datetime(2020, 1, 1, 0, 0, 0, 1)], ["2020-01-01T00:00:00Z"]),
}


def test_every_rule_means_what_python_says(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed())
    for number in range(examples(60, 5_000)):
        dtypes = {f"c{index}": chance.choice([*DRAWN]) for index in range(chance.randint(1, 5))}
        columns = {name: drawn_column(dtype, chance) for name, dtype in dtypes.items()}
        height, spread = chance.randint(0, 4), chance.choice([1, 3])
        rows = {
            name: [
                None if chance.random() < 0.2 else chance.choice(DRAWN[dtype][0][:spread])
                for _ in range(height)
            ]
            for name, dtype in dtypes.items()
        }
        together = chance.sample([*dtypes], chance.randint(1, len(dtypes))) if chance.random() < 0.5 else None
        made = contract(columns, **({"unique": together} if together else {})).rules()
        frame = pl.DataFrame(
            rows, schema={name: polars_type(dtype) for name, dtype in dtypes.items()}, strict=True
        )
        found = violations(frame, made, [])
        wanted: dict[tuple[tuple[str, ...], str], int] = {
            ((name,), rule): count
            for name, column in columns.items()
            for rule, count in counted(column, rows[name]).items()
            if count
        }
        if together and (count := repeated([*zip(*(rows[name] for name in together), strict=True)])):
            wanted[tuple(together), f"unique [{', '.join(together)}]"] = count
        assert {(one.columns, one.rule): one.count for one in found} == wanted, (number, columns, rows)
        # The query that finds columns without violations spares pandera only time.
        with monkeypatch.context() as patch:
            patch.setattr(module, "_violated", lambda rows, conditions, faults: conditions)
            assert violations(frame, made, []) == found, (number, columns, rows)


def drawn_column(dtype: str, chance: random.Random) -> dict[str, Any]:
    values, bounds = DRAWN[dtype]
    column: dict[str, Any] = {"dtype": dtype, "nullable": chance.random() < 0.5}
    if bounds and chance.random() < 0.5:
        column[chance.choice(["min", "max"])] = chance.choice(bounds)
    elif dtype in ("int", "string", "bool") and chance.random() < 0.5:
        known = [value for value in values if value != ""]
        column["categories"] = chance.sample(known, chance.randint(1, len(known)))
    if chance.random() < 0.3:
        column["unique"] = True
    if dtype == "float" and chance.random() < 0.5:
        column["finite"] = False
    return column


def counted(column: dict[str, Any], values: list[Any]) -> dict[str, int]:
    """Return the number of violations of each rule of a column."""
    present = [value for value in values if value is not None]
    found = {"not null": 0 if column["nullable"] else len(values) - len(present)}
    for word in ("min", "max"):
        if word in column:
            bound = column[word]
            if column["dtype"] in ("date", "datetime"):
                moment = datetime.fromisoformat(bound).replace(tzinfo=None)
                bound = moment.date() if column["dtype"] == "date" else moment
            # NaN is larger than all numbers.
            keys = [math.inf if value != value else value for value in present]
            found[f"{word} {column[word]}"] = sum(
                (key < bound) if word == "min" else (key > bound) for key in keys
            )
    if "categories" in column:
        found["categories"] = sum(value not in column["categories"] for value in present)
    if column["dtype"] == "float" and column.get("finite", True):
        found["finite"] = sum(not math.isfinite(value) for value in present)
    if column.get("unique"):
        found["unique"] = repeated([(value,) for value in values])
    return found


def repeated(rows: list[tuple[Any, ...]]) -> int:
    """Return the number of rows without missing values that equal another one. NaN equals NaN."""
    whole = [str([0.0 if value == 0 else value for value in row]) for row in rows if None not in row]
    return sum(whole.count(row) > 1 for row in whole)
