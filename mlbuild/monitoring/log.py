"""Reads the log of a model: one JSON object for each row that it answered, in files `*.jsonl`.

A record has these keys: `ts`, the time as an ISO datetime in UTC; `id` of the request, and `row` in it; `model`, the SHA-256 digest of the
model; `inputs` and `outputs` by column name; `violations` of the contract; `us`, the microseconds that the request took; and `left_out`, the columns whose values are not logged, if there are any. An infinite
number is the text `inf` or `-inf`, because JSON has none.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.moments import parse_moments
from mlbuild.monitoring.compacted import COMPACT, compacted_frames
from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.profile import Profile
from mlbuild.regular import is_regular, read_regular

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: The end of the names of the files of a log.
SUFFIX = ".jsonl"
#: The largest file of a log.
_LIMIT = 2_000_000_000


@frozen
class Log:
    """The rows of a log that a model answered, in order of time.

    `times` are in microseconds since 1970 [N]. `ids` are those of the requests, and `numbers` those of the rows in them. `micros` is how long the request
    of each row took [N]. `scores` are the columns with the scores of the model, such as probabilities. `values` has an array [N] for each column of
    the profile. `violations` is the number of rows by column and rule. `broken` lines could not be read, such as the last one of a process
    that was killed, and `others` are rows of other models. `unlogged` are the columns that some rows lack because of privacy.
    """

    times: Array
    ids: pl.Series
    numbers: pl.Series
    micros: Array
    values: Mapping[str, Array]
    scores: Collection[str]
    violations: pl.DataFrame
    broken: int
    others: int
    unlogged: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.times)

    def between(self, start: int, end: int) -> Log:
        """Return the rows from a time up to another one."""
        import numpy as np
        import polars as pl

        kept = slice(*np.searchsorted(self.times, (start, end)).tolist())
        return Log(
            self.times[kept],
            self.ids[kept],
            self.numbers[kept],
            self.micros[kept],
            {name: values[kept] for name, values in self.values.items()},
            self.scores,
            self.violations.filter(pl.col("ts").is_between(start, end - 1)),
            0,
            0,
            self.unlogged,
        )


def files_of(place: Path) -> list[Path]:
    """Return the files of a log, which is a folder or a file."""
    if is_regular(place):
        return [place]
    found = (file for suffix in (SUFFIX, COMPACT) for file in place.rglob(f"*{suffix}"))
    return sorted(file for file in found if is_regular(file))


def contents_of(file: Path) -> bytes:
    """Return the lines of a file.

    Raises:
        OSError: It cannot be read.
    """
    return read_regular(file, _LIMIT)


def lines_of(content: bytes) -> Iterator[Json | None]:
    """Yield the object in each line; None for a line that has none, such as the last one of a process that was killed."""
    for line in content.splitlines():
        record = None
        with suppress(ValueError, RecursionError):
            record = json.loads(line)
        yield record if isinstance(record, dict) else None


def read_log(files: Sequence[Path], profile: Profile) -> Log:
    """Read the rows that the model of a profile answered. A row that is in a compacted file, too, counts once.

    Raises:
        OSError: A file cannot be read.
        NotALog: A compacted one is none.
    """
    import polars as pl

    schema = _schema(profile)
    frames, broken = [_dated(pl.DataFrame(schema=schema))], 0
    for file in files:
        content = contents_of(file)
        if file.suffix == COMPACT:
            frames += compacted_frames(content, schema, profile.digest)
            continue
        found, lost = _parsed(content, schema)
        frames += map(_dated, found)
        broken += lost
    table = pl.concat(frames, rechunk=True)
    if any(file.suffix == COMPACT for file in files):
        table = table.unique(["model", "ts", "id", "row"], keep="first", maintain_order=True)
    others = table.height - table.filter(pl.col("model") == profile.digest).height
    table = table.filter(pl.col("model") == profile.digest).sort("ts", maintain_order=True)
    undated = table["ts"].null_count()
    return _log(table[undated:], profile, broken + undated, others)


def _log(table: pl.DataFrame, profile: Profile, broken: int, others: int) -> Log:
    import polars as pl

    sides = {role: table[f"{role}s"].struct.unnest() for role in ("input", "output")}
    violations = table.select("ts", pl.col("violations").list.drop_nulls()).explode("violations").drop_nulls()
    return Log(
        table["ts"].to_numpy(),
        table["id"],
        table["row"],
        table["us"].fill_null(float("nan")).to_numpy(),
        {one.name: _values(sides[one.role][one.name], one) for one in profile.columns},
        [one.name for one in profile.columns if one.role == "output" and one.dtype == "float"],
        violations.unnest("violations"),
        broken,
        others,
        tuple(table["left_out"].explode().drop_nulls().unique().sort().to_list()),
    )


def _values(column: pl.Series, profile: ColumnProfile) -> Array:
    import numpy as np
    import polars as pl

    if profile.dtype == "string":
        return np.array(column.to_list(), dtype=object)
    if profile.dtype in TEMPORAL:
        column = parse_moments(column)
    found: Array = column.cast(pl.Float64).to_numpy()
    return found


def _schema(profile: Profile) -> dict[str, Any]:
    import polars as pl

    dtypes = {"bool": pl.Boolean, "int": pl.Float64, "float": pl.Float64}
    sides = {
        f"{role}s": pl.Struct(
            {one.name: dtypes.get(one.dtype, pl.String) for one in profile.columns if one.role == role}
        )
        for role in ("input", "output")
    }
    violation = pl.List(pl.Struct({"column": pl.String, "rule": pl.String}))
    return {
        "ts": pl.String,
        "id": pl.String,
        "row": pl.Int64,
        "model": pl.String,
        **sides,
        "violations": violation,
        "us": pl.Float64,
        "left_out": pl.List(pl.String),
    }


def _dated(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(parse_moments(table["ts"]).alias("ts"))


def _parsed(content: bytes, schema: Mapping[str, Any]) -> tuple[list[pl.DataFrame], int]:
    """Parse lines. Return the tables of those that can be read, and the number of the others."""
    import polars as pl

    try:
        return [pl.read_ndjson(io.BytesIO(content), schema=schema)], 0
    except pl.exceptions.PolarsError:
        with suppress(pl.exceptions.PolarsError):
            return [_with_infinities(content, schema)], 0
        lines = content.splitlines(keepends=True)
    if len(lines) == 1:
        return [], 1
    found, broken = [], 0
    for part in _halves(lines):
        frames, lost = _parsed(part, schema)
        found += frames
        broken += lost
    return found, broken


def _with_infinities(content: bytes, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Parse lines in which numbers can be texts. This takes twice as long.

    Raises:
        PolarsError: A line cannot be read.
    """
    import polars as pl

    texts = {
        side: pl.Struct(
            {one.name: pl.String if one.dtype == pl.Float64 else one.dtype for one in schema[side].fields}
        )
        for side in ("inputs", "outputs")
    }
    return pl.read_ndjson(io.BytesIO(content), schema={**schema, **texts}).cast(pl.Schema(schema))


def _halves(lines: list[bytes]) -> Iterator[bytes]:
    middle = len(lines) // 2
    yield from (b"".join(lines[:middle]), b"".join(lines[middle:]))
