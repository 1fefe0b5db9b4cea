"""What was fetched from outside, as the lock file and build records name it."""

from __future__ import annotations

import json
from typing import Any

from mlbuild.engine.canonical import canonical, digest
from mlbuild.engine.decide.key import sorted_params
from mlbuild.engine.decide.records import Action, Part, find_action, find_record
from mlbuild.engine.graph import Task
from mlbuild.engine.store.store import Store
from mlbuild.frozen import frozen
from mlbuild.pipeline.tasks import source
from mlbuild.pipeline.tasks.fetch import CONTENT, FACTS, KIND, facts


@frozen
class Fetched:
    """What was fetched: the digest of the content, the number of rows of a table (None of a file), a digest of the answer of `version_query`, and
    one of what was asked.
    """

    sha256: str
    rows: int | None
    token: str | None
    request: str

    def action(self, store: Store) -> Action | None:
        """Return the result of the task, if the content is still in the store."""
        size = store.contents.size(self.sha256)
        if size is None:
            return None
        content = facts(self.rows, self.token)
        parts = {CONTENT: Part(self.sha256, size), FACTS: Part(store.contents.put(content), len(content))}
        return Action("locked", 0.0, parts)


def is_source(task: Task) -> bool:
    """Whether a task reads a table from files. The file of a baseline is no source."""
    return task.kind == source.KIND and bool(task.files)


def is_fetched(task: Task) -> bool:
    """Whether a task brings a table from outside."""
    return task.kind == KIND


def request_of(task: Task) -> str:
    """Return a digest of what a task asks."""
    return digest(canonical(sorted_params(task)))


def last_fetched(task: Task, store: Store) -> tuple[str, Fetched] | None:
    """Return what a task last fetched, with the key of that result; None if nothing is known."""
    record = find_record(store.local, task.name)
    action = find_action(store.actions, record.key, task.parts) if record else None
    if record is None or action is None or action.failure:
        return None
    content = store.contents.get(action.digests[FACTS])
    if content is None:
        return None
    known: dict[str, Any] = json.loads(content)
    found = Fetched(action.digests[CONTENT], known["rows"], known["token"], request_of(task))
    return record.key, found
