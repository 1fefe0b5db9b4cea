"""The builds of a project, from their records: what was built, from what, and how good it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.documents import build_name, fits
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.builds.records import records_in
from mlbuild.pipeline.builds.revision import commit_at
from mlbuild.spec.trials import family, without_trials

#: Splits in the order in which their metrics matter: those of rows that no decision has seen come first.
SPLITS = ("test", "valid", "train")

#: The metrics of a model: by split, and then by name. `rows` is the number of rows.
Metrics = Mapping[str, Mapping[str, float | None]]

_METRICS = {str: {str: {str: (int, float, None)}}}
_SHAPE = {
    "build": build_name,
    "metrics": _METRICS,
    "constant": _METRICS,
    "intervals": {str: dict},
    "libraries": {str: str},
    "mlbuild": str,
    "sources": dict,
    "outputs": {str: {str: is_digest}},
    "git": (None, {"revision": str, "dirty": (bool, None)}),
}
_BACK = re.compile(r"(last|previous)(?:~(\d{1,9}))?")


@frozen(eq=False)
class Build:
    """One build. Its record was checked for what is read here, but can come from anywhere."""

    record: Json

    @property
    def name(self) -> str:
        return str(self.record["build"])

    @property
    def file(self) -> str:
        """The file name of the spec."""
        return str(self.record["spec"]["file"])

    @property
    def started(self) -> str:
        return str(self.record["started"])

    @property
    def values(self) -> Json:
        """Everything that is written in the spec, after includes, profiles and settings were merged."""
        values: Json = self.record["spec"]["values"]
        return values

    @property
    def metrics(self) -> Mapping[str, Metrics]:
        found: Mapping[str, Metrics] = self.record["metrics"]
        return found

    @property
    def models(self) -> list[str]:
        """The models that it evaluated, without the trials that one of them is chosen from."""
        return without_trials(self.metrics)

    def written(self, model: str, key: str) -> Any:
        """Return what the spec says about a model under a key. An item of a matrix is written as the model with the matrix."""
        return at(self.values, "models", family(model), key)

    @property
    def constant(self) -> Mapping[str, Metrics]:
        found: Mapping[str, Metrics] = self.record["constant"]
        return found

    @property
    def outcome(self) -> str:
        """How it ended: `ok`, `interrupted`, `unfinished`, or the kind of the first failure, such as `data`."""
        outcome = str(self.record["outcome"])
        if outcome == "failed":
            failures = (task.get("failure") for task in self.record["tasks"].values())
            kinds = [str(one.get("kind")) for one in failures if isinstance(one, dict)]
            return kinds[0] if kinds else outcome
        return outcome

    @property
    def git(self) -> str:
        """The abbreviated revision, with `+` if files differed from it, and `?` if that is unknown. Empty if there is none."""
        git = self.record["git"]
        if git is None:
            return ""
        return str(git["revision"])[:7] + {True: "+", False: "", None: "?"}[git["dirty"]]

    def interval(self, model: str, split: str, metric: str) -> list[float] | None:
        """Return the confidence interval of a metric, if there is one."""
        found = self._estimated(model, split).get(metric)
        return found if fits(found, [float, float]) else None

    def clusters(self, model: str, split: str) -> int | None:
        """Return the number of clusters of rows, if it is known."""
        found = self._estimated(model, split).get("clusters")
        return found if isinstance(found, int) else None

    def cluster(self, model: str) -> Json | None:
        """Return which rows of a model vary together, as the spec says it; None if each row is on its own."""
        found = self._intervals(model).get("cluster")
        return found if isinstance(found, dict) else None

    def key(self, task: str) -> str | None:
        """Return the key of the result of a task; None if it has none."""
        found = self.record["tasks"].get(task, {})
        key = found.get("key")
        return str(key) if key and found.get("outcome") != "failed" else None

    def _estimated(self, model: str, split: str) -> Mapping[str, Any]:
        found = self._intervals(model).get("splits")
        found = found.get(split) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def _intervals(self, model: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record["intervals"].get(model, {})
        return found

    @staticmethod
    def of(record: Json) -> Build | None:
        """Return the build of a record; None if it has another form."""
        return Build(record) if fits({name: record.get(name) for name in _SHAPE}, _SHAPE) else None


@frozen(eq=False)
class History:
    """The builds of a project, the oldest first. `root` is the folder of its spec."""

    root: Path
    builds: tuple[Build, ...]

    @staticmethod
    def of(root: Path, folder: Path, file: str | None = None) -> History:
        """Return the builds with a record in a folder; with `file`, only those of this spec."""
        found = filter(None, map(Build.of, records_in(folder)))
        builds = [one for one in found if file in (None, one.file)]
        return History(root, tuple(sorted(builds, key=lambda one: (one.started, one.name))))

    def find(self, asked: str, model: str | None = None) -> Build | None:
        """Return the build that is meant by a name, the start of one (with or without its time), `last`, `previous`, `last~2`,
        or a git revision. `last` and the like count only builds that evaluated the model, or any model without one, if
        there are such builds: commands that read results, such as `describe`, can run tasks and leave records, too.

        Raises:
            LookupError: Several builds are meant, with a sentence that names them.
        """
        if counted := _BACK.fullmatch(asked):
            back = (counted[1] == "previous") + int(counted[2] or 0)
            evaluated = [one for one in self.builds if one.metrics and (not model or model in one.metrics)]
            builds = evaluated or self.builds
            return builds[-1 - back] if back < len(builds) else None
        found = [one for one in self.builds if any(name.startswith(asked) for name in _names(one))]
        if len(found) > 1 and not any(asked in _names(one) for one in found):
            names = ", ".join(one.name for one in found[:3])
            raise LookupError(
                f"'{asked}' can be any of {len(found)} builds: {names}{'' if len(found) < 4 else ', ...'}"
            )
        return found[0] if found else self.at(asked)

    def at(self, revision: str) -> Build | None:
        """Return the last build of a git revision without changes to its files; rather one that succeeded."""
        commit = self.commit(revision)
        found = [
            one for one in self.builds if commit and one.record["git"] == {"revision": commit, "dirty": False}
        ]
        found = [one for one in found if not one.record["spec"]["settings"]]
        return next(_best(found), None)

    def made(self, digest: str) -> Build | None:
        """Return the last build that made a file with this digest."""
        for build in reversed(self.builds):
            if any(digest in files.values() for files in build.record["outputs"].values()):
                return build
        return None

    def commit(self, revision: str) -> str | None:
        """Return the full name of a git revision; None if there is none."""
        return commit_at(self.root, revision)


def _best(builds: Sequence[Build]) -> Iterator[Build]:
    yield from (one for one in reversed(builds) if one.record["outcome"] == "ok")
    yield from reversed(builds)


def _names(build: Build) -> tuple[str, ...]:
    """The name of a build, and its part after the time."""
    return (build.name, build.name.rpartition("-")[2])


def is_counted(name: str) -> bool:
    """Whether a name stands for a build by its place: `last`, `previous` or `last~2`."""
    return _BACK.fullmatch(name) is not None


def at(value: Any, *path: str) -> Any:
    """Return what is written at a path of nested maps; None if there is nothing."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
