"""Measures reading data files, and which part of it is the check that a CSV file can be read in only one way.

    python -m tests.bench.reading --copies 50

The rows are the weather at three airports, repeated. The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import polars as pl

from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.ndjson import Ndjson
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.formats.texts.csv_scan import scan
from mlbuild.data.parsing import Parsing
from mlbuild.frozen import frozen
from tests.bench.page import table, write_section
from tests.projects import SPECS

#: The budget for the check of a CSV file, as a share of the reading time.
SHARE = 0.1
COLUMNS = {"origin": "string", "time_hour": "datetime", "wind_dir": "int"}
NUMBERS = ("temp", "humid", "wind_speed", "precip", "pressure", "visib")

_TEXT = """\
`python -m tests.bench.reading --copies {copies}`: the weather table of `specs/flights`, repeated {copies} times: {rows:,} rows of 9 columns. Reading is the work
of a `source` task: it parses all columns and casts them to the dtypes of the contract. The check is one pass over the bytes which ensures that
polars and Python's `csv` module read the file in the same way. The values are CPU seconds, medians of {runs} runs.

{table}

The budget for the check is {share:.0%} of the reading time. The largest share here is {most:.1%}."""


@frozen
class Case:
    """A way to write the rows: its name, and the function."""

    name: str
    form: Format
    write: Callable[[pl.DataFrame, Path], object]


def cases() -> Iterator[Case]:
    yield Case("csv", Csv(), lambda rows, file: rows.write_csv(file))
    yield Case("csv, all fields quoted", Csv(), lambda rows, file: rows.write_csv(file, quote_style="always"))
    yield Case("csv, quotes inside unquoted fields", Csv(), _with_inches)
    yield Case("csv, the same next to quoted fields", Csv(), _sloppily)
    yield Case("parquet", Parquet(), lambda rows, file: rows.write_parquet(file))
    yield Case("ndjson", Ndjson(), lambda rows, file: rows.write_ndjson(file))


def _with_inches(rows: pl.DataFrame, file: Path) -> None:
    rows.with_columns(pl.col("origin") + ' 12"').write_csv(file, quote_style="never")


def _sloppily(rows: pl.DataFrame, file: Path) -> None:
    _with_inches(rows, file)
    with file.open("a") as stream:
        stream.write('"EWR",,,,,,,,\n')


def seconds(run: Callable[[], object], runs: int) -> float:
    """Return the median of the CPU seconds of a function."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    weather = pl.read_csv(SPECS / "flights/data/weather.csv", null_values=["NA"], infer_schema_length=None)
    rows = pl.concat([weather] * args.copies)
    columns = {name: Parsing(dtype=COLUMNS.get(name, "float")) for name in rows.columns}
    told, shares = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows")
        for case in cases():
            case.write(rows, file)
            whole = seconds(partial(case.form.read, file, columns), args.runs)
            cells = [case.name, f"{file.stat().st_size / 1e6:.0f}", f"{whole:.2f}"]
            if isinstance(case.form, Csv):
                check = seconds(partial(scan, file, ","), args.runs)
                shares.append(check / whole)
                cells += [f"{check:.3f}", f"{check / whole:.1%}"]
            told.append([*cells, "", ""][:5])
    text = _TEXT.format(
        copies=args.copies,
        rows=rows.height,
        runs=args.runs,
        table=table(["format", "MB", "reading, s", "check, s", "share"], told),
        share=SHARE,
        most=max(shares),
    )
    print(text)
    write_section("reading", "Reading data files", text)


if __name__ == "__main__":
    main()
