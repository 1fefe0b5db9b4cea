"""Stored facts about tasks: outcomes by key; and by name, what determined the last result and why the task ran."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, field
from typing import Any, get_args

from mlbuild.diagnostics import Failure, FailureKind
from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.documents import build_name, fits, seconds, size
from mlbuild.engine.decide.key import FORMAT, INGREDIENTS, Ingredients
from mlbuild.engine.decide.reasons import Origins, Reason, is_reason
from mlbuild.engine.graph import Origin, Task
from mlbuild.engine.store.actions import Actions
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen


def _is_key(value: Any) -> bool:
    """The key of a result, or the empty string for none."""
    return value == "" or is_digest(value)


def _is_details(value: Any) -> bool:
    return isinstance(value, dict) and fits(value.get("lines", []), [str])


_FAILURE = {"kind": get_args(FailureKind), "message": str, "details": _is_details}
_ACTION = {
    "build": build_name,
    "seconds": seconds,
    "parts": {str: [is_digest, size]},
    "failure": (None, _FAILURE),
}
_RUN = {
    "build": build_name,
    "seconds": seconds,
    "reasons": [is_reason],
    "key": _is_key,
    "former": _is_key,
    "replaced": {str: {str: is_digest}},
}
_RECORD = {
    "format": lambda value: value == FORMAT,
    "task": str,
    "key": is_digest,
    "ingredients": INGREDIENTS,
    "origins": [[[(str, int)], {"path": str, "file": str, "line": int}]],
    "made": build_name,
    "last": (None, _RUN),
}


@frozen(slots=True)
class Part:
    """A part of a result: the digest of its content, and its size in bytes."""

    digest: str
    size: int


@frozen
class Action:
    """The outcome of running a task with a key: its parts, or the failure that is its verdict."""

    build: str
    seconds: float
    parts: Mapping[str, Part] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def digests(self) -> Mapping[str, str]:
        return {name: part.digest for name, part in self.parts.items()}


@frozen
class Run:
    """When a task last ran, and why.

    `key` is that of its result. `former` is the key of the result that it replaced, or empty. `replaced` contains
    the previous digests of the parts that it read and that had changed, by task and part.
    """

    build: str
    seconds: float
    reasons: tuple[Reason, ...]
    key: str = ""
    former: str = ""
    replaced: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "reasons": [reason.to_json() for reason in self.reasons]}


@frozen
class Record:
    """The last result of a task: its key, what determined it, the build that made it, and when the task last ran.

    If an older result was found again, `last` belongs to a different result. It is None if the task never ran under
    this name.
    """

    key: str
    ingredients: Ingredients
    origins: Origins
    made: str
    last: Run | None

    @property
    def ran(self) -> Run | None:
        """The last run, if it produced this result."""
        return self.last if self.last and self.last.key == self.key else None


def find_action(actions: Actions, key: str, parts: Collection[str] | None = None) -> Action | None:
    """Return what was recorded for a key, or None.

    A result with other parts than the task declares is also a miss.
    """
    value = actions.get(key)
    if not fits(value, _ACTION):
        return None
    failure = Failure(**value["failure"]) if value["failure"] else None
    found = {name: Part(digest, size) for name, (digest, size) in value["parts"].items()}
    if parts is not None and not failure and found.keys() != {*parts}:
        return None
    return Action(value["build"], value["seconds"], found, failure)


def keep_action(actions: Actions, key: str, action: Action, *, replace: bool = False) -> bool:
    """Record the outcome for a key. The first recorded result wins; return whether this one did."""
    value = {
        "build": action.build,
        "seconds": action.seconds,
        "parts": {name: [part.digest, part.size] for name, part in action.parts.items()},
        "failure": asdict(action.failure) if action.failure else None,
    }
    return actions.record(key, value, replace=replace)


def find_record(local: Local, task: str) -> Record | None:
    """Return what is stored about the task with that name, or None."""
    value = local.note(f"tasks/{task}")
    if not fits(value, _RECORD) or value["task"] != task:  # file systems may confuse "A" and "a"
        return None
    try:
        ingredients = Ingredients.from_json(value["ingredients"])
    except ValueError:
        return None
    last = value["last"]
    reasons = tuple(Reason(**reason) for reason in last["reasons"]) if last else ()
    return Record(
        key=value["key"],
        ingredients=ingredients,
        origins={tuple(path): Origin(**origin) for path, origin in value["origins"]},
        made=value["made"],
        last=Run(**{**last, "reasons": reasons}) if last else None,
    )


def keep_record(local: Local, task: Task, record: Record) -> None:
    """Store the last result of a task, replacing the previous one."""
    value: dict[str, Any] = {
        "format": FORMAT,
        "task": task.name,
        "key": record.key,
        "ingredients": record.ingredients.to_json(),
        "origins": [[list(path), vars(origin)] for path, origin in record.origins.items()],
        "made": record.made,
        "last": record.last.to_json() if record.last else None,
    }
    local.keep_note(f"tasks/{task.name}", value)
