"""What a build was told and found, as flat names and values for tools that know nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from mlbuild.tracking.builds import Build

#: Sections of a spec that are facts about data, not choices.
_NO_CHOICES = ("contracts", "sources", "mlbuild", "project", "description")


def parameters(build: Build) -> Iterator[tuple[str, str]]:
    """Yield the choices that are written in the spec, by path: `models.late.params.num_leaves`. A list is one value."""
    for name, value in build.values.items():
        if name not in _NO_CHOICES and not name.startswith("x-"):
            yield from _leaves(str(name), value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(f"{path}.{name}", item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}.{index}", item)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def measurements(build: Build) -> Iterator[tuple[str, float]]:
    """Yield the metrics, `late.test.log_loss`, and the ends of their intervals."""
    for model, splits in build.metrics.items():
        for split, values in splits.items():
            for metric, value in values.items():
                if value is None:
                    continue
                yield f"{model}.{split}.{metric}", float(value)
                if interval := build.interval(model, split, metric):
                    yield f"{model}.{split}.{metric}.low", interval[0]
                    yield f"{model}.{split}.{metric}.high", interval[1]


def times(build: Build) -> tuple[datetime, datetime] | None:
    """Return when a build started and ended; None if its record does not say so."""
    seconds = build.record.get("seconds")
    try:
        started = datetime.fromisoformat(build.started)
        return started, started + timedelta(seconds=float(seconds or 0))
    except (TypeError, ValueError, OverflowError):
        return None
