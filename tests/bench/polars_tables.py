"""Makes the datasets of `tests.bench.tables` in the usual way: a short script with polars.

    python -m tests.bench.polars_tables departures --data DATA --out OUT

reads the same files, casts the same columns, checks the same rules, joins and divides the rows in the same way, and
writes one Parquet file for each part.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

WEATHER = ("temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
CARRIERS = "9E AA AS B6 DL EV F9 FL HA MQ OO UA US VX WN YV".split()
AIRPORTS = ["EWR", "JFK", "LGA"]


def read(file: Path, dtypes: Mapping[str, type[pl.DataType]], times: Sequence[str] = ()) -> pl.DataFrame:
    """Read a CSV file with the dtypes of its columns. `times` are dates with a time."""
    texts = dict.fromkeys(times, pl.String)
    rows = pl.read_csv(file, schema_overrides={**dtypes, **texts}, null_values=["NA"])
    parsed = [pl.col(name).str.to_datetime(strict=True, time_unit="us", time_zone="UTC") for name in times]
    return rows.with_columns(column.dt.replace_time_zone(None) for column in parsed)


def check(
    rows: pl.DataFrame, required: Sequence[str], rules: dict[str, pl.Expr], unique: Sequence[str]
) -> None:
    """Check that columns have no missing values, that rules hold, and that a key is unique.

    Raises:
        ValueError: Something does not hold.
    """
    missing = {name: pl.col(name).null_count() for name in required}
    broken = {f"rule {name}": (~rule).sum() for name, rule in rules.items()}
    finite = {
        f"finite {name}": (~pl.col(name).is_finite()).sum()
        for name, dtype in rows.schema.items()
        if dtype.is_float()
    }
    counts = rows.select(**missing, **broken, **finite).row(0, named=True)
    if wrong := {name: count for name, count in counts.items() if count}:
        raise ValueError(wrong)
    if unique and rows.select(pl.struct(unique).n_unique()).item() != rows.height:
        raise ValueError(f"{unique} are not unique")


def departures(data: Path) -> dict[str, pl.DataFrame]:
    numbers = {"flight": pl.Int64, "distance": pl.Int64, "arr_delay": pl.Int64}
    flights = read(data / "flights.csv", numbers, ["time_hour", "sched_dep"])
    rules = {
        "carrier": pl.col("carrier").is_in(CARRIERS),
        "origin": pl.col("origin").is_in(AIRPORTS),
        "flight": pl.col("flight") >= 1,
        "distance": pl.col("distance") >= 0,
    }
    required = ["time_hour", "sched_dep", "carrier", "flight", "origin", "dest", "distance"]
    check(flights, required, rules, ["time_hour", "carrier", "flight"])
    weather = read(data / "weather.csv", dict.fromkeys(WEATHER, pl.Float64), ["time_hour"])
    rules = {
        "origin": pl.col("origin").is_in(AIRPORTS),
        "humid": pl.col("humid").is_between(0, 100),
        "wind_dir": pl.col("wind_dir").is_between(0, 360),
        "wind_speed": pl.col("wind_speed") >= 0,
        "precip": pl.col("precip") >= 0,
        "pressure": pl.col("pressure").is_between(900, 1100),
        "visib": pl.col("visib").is_between(0, 10),
    }
    check(weather, ["origin", "time_hour", "precip", "visib"], rules, ["origin", "time_hour"])
    planes = read(data / "planes.csv", {"year": pl.Int64, "seats": pl.Int64})
    rules = {"year": pl.col("year").is_between(1950, 2013), "seats": pl.col("seats") >= 1}
    check(planes, ["tailnum", "manufacturer", "seats"], rules, ["tailnum"])
    planes = planes.select(pl.col("tailnum"), pl.exclude("tailnum").name.prefix("plane_"))
    rows = (
        flights.join(weather, on=["origin", "time_hour"], how="left", validate="m:1", maintain_order="left")
        .join(planes, on="tailnum", how="left", validate="m:1", maintain_order="left")
        .filter(pl.col("arr_delay").is_not_null())
        .with_columns(late=pl.col("arr_delay") > 15, plane_age=2013 - pl.col("plane_year"))
    )
    time, valid_from, test_from = pl.col("time_hour"), datetime(2013, 10, 1), datetime(2013, 11, 1)
    return {
        "train": rows.filter(time < valid_from),
        "valid": rows.filter((time >= valid_from) & (time < test_from)),
        "test": rows.filter(time >= test_from),
    }


def numbers(data: Path) -> dict[str, pl.DataFrame]:
    """Twenty columns: an id, eight integers, nine floats, two categories."""
    names = rows_of_numbers()
    rows = read(
        data / "numbers.csv", {name: dtype for name, dtype in names.items() if dtype is not pl.String}
    )
    rules = {
        **{name: pl.col(name).is_between(0, 1000) for name in names if name[0] == "i" and name != "id"},
        **{name: pl.col(name) >= -1e6 for name in names if name[0] == "x"},
        **{name: pl.col(name).is_in(["a", "b", "c", "d"]) for name in names if name[0] == "k"},
    }
    check(rows, [name for name in names if name != "x0"], rules, ["id"])
    part = rows["id"] % 10
    return {
        "train": rows.filter(part < 8),
        "valid": rows.filter(part == 8),
        "test": rows.filter(part == 9),
    }


def rows_of_numbers() -> dict[str, type[pl.DataType]]:
    """Return the columns of `numbers` with their dtypes."""
    integers = {f"i{index}": pl.Int64 for index in range(8)}
    return {
        "id": pl.Int64,
        **integers,
        **{f"x{index}": pl.Float64 for index in range(9)},
        **{f"k{index}": pl.String for index in range(2)},
    }


TABLES = {"departures": departures, "numbers": numbers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for name, rows in TABLES[args.table](args.data).items():
        rows.write_parquet(args.out / f"{name}.parquet", compression="lz4")


if __name__ == "__main__":
    main()
