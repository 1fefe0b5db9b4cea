"""Formats the metrics of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.cli.output.building.reasons import value_text
from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.cli.output.tracking.runs import MARK, number
from mlbuild.shown import shown
from mlbuild.tracking.builds import SPLITS, Build
from mlbuild.tracking.pairs import metric_order
from mlbuild.tracking.slices import Slices


def metrics_text(models: Sequence[tuple[Build, str]]) -> list[str]:
    """Return a table for each model."""
    lines: list[str] = []
    for build, model in models:
        lines += [*([""] if lines else []), f"{shown(model)} (build {build.name})", *_table(build, model)]
    return lines or ["no build has metrics"]


def slices_text(found: Sequence[tuple[Build, str, Slices]]) -> list[str]:
    """Return a table of the groups of each model. The difference is that to all rows of the split."""
    lines: list[str] = []
    marked = False
    for build, model, slices in found:
        names = [*slices.groups[0]["metrics"]]
        rows = [["", "rows", "clusters", *map(shown, names)]]
        for group in slices.groups:
            cells = [_slice_cell(group["metrics"].get(name) or {}) for name in names]
            marked = marked or any(f" {MARK}" in cell for cell in cells)
            rows.append([_values(group), f"{group['rows']:,}", f"{group['clusters']:,}", *cells])
        title = f"{shown(model)}: {shown(slices.groups[0]['slice'])} on {slices.split} (build {build.name})"
        lines += [*([""] if lines else []), title, *aligned(rows)]
    meaning = (
        f"{MARK} the difference to all rows is statistically significant, corrected for the number of slices"
    )
    return [*lines, *([meaning] if marked else [])]


def _slice_cell(found: Mapping[str, Any]) -> str:
    interval, apart = found.get("interval"), found.get("difference")
    within = f" [{interval[0]:.3g}, {interval[1]:.3g}]" if isinstance(interval, list) else ""
    change = "" if apart is None else f" {apart:+.3g}"
    return f"{number(found.get('value'))}{within}{change}{f' {MARK}' if found.get('outside_chance') else ''}"


def _values(group: Mapping[str, Any]) -> str:
    values = ("missing" if value is None else value_text(value) for value in group["values"].values())
    return ", ".join(values) or shown(str(group["slice"]))


def _table(build: Build, model: str) -> Iterator[str]:
    splits = [split for split in reversed(SPLITS) if build.metrics[model].get(split)]
    head = [part for split in splits for part in (split, "constant")]
    rows = [["", *head], ["rows", *(part for split in splits for part in (_rows(build, model, split), ""))]]
    for metric in metric_order(build, model):
        cells = [part for split in splits for part in _cells(build, model, split, metric)]
        rows.append([shown(metric), *cells])
    return iter(aligned(rows))


def _rows(build: Build, model: str, split: str) -> str:
    """Return the number of rows, and of clusters if rows vary together."""
    rows, clusters = build.metrics[model][split].get("rows"), build.clusters(model, split)
    told = f" in {clusters:,} clusters" if clusters is not None and clusters != rows else ""
    return f"{rows:,}{told}" if rows is not None else ""


def _cells(build: Build, model: str, split: str, metric: str) -> tuple[str, str]:
    interval = build.interval(model, split, metric)
    told = f" [{interval[0]:.3g}, {interval[1]:.3g}]" if interval else ""
    constant = build.constant.get(model, {}).get(split, {})
    value = build.metrics[model][split].get(metric)
    return f"{number(value)}{told}", number(constant[metric]) if metric in constant else ""
