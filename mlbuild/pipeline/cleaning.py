"""Finds what can be removed from a store: everything that no project needs now and that the last builds did not
use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mlbuild.engine.decide.looks import LOOKS
from mlbuild.engine.decide.stale import Decision, FailedBefore, Fresh, Restorable
from mlbuild.engine.graph import Task
from mlbuild.engine.store.garbage import Garbage, find_garbage
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline.builds.records import last_tasks
from mlbuild.pipeline.channels.changing import held


def removable(
    store: DiskStore, foreseen: Sequence[tuple[Task, Decision]], builds: int, budget: int | None
) -> Garbage:
    """Find what can be removed while keeping the results of the last `builds` builds and of the plan with the tasks
    `foreseen`.

    The files of promoted models are kept. For other projects that share the cache, the last result of each task and the results of as many builds are
    kept. If the project of another user cannot be read, everything that other users have made is kept.
    """
    tasks = last_tasks(store, builds)
    known = {task.name for task, _ in foreseen} | {name for name, _ in tasks}
    keys = {key for _, key in tasks} | {
        decision.ingredients.key
        for _, decision in foreseen
        if isinstance(decision, (Fresh, Restorable, FailedBefore))
    }
    others: list[Path] = []
    versions: set[str] = set()
    for path, name, key, code in _records(store):
        if name in known:
            keys.add(key)
            versions.add(code)
        else:
            others.append(path)
    others += (path for path, _ in store.local.notes("code") if path.stem not in versions)
    others += (path for path, note in store.local.notes(LOOKS) if _task_of(note) not in known)
    neighbors = [*store.neighbors()]
    others += [neighbor.entry for neighbor in neighbors if neighbor.gone]
    for project in (neighbor.store for neighbor in neighbors if neighbor.store):
        keys |= {key for _, _, key, _ in _records(project)}
        keys |= {key for _, key in last_tasks(project, builds)}
    if any(not neighbor.store and not neighbor.gone for neighbor in neighbors):
        keys |= {path.name for path in store.files("ac") if path.lstat().st_uid != _user()}
    projects = [store, *(neighbor.store for neighbor in neighbors if neighbor.store)]
    promoted = {digest for project in projects for digest in held(project.root)}
    return find_garbage(store, keys, budget, others, promoted)


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # what Windows reports as the owner of all files


def _task_of(note: Any) -> str:
    """Return the name of the task that a note is about; empty for a damaged one."""
    return str(note.get("task", "")) if isinstance(note, dict) else ""


def _records(store: DiskStore) -> Iterator[tuple[Path, str, str, str]]:
    """Yield what is stored about each task: the place, its name, and the key and code version of its last result.

    The values are empty for a damaged entry.
    """
    for path, note in store.local.notes("tasks"):
        body = note if isinstance(note, dict) else {}
        ingredients = body.get("ingredients")
        code = ingredients.get("code", "") if isinstance(ingredients, dict) else ""
        yield path, _task_of(note), str(body.get("key", "")), str(code)
