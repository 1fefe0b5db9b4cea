"""Makes raw rows that are likely to reveal differences between two implementations: missing, extreme, unseen and
boundary values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import RawInput
from mlbuild.bundle.trained import Trained
from mlbuild.expressions.tree import is_literal, literal_value, parts_of
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

_UNSEEN = ("unseen \u2603", " ", "\U0001f600", "NaN", "null", "0")
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 5e-324, 1e300, -1e300, math.inf, -math.inf, 2.0**53)
#: These are values of every column already. 0.0 stands for -0.0, too.
_KNOWN_FLOATS = frozenset(_FLOATS)
_INTS = (0, 1, -1, 2, 7, 2**31, -(2**31), 2**53, -(2**53))
_DAY = 86_400_000_000
#: Days since 1970 where calendar code often fails: centuries, leap days, the turn of years, and the epoch.
_DAYS = (
    -135_140,
    -25_568,
    -25_567,
    -25_509,
    -25_508,
    -1,
    0,
    58,
    59,
    789,
    790,
    10_956,
    10_957,
    11_015,
    11_016,
)
_LATER_DAYS = (15_705, 16_070, 16_071, 18_321, 18_322, 24_855, 47_540, 47_541, 73_108, 157_053, 157_054)
_LITERAL_KINDS = {
    "int": "number",
    "float": "number",
    "string": "string",
    "date": "moment",
    "datetime": "moment",
}
_MIXED_ROWS = 512
#: Rows times columns.
_MOST_CELLS = 2_000_000
_FEWEST_ROWS = 64
_MOST_CONSTANTS = 2_000


def adversarial_rows(trained: Trained, real: pl.DataFrame) -> pl.DataFrame:
    """Return rows of the raw inputs, made from the `real` rows by putting each special value into each column.

    The special values include every distinct string in `real`, every number in the steps and their states, and the
    next value on each side of it. Some rows are special in several columns at once. In wide tables, every row has
    several special columns. If a column has very many special values, those at regular intervals are used. The same
    input gives the same rows.
    """
    import numpy as np
    import polars as pl

    inputs = trained.recipe.inputs
    if not inputs:
        return pl.DataFrame()
    bases = len(_base_rows(real))
    most = max(_MOST_CELLS // len(inputs), _FEWEST_ROWS)
    constants = _Constants.of(trained, min(most, _MOST_CONSTANTS))
    pools = {item.name: _thinned(_pool(item, real[item.name], constants), bases, most) for item in inputs}
    counts = np.array([len(pool) - bases for pool in pools.values()])
    rows = min(int(counts.sum()), max(most, int(counts.max())))
    starts = np.cumsum(counts) - counts
    mixed = min(_MIXED_ROWS, max(most, _FEWEST_ROWS))
    rng = np.random.default_rng(0)
    columns = {}
    for (name, pool), start, count in zip(pools.items(), starts, counts, strict=True):
        special = np.arange(rows) % bases
        # Cycle through the special values. In a narrow table, each has a row of its own.
        special[(start + np.arange(count)) % rows] = bases + np.arange(count)
        picked = np.concatenate([np.arange(bases), special, rng.integers(0, len(pool), mixed)])
        columns[name] = pool[picked]
    return pl.DataFrame(columns)


def _thinned(pool: pl.Series, bases: int, most: int) -> pl.Series:
    """Return at most this number of special values after the base rows, at regular intervals."""
    import numpy as np

    count = len(pool) - bases
    if count <= most:
        return pool
    picked = bases + np.linspace(0, count - 1, most).round().astype(np.int64)
    return pool[np.concatenate([np.arange(bases), picked])]


def _base_rows(real: pl.DataFrame) -> list[int]:
    """Return a few ordinary rows to vary. If there are no real rows, return one with missing values."""
    count = real.height
    return sorted({0, count // 3, count // 2, max(count - 1, 0)}) if count else [0]


def _pool(item: RawInput, column: pl.Series, constants: _Constants) -> pl.Series:
    """Return the values of the base rows in this column, followed by the special values."""
    import polars as pl

    base = column[_base_rows(column.to_frame())] if len(column) else pl.Series([None], dtype=column.dtype)
    if item.null_token is None and item.type.dtype == "string":
        base = base.fill_null("")
    special = pl.Series(_specials(item, column, constants), dtype=_working(item))
    return pl.concat([base, special.cast(column.dtype)]).rechunk()


def _working(item: RawInput) -> Any:
    import polars as pl

    dtypes = {"bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64, "string": pl.String}
    return dtypes.get(item.type.dtype, pl.Datetime("us"))


def _specials(item: RawInput, column: pl.Series, constants: _Constants) -> list[Any]:
    dtype = item.type.dtype
    missing: list[Any] = [None] if dtype != "string" or item.null_token is not None else []
    if dtype == "bool":
        return [*missing, True, False]
    if dtype == "string":
        empty = [""] if item.null_token != "" else []
        known = {*column.drop_nulls().unique().to_list(), *(item.type.categories or ()), *constants.texts}
        seen = sorted(known - {"", item.null_token})
        return [*missing, *empty, *(text for text in _UNSEEN if text not in seen), *seen]
    if dtype in ("date", "datetime"):
        return [*missing, *_times(column, constants.moments, whole_days=dtype == "date")]
    bounds: list[Any] = [value for value in (column.min(), column.max()) if value is not None]
    if dtype == "int":
        near = [bound + step for bound in bounds for step in (-1, 0, 1)]
        values = dict.fromkeys([*_INTS, *near, *constants.around])
        return [*missing, *(value for value in values if abs(value) <= 2**53)]
    others = dict.fromkeys([*_beside(bounds), *constants.beside])
    return [*missing, *_FLOATS, *(value for value in others if value not in _KNOWN_FLOATS)]


def _times(column: pl.Series, moments: Sequence[int], whole_days: bool) -> list[int]:
    """Return microseconds since 1970: around each interesting calendar day, and the ends of the real values."""
    import polars as pl

    real = column.cast(pl.Datetime("us")).cast(pl.Int64)
    days = [day * _DAY for day in (*_DAYS, *_LATER_DAYS, *range(15_700, 16_080, 9))]
    bounds = [*moments, *(bound for bound in (real.min(), real.max()) if isinstance(bound, int))]
    if whole_days:
        return [*days, *bounds]
    around = [moment + step for moment in (*days, *bounds) for step in (-1, 0, 1)]
    return [*around, *(day + (day // _DAY % 24) * 3_600_000_000 + 59_999_999 for day in days)]


def _beside(numbers: Iterable[Any]) -> list[float]:
    """Return each number with the next float below and above it."""
    return [
        value
        for number in numbers
        for value in (math.nextafter(number, -math.inf), float(number), math.nextafter(number, math.inf))
    ]


@frozen
class _Constants:
    """The constants that expressions, steps and their states compare or compute with."""

    #: Each number with the next float on both sides, and the integers next to it.
    beside: tuple[float, ...]
    around: tuple[int, ...]
    texts: tuple[str, ...]
    moments: tuple[int, ...]

    @staticmethod
    def of(trained: Trained, most: int) -> _Constants:
        """Of very many numbers `most` are taken, at regular distances."""
        stages = trained.recipe.stages
        steps = [stage.step.canonical(stage.before) for stage in stages]
        trees = [typed.tree for _, typed in trained.recipe.derived]
        for step in steps:
            named = step["columns"]
            trees += named.values() if isinstance(named, dict) else ()
        values: dict[str, list[Any]] = {"number": [], "string": [], "moment": []}
        for part in itertools.chain.from_iterable(map(parts_of, trees)):
            if is_literal(part) and part[0] in _LITERAL_KINDS:
                values[_LITERAL_KINDS[part[0]]].append(literal_value(part))
        numbers = itertools.chain(values["number"], _numbers([steps, list(trained.states)]))
        finite = [*dict.fromkeys(number for number in numbers if math.isfinite(number))]
        some = finite[:: -(-len(finite) // most) or 1]
        whole = [math.floor(number) for number in some if abs(number) < 2**53]
        return _Constants(
            tuple(_beside(some)),
            tuple(number + step for number in whole for step in (0, 1)),
            tuple(dict.fromkeys(values["string"])),
            tuple(dict.fromkeys(values["moment"])),
        )


def _numbers(value: Any) -> Iterable[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _numbers(part)
