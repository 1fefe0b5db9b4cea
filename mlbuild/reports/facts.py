"""What a report is about: the JSON parts that tasks have made, and what the spec says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from mlbuild.data.statistics.table import TableStatistics
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.reports.words import value_text

#: The parts of the rows that a model was not trained on, the more convincing one first.
HELD_OUT = ("test", "valid")
SPLITS = ("train", "valid", "test")


@frozen(eq=False)
class Facts:
    """All that sections can use.

    `about` is what the spec says about the output. `parts` are JSON parts by name, such as `metrics.json`: those that are
    files of the output, and some others of its dataset. `tests` are the reports of the tests of the output.
    `versions` are those of the libraries that made the model.
    """

    about: Mapping[str, Any]
    parts: Mapping[str, Json]
    tests: Mapping[str, Json]
    findings: Sequence[Json]
    versions: Mapping[str, str]

    def part(self, name: str) -> Json:
        """Return a part. It is empty if there is none of this name."""
        return self.parts.get(name, {})

    @property
    def refused(self) -> bool:
        """Whether the output is not published, because a gate or a test failed."""
        gates = self.part("gates.json").get("gates", ())
        return any(one["outcome"] == "failed" for one in (*gates, *self.tests.values()))

    @property
    def metrics(self) -> Mapping[str, Mapping[str, Any]]:
        """The metrics of each split that has rows, and the number of its `rows`."""
        found: Mapping[str, Mapping[str, Any]] = self.part("metrics.json")["metrics"]
        return found

    @property
    def labels(self) -> list[str]:
        """The labels of all metrics."""
        return [name for name in next(iter(self.metrics.values())) if name != "rows"]

    @cached_property
    def split(self) -> str | None:
        """The split that tells most about how good the model is; None if all rows were used for training."""
        return next((name for name in HELD_OUT if self.metrics.get(name, {}).get("rows")), None)

    @property
    def intervals(self) -> Json:
        """The intervals on `split`, by metric."""
        found: Json = self.part("metrics.json")["intervals"]["splits"].get(self.split, {})
        return found

    @property
    def level(self) -> str:
        """The confidence of all intervals, as text."""
        return f"{self.part('metrics.json')['intervals']['level']:.0%}"

    @property
    def curves(self) -> Json:
        """The curves on `split`."""
        found: Json = self.part("curves.json").get("splits", {}).get(self.split, {})
        return found

    @cached_property
    def tables(self) -> Mapping[str, TableStatistics]:
        """The statistics of each part of the dataset."""
        told = self.part("statistics.json").get("tables", {})
        return {name: TableStatistics.from_json(told[name]) for name in (*SPLITS, "all") if name in told}

    @property
    def classes(self) -> Sequence[Any]:
        """The classes of the target; none if it is a number."""
        found = self.part("metrics.json")["classes"]
        return found["values"] if found else ()

    @property
    def class_names(self) -> list[str]:
        """The classes as text. Those of a private target are only numbered."""
        if self.about["target"] in self.about["private"]:
            return [f"class {number}" for number in range(1, len(self.classes) + 1)]
        return [value_text(one) for one in self.classes]

    def unit(self) -> str:
        """Return what the rows that vary together are called."""
        cluster = self.part("metrics.json")["intervals"]["cluster"]
        if not cluster:
            return "rows"
        return "days" if cluster.get("every") == "1d" else f"values of {', '.join(cluster['column'])}"
