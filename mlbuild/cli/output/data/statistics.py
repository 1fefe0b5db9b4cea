"""Formats statistics of tables: one line per column, with a small picture of its distribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlbuild.data.statistics.distance import SHIFTED, SHIFTED_MUCH, Distance
from mlbuild.data.statistics.flags import Flags
from mlbuild.data.statistics.numbers import QUANTILES, Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.data.statistics.texts import Texts
from mlbuild.data.statistics.times import Times
from mlbuild.shown import cut, shown

_BARS = "▁▂▃▄▅▆▇█"
#: The width of a picture, and the number of frequent values that are named.
_WIDTH, _NAMED = 10, 3
_LONGEST_NAME, _LONGEST_VALUE = 30, 20


def table_lines(
    table: TableStatistics, association: Mapping[str, Mapping[str, float | None]], samples: bool
) -> list[str]:
    """Return a line for each column. Without `samples`, no text of the data is quoted."""
    head = ["column", "dtype", "missing", "distinct", "shape", *association, "values"]
    rows = [head]
    for name, column in table.columns.items():
        told = [_share_text(found.get(name)) for found in association.values()]
        distinct = getattr(column, "distinct", None)
        rows.append(
            [
                shown(cut(name, _LONGEST_NAME)),
                column.dtype,
                _missing(column),
                "" if distinct is None else f"{distinct:,}",
                picture(column),
                *told,
                _values(column, samples),
            ]
        )
    return columns(rows)


def comparison_lines(
    one: TableStatistics,
    other: TableStatistics,
    distances: Mapping[str, Distance | None],
    samples: bool,
) -> list[str]:
    """Return a line for each column of two tables, and how far the other is from the first."""
    rows = [["column", "psi", "", "largest", "shift", "missing", "shape", "values"]]
    for name in dict.fromkeys([*one.columns, *other.columns]):
        label = shown(cut(name, _LONGEST_NAME))
        if name not in one.columns or name not in other.columns:
            where = "the second" if name not in one.columns else "the first"
            rows.append([label, "", "", "", "", "", "", f"only in {where}"])
            continue
        pair, distance = (one.columns[name], other.columns[name]), distances[name]
        if distance is None:
            rows.append([label, "", "", "", "", "", "", f"{pair[0].dtype} -> {pair[1].dtype}"])
            continue
        rows.append(
            [
                label,
                _number(distance.psi, 3),
                _mark(distance.psi),
                _number(distance.largest, 3),
                _number(distance.shift, 2, sign=True),
                _changed(*(_missing(part) for part in pair)),
                _changed(*map(picture, pair)),
                _changed(*(_values(part, samples) for part in pair)),
            ]
        )
    return columns(rows)


def column_lines(parts: Mapping[str, Statistics], samples: bool) -> list[str]:
    """Return everything that is known about one column, side by side for each part of the table."""
    facts = {name: _facts(column, samples) for name, column in parts.items()}
    names = dict.fromkeys(fact for found in facts.values() for fact in found)
    rows = [["", *parts]]
    return columns([*rows, *([name, *(found.get(name, "") for found in facts.values())] for name in names)])


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Align cells to columns, and leave out columns without content."""
    rows = [[*row] for row in rows]
    used = [index for index in range(len(rows[0])) if any(row[index] for row in rows[1:])]
    widths = [max(len(row[index]) for row in rows) for index in used]
    return [
        "  ".join(row[index].ljust(width) for index, width in zip(used, widths, strict=True)).rstrip()
        for row in rows
    ]


def picture(column: Statistics) -> str:
    """Return the distribution of a column as bars."""
    bars = column.bars(_WIDTH)
    most = max(bars, default=0)
    return "".join(_BARS[-(-bar * (len(_BARS) - 1) // most)] if most else _BARS[0] for bar in bars)


def _facts(column: Statistics, samples: bool) -> dict[str, str]:
    found = {"rows": f"{column.rows:,}", "missing": _missing(column) or "0"}
    if (distinct := getattr(column, "distinct", None)) is not None:
        found["distinct"] = f"{distinct:,}"
    match column:
        case Numbers():
            found |= {"mean": _number(column.mean), "sd": _number(column.sd), "min": _number(column.min)}
            for share, value in zip(QUANTILES, column.quantiles or (), strict=False):
                found["median" if share == 0.5 else f"{share:.0%}"] = _number(value)
            found["max"] = _number(column.max)
            found |= {"infinite": f"{column.infinite:,}"} if column.infinite else {}
        case Flags():
            found["true"] = _share_of(column.true, column.present)
        case Times():
            found |= {"first": column.first or "", "last": column.last or ""}
        case Texts():
            found["length"] = f"{column.shortest} to {column.longest}" if column.present else ""
            for place, (named, count) in enumerate([*column.values.items()][: _NAMED * 2], 1):
                text = shown(cut(named, _LONGEST_VALUE)) if samples else ""
                found[f"{place}. value"] = f"{text} {_share_of(count, column.present)}".strip()
    return found | {"shape": picture(column)}


def _values(column: Statistics, samples: bool) -> str:
    """Return the most telling values of a column."""
    match column:
        case Numbers(min=low, max=high) if low is not None and high is not None:
            middle = [column.quantiles[len(QUANTILES) // 2]] if column.quantiles else []
            return " .. ".join(_number(value) for value in (low, *middle, high))
        case Flags() if column.present:
            return f"true {column.true / column.present:.0%}"
        case Times(first=first, last=last) if first and last:
            return f"{first} .. {last}"
        case Texts() if samples and column.present:
            named = [*column.values.items()][:_NAMED]
            return ", ".join(
                f"{shown(cut(value, _LONGEST_VALUE)) or repr(value)} {count / column.present:.0%}"
                for value, count in named
                if count > 1 or column.distinct == column.present
            )
    return ""


def _missing(column: Statistics) -> str:
    return f"{column.missing:,} ({column.missing / column.rows:.1%})" if column.missing else ""


def _share_of(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else ""


def _share_text(share: float | None) -> str:
    return "" if share is None else f"{share:.2f}"


def _mark(psi: float | None) -> str:
    return "" if psi is None or psi < SHIFTED else "*" if psi < SHIFTED_MUCH else "**"


def _changed(one: str, other: str) -> str:
    return one if one == other else f"{one or '-'} -> {other or '-'}"


def _number(value: float | None, digits: int | None = None, sign: bool = False) -> str:
    if value is None:
        return ""
    if digits is not None:
        return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def without_texts(content: Any) -> Any:
    """Return the JSON of statistics without texts of the data."""
    if isinstance(content, dict):
        return {key: None if key == "values" else without_texts(value) for key, value in content.items()}
    return content
