"""Formats how much a model relies on each input, and how much each contributes to predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.cli.output.printing import counted
from mlbuild.cli.output.tracking.runs import MARK, number
from mlbuild.columns import text_of
from mlbuild.kinds import Json
from mlbuild.pipeline.contributions import Explained, Explanation
from mlbuild.shown import shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many inputs the text lists; JSON has all of them.
_MOST = 40


def importance_text(output: str, told: Json) -> list[str]:
    """Return the content of `importance.json` as tables: of inputs, and of inputs that belong together."""
    title = f"{shown(output)}: loss of {shown(told['metric'])} on {told['split']} if an input is shuffled ({_rows(told)})"
    gain = {tuple(one["inputs"]): one["share"] for one in told["gain"]}
    rows = [["input", "loss", "", "95% interval", "share of gain", ""]]
    for one in told["columns"][:_MOST]:
        share = gain.get((one["column"],))
        rows.append([shown(one["column"]), *_loss(one), "" if share is None else number(share), ""])
    for one in told["groups"][:_MOST]:
        rows.append([_names(one["columns"]), *_loss(one), "", f"together, because of {one['because']}"])
    left = len(told["columns"][_MOST:]) + len(told["groups"][_MOST:]) + len(told["left_out"])
    return [
        title,
        *(aligned(rows) if len(rows) > 1 else ["no input was shuffled, because there are no rows"]),
        *([f"{counted(left, 'more input')} or groups are only in --json"] if left else []),
        *(
            [f"{MARK} the loss is statistically significant, corrected for the number of inputs"]
            if any(row[2] for row in rows)
            else []
        ),
    ]


def _rows(told: Json) -> str:
    of_rows = f" of {told['of_rows']:,}" if told["of_rows"] != told["rows"] else ""
    clusters = f", {told['clusters']:,} clusters" if told["clusters"] not in (0, told["rows"]) else ""
    return f"{told['rows']:,}{of_rows} rows{clusters}"


def _loss(one: Mapping[str, Any]) -> tuple[str, str, str]:
    interval = one["interval"]
    within = f"[{interval[0]:.3g}, {interval[1]:.3g}]" if isinstance(interval, list) else interval or ""
    value = "undefined" if one["importance"] is None else f"{one['importance']:+.3g}"
    return value, MARK if one["outside_chance"] else "", within


def contributions_text(found: Explanation) -> list[str]:
    """Return a table for each row: the values of its inputs, and what they contribute."""
    blocks = [[*_block(found, row)] for row in found.rows]
    return [line for place, block in enumerate(blocks) for line in ([""] if place else []) + block]


def _block(found: Explanation, row: Explained) -> Iterator[str]:
    answers = "; ".join(f"{one.name} {_answer(row, one.name, one.columns)}" for one in found.outputs)
    yield f"{shown(found.output)}, row {row.row:,} of {found.split}: {answers}; target {_value(row.target)}"
    yield f"contributions to the {found.scale}:"
    rows = [
        ["input", "value", *map(shown, found.names or ["contribution"])],
        ["average", "", *map(_signed, found.expected)],
    ]
    for names, part in row.parts[:_MOST]:
        values = ", ".join(_value(row.inputs[name]) for name in names)
        rows.append([_names(names), values, *map(_signed, part)])
    rest = [part for _, part in row.parts[_MOST:]]
    if rest:
        rows.append([f"{len(rest)} more inputs", "", *map(_signed, sum(rest[1:], rest[0]))])
    yield from aligned([*rows, ["sum", "", *map(_signed, row.sums)]])


def _answer(row: Explained, name: str, columns: Sequence[str]) -> str:
    values = [_value(one) for one in row.answers[name]]
    if not columns:
        return values[0]
    return ", ".join(f"{shown(column)} {value}" for column, value in zip(columns, values, strict=True))


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(shown, names)) or "(constant)"


def _value(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else shown(text_of(value))


def _signed(value: float) -> str:
    return f"{value:+.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:+.3g}"


def contributions_json(found: Explanation) -> Json:
    """Return an explanation for programs. Of several sums, each number is a map by class."""

    def numbers(sums: Array) -> Any:
        values = [float(one) for one in sums]
        return dict(zip(found.names, values, strict=True)) if found.names else values[0]

    rows = [
        {
            "row": one.row,
            "inputs": {name: _plain(value) for name, value in one.inputs.items()},
            "target": _plain(one.target),
            "outputs": one.answers,
            "contributions": [{"inputs": [*names], "value": numbers(part)} for names, part in one.parts],
            "sum": numbers(one.sums),
        }
        for one in found.rows
    ]
    expected = numbers(found.expected)
    return {"split": found.split, "scale": found.scale, "expected": expected, "rows": rows}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
