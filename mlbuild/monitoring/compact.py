"""Writes the rows of a log into one Parquet file, which is smaller and faster to read than JSON.

The columns are those of the records: `ts` is a datetime in UTC, and `inputs`, `outputs` and `hashes` are structs with a field for each column.
A field is missing in rows of models that do not have it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.moments import parse_moment
from mlbuild.monitoring.log import contents_of, lines_of

#: The parts of a record with a value for each column.
_SIDES = ("inputs", "outputs", "hashes")
_INFINITE = ("inf", "-inf")
#: Integers that do not fit are floats.
_INTEGERS = range(-(2**63), 2**63)


@frozen
class Compacted:
    """How many rows of how many files were written, and how many lines could not be read."""

    files: int
    rows: int
    broken: int


def compact(files: Sequence[Path], open_target: Callable[[], Any]) -> Compacted:
    """Write the records of files to what `open_target` opens, in their order. Nothing is written if there are none.

    Raises:
        OSError: A file cannot be read or written.
    """
    import polars as pl

    kinds: dict[str, dict[str, str]] = {side: {} for side in _SIDES}
    rows = broken = 0
    for file in files:
        for record in _records(contents_of(file)):
            if record is None:
                broken += 1
                continue
            rows += 1
            for side in _SIDES:
                _widen(kinds[side], record.get(side) or {})
    if rows:
        schema = _schema(kinds)
        parts = (_part(contents_of(file), kinds, schema) for file in files)
        with open_target() as target:
            together = pl.scan_parquet([io.BytesIO(part) for part in parts])  # type: ignore[arg-type]  # a list is invariant
            together.sink_parquet(target, compression="zstd")
    return Compacted(len(files), rows, broken)


def _records(content: bytes) -> Iterator[Json | None]:
    """Yield the record in each line, with its time in microseconds; None for one that cannot be read."""
    yield from (None if record is None else _checked(record) for record in lines_of(content))


def _checked(record: Json) -> Json | None:
    moment = parse_moment(record["ts"]) if isinstance(record.get("ts"), str) else None
    whole = all(type(record.get(key)) is kind for key, kind in _NEEDED.items())
    others = all(
        isinstance(record.get(key), kind) or record.get(key) is None for key, kind in _OPTIONAL.items()
    )
    return record | {"ts": moment} if moment is not None and whole and others else None


_NEEDED: Mapping[str, type] = {"id": str, "row": int, "model": str, "inputs": dict, "outputs": dict}
_OPTIONAL: Mapping[str, type | tuple[type, ...]] = {
    "violations": list,
    "us": (int, float),
    "share": (int, float),
    "left_out": list,
    "hashes": dict,
}


def _widen(kinds: dict[str, str], values: Mapping[str, Any]) -> None:
    """Note of which kinds the values of columns are."""
    for name, value in values.items():
        kind = _kind(value)
        known = kinds.get(name, "")
        if kind and kind != known:
            kinds[name] = kind if not known else _together(known, kind)
        else:
            kinds.setdefault(name, "")


def _kind(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if value in _INTEGERS else "float"
    if isinstance(value, float):
        return "float"
    return "infinite" if isinstance(value, str) and value in _INFINITE else "text"


def _together(*kinds: str) -> str:
    """Return the kind that can have the values of both. The text of an infinity is a number among numbers."""
    both = {*kinds}
    if both <= {"int", "float"} or (both <= {"int", "float", "infinite"} and "text" not in both):
        return "float"
    return "text"


def _schema(kinds: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    import polars as pl

    dtypes = {"bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64}
    sides = {
        side: pl.Struct({name: dtypes.get(kind, pl.String) for name, kind in kinds[side].items()})
        for side in _SIDES
        if kinds[side]
    }
    violation = pl.List(pl.Struct({"column": pl.String, "rule": pl.String}))
    return {
        "ts": pl.Datetime("us", "UTC"),
        "id": pl.String,
        "row": pl.Int64,
        "model": pl.String,
        **sides,
        "violations": violation,
        "us": pl.Float64,
        "left_out": pl.List(pl.String),
        "share": pl.Float64,
    }


def _part(content: bytes, kinds: Mapping[str, Mapping[str, str]], schema: Mapping[str, Any]) -> bytes:
    """Return the records of a file as Parquet."""
    import polars as pl

    rows = [_typed(record, kinds) for record in _records(content) if record is not None]
    part = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(part, compression="zstd")
    return part.getvalue()


def _typed(record: Json, kinds: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    sides = {
        side: {name: _value((record.get(side) or {}).get(name), kind) for name, kind in kinds[side].items()}
        for side in _SIDES
        if kinds[side]
    }
    return {
        "ts": record["ts"],
        "id": record["id"],
        "row": record["row"],
        "model": record["model"],
        **sides,
        "violations": [*_violations(record.get("violations") or [])],
        "us": record.get("us"),
        "left_out": [one for one in record.get("left_out") or [] if isinstance(one, str)],
        "share": record.get("share"),
    }


def _violations(found: Iterable[Any]) -> Iterator[dict[str, str]]:
    for one in found:
        if isinstance(one, dict) and isinstance(one.get("column"), str) and isinstance(one.get("rule"), str):
            yield {"column": one["column"], "rule": one["rule"]}


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "float":
        return float(value)
    if kind in ("bool", "int") or isinstance(value, str):
        return value
    return json.dumps(value)
