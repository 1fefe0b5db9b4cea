"""Formats the metrics of models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlbuild.cli.output.data.statistics import columns as aligned
from mlbuild.cli.output.tracking.runs import number
from mlbuild.shown import shown
from mlbuild.tracking.builds import SPLITS, Build
from mlbuild.tracking.pairs import metric_order


def metrics_text(models: Sequence[tuple[Build, str]]) -> list[str]:
    """Return a table for each model."""
    lines: list[str] = []
    for build, model in models:
        lines += [*([""] if lines else []), f"{shown(model)} (build {build.name})", *_table(build, model)]
    return lines or ["no build has metrics"]


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
