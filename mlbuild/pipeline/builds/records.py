"""Reads the records of builds that `recorder.py` writes.

A record belongs to no folder: those of several clones are united by copying the files into one folder.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.documents import build_name, fits
from mlbuild.engine.store.kept import read
from mlbuild.engine.store.local import RUNS
from mlbuild.engine.store.seal import unsealed
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.spec.spec import Spec

FORMAT = 1


def _is_task(value: Any) -> bool:
    return isinstance(value, dict) and (not value.get("key") or is_digest(value["key"]))


def _is_name(value: Any) -> bool:
    """The name of a file in the folder of the project."""
    return isinstance(value, str) and value == Path(value).name


#: The parts of a record that are read again, and their shape.
_READ = {
    "format": lambda value: value == FORMAT,
    "outcome": str,
    "started": str,
    "command": [str],
    "spec": {
        "file": _is_name,
        "sha256": object,
        "profiles": [str],
        "settings": [str],
        "values": dict,
        "lines": object,
    },
    "tasks": {str: _is_task},
}
#: The name of a build, and the metrics that it found: by model, split and name; by model, name and what over the folds.
_MEASURED = [build_name, [{str: {str: {str: (int, float, None)}}}]]


def built_specs(store: DiskStore) -> set[tuple[str, tuple[str, ...]]]:
    """Return the specs of the folder that were built, by file and profiles. Builds with settings do not count."""
    specs = [note["spec"] for note in _records(store)]
    return {(spec["file"], tuple(spec["profiles"])) for spec in specs if not spec["settings"]}


def last_tasks(store: DiskStore, builds: int) -> list[tuple[str, str]]:
    """Return the tasks of the last `builds` successful builds, each with the key of its result."""
    ended = [note for note in _records(store) if note["outcome"] == "ok"]
    ended.sort(key=lambda note: str(note["started"]))
    tasks = [task for note in ended[-builds:] if builds for task in note["tasks"].items()]
    return [(name, task["key"]) for name, task in tasks if task.get("key")]


@frozen
class Measured:
    """The metrics of a model on each split, and in cross-validation; and the build that computed them."""

    build: str
    metrics: Mapping[str, Mapping[str, float | None]]
    cross_validation: Mapping[str, Mapping[str, float | None]]


def last_measured(store: DiskStore, spec: Spec, models: Collection[str], before: str) -> dict[str, Measured]:
    """Return the metrics of models in the last build of this spec with these profiles before the build `before`.

    Builds with settings are left out: they are trials, which are compared with the spec as written.
    """
    found: dict[str, Measured] = {}
    for note in newest_first(store):
        if len(found) == len(models):
            break
        used, build, metrics = note["spec"], note.get("build"), note.get("metrics", {})
        folds = note.get("cross_validation", {})
        alike = (used["file"], tuple(used["profiles"])) == (spec.file.name, spec.profiles)
        if build == before or not alike or used["settings"] or not fits([build, [metrics, folds]], _MEASURED):
            continue
        there = {name: (metrics[name], folds.get(name, {})) for name in models if name in metrics}
        found = {name: Measured(str(build), *both) for name, both in there.items()} | found
    return found


def built_by(store: DiskStore, build: str) -> Json | None:
    """Return the record of a build, with its `command` and `spec`; None if it is missing or damaged."""
    note = store.local.note(f"{RUNS}/{build}")
    return note if _is_record(note) else None


def records_in(folder: Path) -> Iterator[Json]:
    """Yield the records in a folder that can be read, whoever wrote them."""
    with suppress(OSError), os.scandir(folder) as entries:
        for path in sorted(entry.path for entry in entries if entry.name.endswith(".json")):
            note = unsealed(read(path))
            if _is_record(note):
                yield note


def newest_first(store: DiskStore) -> Iterator[Json]:
    """Return all records, the newest first. They are read one by one; their names contain the time only in seconds."""
    for _, group in groupby(_records(store, reverse=True), key=lambda note: str(note["started"])[:19]):
        yield from sorted(group, key=lambda note: str(note["started"]), reverse=True)


def _records(store: DiskStore, *, reverse: bool = False) -> Iterator[Json]:
    """Return all records that can be read, in the order of their names."""
    for _, note in store.local.notes(RUNS, reverse=reverse):
        if _is_record(note):
            yield note


def _is_record(note: Any) -> bool:
    return isinstance(note, dict) and fits({name: note.get(name) for name in _READ}, _READ)
