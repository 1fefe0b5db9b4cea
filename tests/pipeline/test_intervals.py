"""Intervals in metrics.json: by the clusters of the dataset, without effect on what is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from tests.projects import DELAYS, after, built, delays


def intervals(folder: Path, result: BuildResult) -> Any:
    (digest,) = (
        action.digests["metrics.json"]
        for name, action in result.actions.items()
        if name.startswith("evaluate:")
    )
    return json.loads(DiskStore.at(folder).contents.get(digest) or b"")["intervals"]


def with_cluster(text: str) -> str:
    return DELAYS.replace("preprocessing:\n", f"    cluster: {text}\npreprocessing:\n", 1)


def widths(found: Any, name: str) -> float:
    low, high = found["splits"]["test"][name]
    return float(high - low)


def test_clusters_change_intervals_and_nothing_else(tmp_path: Path) -> None:
    file = delays(tmp_path, every=90)
    first = intervals(tmp_path, built(file))
    assert first["level"] == 0.95
    assert "train" not in first["splits"]
    names = [name for name in first["splits"]["test"] if name != "clusters"]
    assert names
    file.write_text(with_cluster("{column: time_hour, every: 2d}"))
    result = built(file)
    assert {*result.ran} == after(file, "evaluate:late", "importance:late", "profile:late")
    second = intervals(tmp_path, result)
    assert second["cluster"] == {"column": ["time_hour"], "every": "2d"}
    assert second["splits"]["test"]["clusters"] != first["splits"]["test"]["clusters"]
    assert all(widths(first, name) != widths(second, name) for name in names)
    file.write_text(with_cluster("[time_hour]"))
    assert {*built(file).ran} == after(file, "evaluate:late", "importance:late")


@pytest.mark.parametrize(
    ("split", "cluster"),
    [
        ("{type: hash, key: tailnum, test: 0.3}", {"column": ["tailnum"]}),
        (
            "{type: time, column: time_hour, test_from: 2013-10-01}",
            {"column": ["time_hour"], "every": "1d"},
        ),
        ("{type: random, test: 0.3}", None),
    ],
    ids=["hash", "time", "random"],
)
def test_the_split_says_what_belongs_together(split: str, cluster: Any, tmp_path: Path) -> None:
    head, _, rest = DELAYS.partition("    split:")
    behind = rest.partition("preprocessing:")[2]
    file = delays(tmp_path, f"{head}    split: {split}\npreprocessing:{behind}", every=90)
    assert intervals(tmp_path, built(file))["cluster"] == cluster
