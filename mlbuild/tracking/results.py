"""The results of tasks in recorded builds, as far as they are still in the store."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlbuild.engine.decide.records import Action, find_action
from mlbuild.engine.store.store import DiskStore
from mlbuild.tracking.builds import Build

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def result_of(store: DiskStore, build: Build, task: str) -> Action | None:
    """Return the result of a task; None if it failed, did not run, or is no longer in the store."""
    key = build.key(task)
    action = find_action(store.actions, key) if key else None
    return None if action is None or action.failure else action


def json_of(store: DiskStore, build: Build, task: str, part: str) -> Any:
    """Return a part of the result of a task that is JSON; None if there is none. It can come from elsewhere and say anything."""
    action = result_of(store, build, task)
    digest = action.digests.get(part) if action else None
    with suppress(ValueError, RecursionError):
        return json.loads((store.contents.get(digest) if digest else None) or b"null")
    return None


def array_of(store: DiskStore, build: Build, task: str, part: str) -> Array | None:
    """Return a part of the result of a task that is an array; None if there is none."""
    action = result_of(store, build, task)
    digest = action.digests.get(part) if action else None
    return stored_array(store, digest) if digest else None


def stored_array(store: DiskStore, digest: str) -> Array | None:
    """Return an array of the store; None if it is no longer there, or is something else."""
    import numpy as np

    content = store.contents.get(digest)
    try:
        return None if content is None else np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError):  # a record from elsewhere can name any content
        return None
