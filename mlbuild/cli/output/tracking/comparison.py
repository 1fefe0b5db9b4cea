"""Formats the comparison of two builds: as text, as Markdown, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mlbuild.cli.output.building.reasons import value_text
from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.cli.output.printing import counted
from mlbuild.cli.output.tracking.runs import number
from mlbuild.evaluation.differences import Difference
from mlbuild.frozen import frozen
from mlbuild.pipeline.builds.written import told_spec
from mlbuild.process.allowance import size_text
from mlbuild.reports.writing.markdown import escaped
from mlbuild.shown import shown
from mlbuild.tracking.builds import Build
from mlbuild.tracking.changes import Change
from mlbuild.tracking.comparison import Comparison, MetricChange, ModelChanges
from mlbuild.tracking.files import FileComparison, ModelFile
from mlbuild.tracking.importance import ImportanceChanges
from mlbuild.tracking.tables import RowChanges, TableChanges

#: The inputs whose importance changed most are shown.
_INPUTS = 10
_LOUD = ("worse", "better", "different")


@frozen
class Block:
    """A title, a table whose first row names the columns, and sentences about it. If its rows are about metrics, these are
    the `metrics`.
    """

    title: str
    table: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()
    metrics: Sequence[MetricChange] = ()


def comparison_text(found: Comparison | FileComparison, *, predictions: bool, samples: bool) -> list[str]:
    lines = [title_of(found)]
    for block in blocks_of(found, predictions, samples):
        table = aligned(block.table) if block.table else []
        lines += ["", block.title, *(f"  {line}" for line in [*table, *block.notes])]
    return lines


def comparison_md(found: Comparison | FileComparison, *, predictions: bool, samples: bool) -> list[str]:
    """Return Markdown. What is beyond chance is bold."""
    lines = [f"## {escaped(title_of(found))}"]
    for block in blocks_of(found, predictions, samples):
        lines += ["", f"### {escaped(block.title)}"]
        if block.table:
            head, *rows = [[_cell(cell) for cell in row] for row in block.table]
            kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
            lines += ["", _row(head, kept), _row(["---"] * len(head), kept)]
            lines += [_row(row, kept) for row in rows]
        lines += [line for note in block.notes for line in ("", escaped(note))]
    return lines


def _cell(text: str) -> str:
    return f"**{text}**" if text in _LOUD else escaped(text)


def _row(cells: Sequence[str], kept: Sequence[int]) -> str:
    return f"| {' | '.join(cells[index] for index in kept)} |"


def title_of(found: Comparison | FileComparison) -> str:
    return f"{_named(found.old)} -> {_named(found.new)}"


def _named(build: Build | ModelFile) -> str:
    if isinstance(build, ModelFile):
        return f"{shown(build.called)} ({build.digest[:7]})"
    git = f" ({build.git})" if build.git else ""
    ended = f", {build.outcome}" if build.outcome != "ok" else ""
    return f"{build.name}{git}{ended}"


def blocks_of(found: Comparison | FileComparison, predictions: bool, samples: bool) -> Iterator[Block]:
    """Yield what a comparison consists of, in every format."""
    if isinstance(found, FileComparison):
        yield from _file_blocks(found, predictions)
        return
    yield _changes(found)
    for table in found.tables:
        yield _table(table, samples)
    for model in found.models:
        yield _model(model)
        if predictions and model.moves and model.moves.largest:
            yield _moved(model)
    yield from map(_importance, found.importances)
    sizes = [
        [shown(folder), *(size_text(size or 0) for size in both)]
        for folder, both in found.sizes.items()
        if both[0] != both[1] and None not in both
    ]
    if sizes:
        yield Block("Size", [["output", "old", "new"], *sizes])


def _importance(found: ImportanceChanges) -> Block:
    rows = []
    for one in found.inputs[:_INPUTS]:
        values = ("" if value is None else number(value) for value in (one.old, one.new))
        rows.append([shown(one.input), *values, *_apart(one.difference), _verdict(one.difference, None)])
    title = f"{shown(found.output)}: loss of {shown(found.metric)} on {found.split} if an input is shuffled"
    left = len(found.inputs) - len(rows)
    notes = [f"{counted(left, 'input')} changed less"] if left else []
    return Block(title, [["input", "old", "new", "difference", "95%", ""], *rows], notes)


def _file_blocks(found: FileComparison, predictions: bool) -> Iterator[Block]:
    rows = [[*_change(one)][:4] for one in found.changes]
    same = (
        "the files are the same"
        if found.old.digest == found.new.digest
        else "they have the same inputs and outputs"
    )
    yield Block("Changes", [["what", "where", "old", "new"], *rows] if rows else [], [] if rows else [same])
    why = f"predictions for rows of today are not compared: {shown(found.why or '')}"
    if not found.models:
        yield Block("Metrics", notes=[why])
    for model in found.models:
        block = _model(model)
        yield block if found.today else replace(block, notes=[f"the rows of these metrics can differ; {why}"])
        if predictions and model.moves and model.moves.largest:
            yield _moved(model)
    if found.old.size != found.new.size:
        sizes = [size_text(one.size) for one in (found.old, found.new)]
        yield Block("Size", [["file", "old", "new"], ["model.onnx", *sizes]])


def _changes(found: Comparison) -> Block:
    if not found.changes:
        return Block("Changes", notes=["spec, data and libraries are the same"])
    rows = [[*_change(one)] for one in found.changes]
    return Block("Changes", [["what", "where", "old", "new", "place"], *rows])


def _change(change: Change) -> tuple[str, str, str, str, str]:
    if change.what == "data":
        return "data", shown(change.where), "", "other content", ""
    was, now = ("" if value is None else value_text(value) for value in (change.was, change.now))
    return change.what, shown(change.where), was, now, shown(change.place)


def _table(table: TableChanges, samples: bool) -> Block:
    rows = table.rows
    cells = rows.cells if rows else {}
    told = [
        *([shown(name), "added", ""] for name in table.added),
        *([shown(name), "removed", ""] for name in table.removed),
        *(
            [shown(name), "changed", counted(cells[name], "row") if name in cells else ""]
            for name in table.changed
        ),
    ]
    notes = [*_rows_text(rows, samples)] if rows else []
    return Block(f"Data of {shown(table.source)}", [["column", "", "cells"], *told], notes)


def _rows_text(rows: RowChanges, samples: bool) -> Iterator[str]:
    yield (
        f"rows by {', '.join(map(shown, rows.key))}: {rows.added:,} added, {rows.removed:,} removed, "
        f"{rows.changed:,} changed; {rows.old:,} -> {rows.new:,}"
    )
    for what, keys in rows.examples.items():
        if keys and samples:
            yield f"{what}, for example: {'; '.join(shown(', '.join(key)) for key in keys)}"


def _model(model: ModelChanges) -> Block:
    head = ["metric", "old", "new", "difference", "95%", ""]
    rows = [
        [
            shown(one.metric),
            number(one.old),
            number(one.new),
            *_apart(one.difference),
            _verdict(one.difference, one.better),
        ]
        for one in model.metrics
    ]
    same = model.moves and not model.moves.largest and not (model.moves.flips and model.moves.flips.labels)
    if same:
        return Block(_heading(model), notes=["the same predictions"])
    return Block(_heading(model), [head, *rows], [*_notes(model)], model.metrics)


def _heading(model: ModelChanges) -> str:
    rows_text = counted(model.rows, "row") if model.rows is not None else "rows"
    clusters = f" in {model.clusters:,} clusters" if model.clusters not in (None, model.rows) else ""
    return f"{shown(model.model)}: {model.split}, {rows_text}{clusters}"


def _apart(found: Difference | None) -> tuple[str, str]:
    """Return a difference and its interval."""
    ends = found.interval if found else None
    within = f"[{ends[0]:+.2g}, {ends[1]:+.2g}]" if ends and ends != (0.0, 0.0) else ""
    return f"{found.value:+.3g}" if found else "", within


def _verdict(found: Difference | None, better: bool | None) -> str:
    if found is None or not found.value:
        return "the same" if found else ""
    if not found.interval:
        return ""
    if not found.beyond_chance:
        return "can be chance"
    return "different" if better is None else "better" if better else "worse"


def _notes(model: ModelChanges) -> Iterator[str]:
    if not model.same_rows:
        yield "no intervals: the predictions of one build are no longer in the store, or the rows are not the same"
    if moves := model.moves:
        if flips := moves.flips:
            share = f" ({flips.labels / model.rows:.1%})" if model.rows else ""
            yield (
                f"{counted(flips.labels, 'label')} {'flips' if flips.labels == 1 else 'flip'}{share}: "
                f"{flips.to_wrong:,} from right to wrong, {flips.to_right:,} from wrong to right"
            )
        yield f"change of a prediction: mean {moves.mean:.3g}, 99% of rows at most {moves.p99:.3g}"


def _moved(model: ModelChanges) -> Block:
    said = {None: "", True: "right", False: "wrong"}
    rows = (
        [[f"{row:,}", f"{by:.3g}", said[was], said[now]] for row, by, was, now in model.moves.largest]
        if model.moves
        else []
    )
    title = f"{shown(model.model)}: rows of {model.split} whose predictions differ most"
    return Block(title, [["row", "change", "old", "new"], *rows])


def comparison_json(
    found: Comparison | FileComparison, *, predictions: bool, samples: bool
) -> dict[str, Any]:
    if isinstance(found, FileComparison):
        return {
            **{
                name: {"file": one.called, "sha256": one.digest, "bytes": one.size}
                for name, one in (("old", found.old), ("new", found.new))
            },
            "changes": [vars(one) for one in found.changes],
            "models": [_model_json(one, predictions) for one in found.models],
            "today": found.today,
            "why": found.why,
        }
    return {
        **{
            name: {
                "build": build.name,
                "outcome": build.outcome,
                "git": build.record["git"],
                "spec": told_spec(build.record),
            }
            for name, build in (("old", found.old), ("new", found.new))
        },
        "changes": [vars(one) for one in found.changes],
        "data": [_table_json(one, samples) for one in found.tables],
        "models": [_model_json(one, predictions) for one in found.models],
        "importances": [one.to_json() for one in found.importances],
        "sizes": {output: {"old": both[0], "new": both[1]} for output, both in found.sizes.items()},
    }


def _table_json(table: TableChanges, samples: bool) -> dict[str, Any]:
    told = table.to_json()
    if told["rows"] and not samples:
        told["rows"] = {name: value for name, value in told["rows"].items() if name != "examples"}
    return told


def _model_json(model: ModelChanges, predictions: bool) -> dict[str, Any]:
    moves = model.moves
    return {
        "model": model.model,
        "split": model.split,
        "rows": model.rows,
        "clusters": model.clusters,
        "same_rows": model.same_rows,
        "metrics": [
            {"metric": one.metric, "old": one.old, "new": one.new, "better": one.better}
            | {"difference": one.difference.to_json() if one.difference else None}
            for one in model.metrics
        ],
        "flips": vars(moves.flips) if moves and moves.flips else None,
        "moves": {"mean": moves.mean, "p99": moves.p99} if moves else None,
        **({"largest": [list(one) for one in moves.largest]} if moves and predictions else {}),
    }
