"""Splits: which rows are for training, which for validation, which for the test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.data.faults import Fault
from mlbuild.data.moments import DAY, parse_moment
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import INT32, Described, Integer, Json, ListOf, Name, Number, Text, field, write

if TYPE_CHECKING:
    import polars as pl

TRAIN, VALID, TEST = "train", "valid", "test"


@dataclass(frozen=True)
class Split(Described):
    """How rows are divided into train, valid and test; each part keeps the order of the rows."""

    def infer(self, table: Table) -> None:
        """Check that the columns it reads exist and suit.

        Raises:
            Rejected: with problems whose paths start at this split.
        """

    def canonical(self, seed: int) -> Json:
        """What decides the parts: a definition in which a seed that is not given is the project's."""
        return write(self)

    def parts(self, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """The rows of `train`, `valid` and `test`.

        Raises:
            Failed: of kind `data`, where no row is left for training, or a row belongs nowhere.
        """

        part = self._assign(rows)
        parts = {name: rows.filter(part == name) for name in (TRAIN, VALID, TEST)}
        if parts[TRAIN].is_empty():
            counts = f"{parts[VALID].height:,} valid, {parts[TEST].height:,} test"
            raise data_failure(f"the split leaves no rows to train on: {rows.height:,} rows, {counts}")
        return parts

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        """The name of the part of each row."""
        raise NotImplementedError


_SHARE = Number(min=0, below=1)
_SEED = Integer(min=0, max=INT32)


@dataclass(frozen=True)
class Shares(Split):
    """A split by shares of the whole."""

    usual = ("valid", "test")

    valid: float = field(
        _SHARE,
        "The share of all rows that are for validation: early stopping watches them. The rest is train.",
        default=0.0,
        examples=(0.2,),
    )
    test: float = field(
        _SHARE,
        "The share of all rows that are for the test: nothing is learned from them. The rest is train.",
        default=0.0,
        examples=(0.2,),
    )
    seed: int | None = field(
        _SEED, "Another seed divides the rows otherwise. Default: the project's `seed`.", default=None
    )

    def check(self) -> Iterator[Problem]:
        if self.valid + self.test >= 1:
            total = f"{self.valid:g} + {self.test:g}"
            yield Problem(
                "contradiction",
                f"'valid' and 'test' leave nothing for train: {total} is not below 1",
                ("test",),
            )

    def canonical(self, seed: int) -> Json:
        return write(self if self.seed is not None else replace(self, seed=seed))


@dataclass(frozen=True)
class Hash(Shares):
    """By a hash of key columns: rows that agree in them stay together, now and in every later build.

    The hash is the first 8 bytes, read big-endian and divided by 2^64, of the SHA-256 of the compact JSON list
    of the seed and the key's values (null, true, 15, 2.5, "text", "2013-10-01", "2013-10-01T05:00:00"). Below
    `test` a row is for the test, from 1 - `valid` on for validation: changing one share leaves the other part.
    """

    discriminator = ("type", "hash")

    key: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "The columns that are hashed: those that name what must not be in two parts, such as a customer.",
    )

    def infer(self, table: Table) -> None:
        unknown = [_unknown(name, table.trained, ("key", index)) for index, name in enumerate(self.key)]
        problems = [problem for problem in unknown if problem]
        if problems:
            raise Rejected(*problems)

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        keys = rows.select(self.key)
        each = keys.unique(maintain_order=True)
        parts = [self._part(key) for key in each.iter_rows()]
        named = each.with_columns(pl.Series("\0part", parts, pl.String))
        return keys.join(named, on=list(self.key), how="left", nulls_equal=True, maintain_order="left")[
            "\0part"
        ]

    def _part(self, key: Sequence[Any]) -> str:
        share = key_hash(self.seed or 0, key) / 2**64
        return TEST if share < self.test else VALID if share >= 1 - self.valid else TRAIN


@dataclass(frozen=True)
class Time(Split):
    """By time: train is before valid, valid before test."""

    discriminator = ("type", "time")
    usual = ("valid_from", "test_from")

    column: str = field(Name("column"), "The date or datetime column that decides; it must not be missing.")
    valid_from: str | None = field(
        Text(),
        "The first date or datetime of the valid rows; rows before it are for training. Without it none are valid.",
        default=None,
        examples=("2013-10-01",),
    )
    test_from: str | None = field(
        Text(),
        "The first date or datetime of the test rows. Without it none are for the test.",
        default=None,
        examples=("2013-11-01", "2013-11-01T06:00"),
    )

    def check(self) -> Iterator[Problem]:
        given = {"valid_from": self.valid_from, "test_from": self.test_from}
        moments = {name: parse_moment(text) for name, text in given.items() if text is not None}
        if not moments:
            yield Problem("missing-key", "a time split needs 'valid_from' or 'test_from'")
        for name, moment in moments.items():
            if moment is None:
                help_ = "write it as 2013-10-01 or 2013-10-01T05:00:00"
                yield Problem("bad-format", f"'{given[name]}' is not an ISO date or datetime", (name,), help_)
        valid, test = moments.get("valid_from"), moments.get("test_from")
        if valid is not None and test is not None and valid >= test:
            yield Problem("contradiction", "'valid_from' is not before 'test_from'", ("valid_from",))

    def infer(self, table: Table) -> None:
        unknown = _unknown(self.column, table.trained, ("column",))
        if unknown:
            raise Rejected(unknown)
        type_ = table.trained[self.column]
        if type_.known and not type_.temporal:
            message = f"a time split needs a date or datetime, and '{self.column}' is of dtype {type_.dtype}"
            raise Rejected(Problem("wrong-dtype", message, ("column",)))

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        times = rows[self.column]
        absent = times.is_null().arg_true().to_list()
        if absent:
            fault = Fault.of((self.column,), "not null", absent, rows)
            raise data_failure(f"the split has no time for some rows: {fault}", **fault.to_json())
        moments = times.cast(pl.Int64) * (DAY if times.dtype == pl.Date else 1)
        part = pl.Series([TRAIN]).new_from_index(0, rows.height)
        for name, start in ((VALID, self.valid_from), (TEST, self.test_from)):
            if start is not None:
                part = part.set(moments >= parse_moment(start), name)
        return part


@dataclass(frozen=True)
class Random(Shares):
    """By chance: the same rows in the same order are always divided alike.

    Rows are ranked by the raw 64-bit output of PCG64 for the seed, the first for the test, the next for
    validation; shares are rounded to whole rows.
    """

    discriminator = ("type", "random")

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import numpy as np
        import polars as pl

        order = np.argsort(np.random.PCG64(self.seed).random_raw(rows.height), kind="stable")
        test, valid = round(self.test * rows.height), round(self.valid * rows.height)
        names = np.full(rows.height, TRAIN, dtype=object)
        names[order[:test]] = TEST
        names[order[test : test + valid]] = VALID
        return pl.Series("part", names.tolist(), pl.String)


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def key_hash(seed: int, key: Sequence[Any]) -> int:
    """The unsigned 64-bit hash of a key, as `Hash` defines it."""
    import hashlib  # it loads OpenSSL, which checking a spec does without

    text = _COMPACT.encode([seed, *map(_plain, key)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0


def _unknown(name: str, schema: Schema, at: tuple[str | int, ...]) -> Problem | None:
    if name in schema:
        return None
    help_ = did_you_mean(name, schema) or f"columns here: {listed(schema)}"
    return Problem("unknown-column", f"unknown column '{name}'", at, help_)
