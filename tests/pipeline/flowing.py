"""Random pipelines over one table with every dtype: specs that pass `check`, with rows to build them on."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from mlbuild import api

ROWS = 60

_CONTRACT = """\
mlbuild: 1
project: flowing
sources:
  left: {path: left.parquet, contract: left}
  right: {path: right.parquet, contract: right}
contracts:
  left:
    columns:
      key: int
      b: bool
      bn: {dtype: bool, nullable: true}
      i: int
      n: {dtype: int, nullable: true}
      f: float
      fn: {dtype: float, nullable: true}
      g: {dtype: float, finite: false}
      s: {dtype: string, categories: [red, green, blue]}
      sn: {dtype: string, nullable: true}
      d: date
      dn: {dtype: date, nullable: true}
      t: datetime
      tn: {dtype: datetime, nullable: true}
      y: int
  right:
    unique: [key]
    columns: {key: int, r: float, rn: {dtype: float, nullable: true}, w: string}
"""

#: Expressions by the columns that they need. If one fails to bind, the pipeline is not used.
_EXPRESSIONS = (
    "f > 0.5", "fn IS NULL", "COALESCE(fn, 0)", "i + n", "n / i", "i % 3", "CASE WHEN b THEN f ELSE fn END",
    "COALESCE(sn, 'none')", "s = 'red' OR bn", "d >= '2020-03-01'", "NULLIF(i, 3)", "ABS(n) * 2", "NOT bn",
    "GREATEST(f, fn)", "CASE WHEN f > 0 THEN 'a' END", "ROUND(f, 1)", "LN(f + 2)", "CAST(f AS BIGINT)", "t",
    "r - f", "w", "rn IS NOT NULL", "i IN (1, 2, 3)", "g - f", "g - g", "g * i", "g / 2", "sn LIKE 'x%'", "tn > '2020-01-02T03:00:00'", "i * i",
)  # fmt: skip

_FILTERS = ("fn IS NOT NULL", "n > 0 AND sn IS NOT NULL", "b", "f > -1", "bn OR fn < 1", "dn IS NOT NULL")

_STEPS = (
    "{op: impute, columns: %s, strategy: mean}", "{op: impute, columns: %s, strategy: median}",
    "{op: impute, columns: %s, strategy: most_frequent}", "{op: standard, columns: %s}",
    "{op: ordinal, columns: %s}", "{op: ordinal, columns: %s, encoded_missing_value: -2}",
    "{op: category, columns: %s}", "{op: one_hot, columns: %s}",
    "{op: date_parts, columns: %s, parts: [year, weekday]}",
    "{op: date_parts, columns: %s, parts: [month], keep: true}", "{op: impute, columns: {dtype: numeric}, strategy: median}",
    "{op: category, columns: {dtype: string}}", "{op: date_parts, columns: {dtype: temporal}, parts: [day]}",
)  # fmt: skip

_COLUMNS = "b bn i n f fn g s sn d dn t tn".split()


def write_rows(folder: Path, seed: int) -> None:
    """Write the two tables. Every nullable column has missing values."""
    rng = random.Random(seed)

    def column(dtype: pl.DataType, draw: Iterator[object], nullable: bool) -> pl.Series:
        values = [None if nullable and rng.random() < 0.2 else next(draw) for _ in range(ROWS)]
        return pl.Series(values, dtype=dtype)

    def forever(draw: Callable[[], object]) -> Iterator[object]:
        while True:
            yield draw()

    first = date(2020, 1, 1)
    draws: dict[str, tuple[pl.DataType, Callable[[], object]]] = {
        "b": (pl.Boolean(), lambda: rng.random() < 0.5),
        "i": (pl.Int64(), lambda: rng.randint(1, 9)),
        "f": (pl.Float64(), lambda: rng.uniform(-1, 1)),
        "g": (
            pl.Float64(),
            lambda: rng.choice([math.inf, -math.inf, 0.0, *(rng.uniform(-1, 1) for _ in range(5))]),
        ),
        "s": (pl.String(), lambda: rng.choice(["red", "green", "blue"])),
        "d": (pl.Date(), lambda: first + timedelta(days=rng.randint(0, 400))),
        "t": (pl.Datetime("us"), lambda: datetime(2020, 1, 1) + timedelta(minutes=rng.randint(0, 500_000))),
    }
    made = {"key": pl.Series(range(ROWS), dtype=pl.Int64)}
    for name in _COLUMNS:
        dtype, draw = draws["i" if name == "n" else name[0]]
        made[name] = column(dtype, forever(draw), nullable=name.endswith("n"))
    made["y"] = pl.Series([index % 2 for index in range(ROWS)], dtype=pl.Int64)
    pl.DataFrame(made).write_parquet(folder / "left.parquet")
    right = {
        "key": pl.Series(range(0, ROWS, 2), dtype=pl.Int64),
        "r": pl.Series([rng.random() for _ in range(0, ROWS, 2)]),
        "rn": pl.Series([None if index % 3 else rng.random() for index in range(0, ROWS, 2)]),
        "w": pl.Series([rng.choice("uvw") for _ in range(0, ROWS, 2)]),
    }
    pl.DataFrame(right).write_parquet(folder / "right.parquet")


def pipelines(folder: Path, seed: int) -> Iterator[Path]:
    """Yield spec files in `folder`, each with a random pipeline that `check` accepts."""
    rng = random.Random(seed)
    file = folder / "mlbuild.yaml"
    while True:
        file.write_text(_spec(rng))
        spec, _ = api.check(file)
        if spec is not None:
            yield file


def _spec(rng: random.Random) -> str:
    steps = []
    if rng.random() < 0.6:
        steps.append(f"      - {{op: join, with: right, using: [key], how: {rng.choice(['left', 'inner'])}}}")
    added = []
    for number in range(rng.randint(0, 3)):
        added.append(f"x{number}")
        steps.append(f'      - {{op: derive, columns: {{x{number}: "{rng.choice(_EXPRESSIONS)}"}}}}')
    if rng.random() < 0.5:
        steps.append(f'      - {{op: filter, where: "{rng.choice(_FILTERS)}"}}')
    features = rng.sample(_COLUMNS, rng.randint(1, 4)) + [name for name in added if rng.random() < 0.5]
    spare = [name for name in [*_COLUMNS, *added] if name not in features]
    if rng.random() < 0.6:
        dropped = ", ".join(rng.sample(spare, rng.randint(1, len(spare))))
        steps.insert(rng.randint(0, len(steps)), f"      - {{op: select, columns: {{except: [{dropped}]}}}}")
    if rng.random() < 0.5:
        # The first letter of a name is its dtype.
        place = rng.randrange(len(features))
        renamed = f"{features[place]}_new"
        steps.append(f"      - {{op: rename, columns: {{{features[place]}: {renamed}}}}}")
        features[place] = renamed
    preprocessing = []
    for number in range(rng.randint(0, 4)):
        step = rng.choice(_STEPS)
        preprocessing.append(f"      - {step % rng.choice(features) if '%s' in step else step}")
        if rng.random() < 0.2:
            preprocessing.append(
                f'      - {{op: derive, columns: {{z{number}: "{rng.choice(_EXPRESSIONS)}"}}}}'
            )
    encoded = [
        name
        for name in features
        if not any(f"columns: {name}," in step or f"columns: {name}}}" in step for step in preprocessing)
    ]
    for name in encoded:
        if name[0] in "sdt":
            step = (
                "{op: category, columns: %s}"
                if name[0] == "s"
                else "{op: date_parts, columns: %s, parts: [month]}"
            )
            preprocessing.append(f"      - {step % name}")
    return _CONTRACT + "\n".join(
        [
            "datasets:",
            "  rows:",
            "    from: left",
            *(["    steps:", *steps] if steps else []),
            "    split: {type: random, valid: 0.2, test: 0.2}",
            "models:",
            "  m:",
            "    type: lightgbm.classifier",
            "    dataset: rows",
            f"    features: [{', '.join(features)}]",
            *(["    preprocessing:", *preprocessing] if preprocessing else []),
            "    target: y",
            "outputs:",
            "  o: {model: m, verify: {rows: 50}}",
            "",
        ]
    )
