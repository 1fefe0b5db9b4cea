"""Looks at the outside: what a task was told there is its result until the next look is due."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Literal

from mlbuild.engine.canonical import canonical, digest, is_digest
from mlbuild.engine.decide.documents import fits, seconds
from mlbuild.engine.decide.external import Clock, Outside
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.decide.machine import Machine
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action, Part
from mlbuild.engine.graph import Task
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen

#: When tasks look: if the last look is too old, in any case, or not at all.
When = Literal["due", "now", "never"]

#: The folder of the looks in the store.
LOOKS = "looks"
_LOOK = {
    "task": str,
    "question": is_digest,
    "place": str,
    "at": seconds,
    "answer": is_digest,
    "until": (None, seconds),
}


@frozen
class Look:
    """The last look of a task.

    `question` is the key of the task without the answer. `at` is the time in seconds since 1970. `answer` is what
    `Ingredients.answer` was after it. `until` is the time until which the answer holds, if the task knows it.
    """

    question: str
    place: str
    at: float
    answer: str
    until: float | None = None

    def due(self, outside: Outside) -> float:
        """Return when the next look is due, in seconds since 1970; infinity for never."""
        if self.until is not None:
            return self.until
        return math.inf if outside.refresh is None else self.at + outside.refresh


@frozen
class Looks:
    """When the tasks of a build look outside.

    `now` is the time, which is read once. `pinned` are results that tasks have in any case, without a look. `done`
    are the tasks that looked in this build: they do not look again. If the build is `timeless`, results do not depend
    on the time: it can be repeated at any time.
    """

    when: When = "due"
    now: float = field(default_factory=time.time)
    pinned: Mapping[str, Action] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    timeless: bool = False

    def asks(self, outside: Outside | None) -> bool:
        """Whether what a task finds outside is part of what determines its result."""
        return outside is not None and not (self.timeless and isinstance(outside, Clock))

    def forbids(self, outside: Outside) -> bool:
        """Whether a task must not look. The clock and the machine need no connection."""
        return self.when == "never" and not isinstance(outside, (Clock, Machine))

    def timed(self, task: Task) -> Task:
        """Return a task that is about to run. If it asks for the time, it knows it."""
        return replace(task, outside=self._clock) if isinstance(task.outside, Clock) else task

    @property
    def _clock(self) -> Clock:
        return Clock(None if self.timeless else self.now)

    def reason(self, task: str, outside: Outside, last: Look) -> Reason | None:
        """Return why a task looks again; None if it does not need to."""
        if task in self.done or isinstance(outside, Machine):
            return None
        in_time = last.at <= self.now < last.due(outside)
        if isinstance(outside, Clock):  # even a clock that was set back
            until = None if last.until is None else _told(last.until)
            return None if in_time else Reason("expired", outside.called, was=_told(last.at), now=until)
        if self.when == "now":
            return Reason("refresh", outside.called, was=_told(last.at))
        if outside.refresh is None or in_time:
            return None
        return Reason("refresh", outside.called, was=_told(last.at), now=outside.refresh)


def answered(question: Ingredients, parts: Mapping[str, Part]) -> Ingredients:
    """Return what determines a result that was found outside: the question, and the answer."""
    return replace(question, answer=answer_of(parts))


def answer_of(parts: Mapping[str, Part]) -> str:
    """Return the digest of an answer."""
    return digest(canonical({name: part.digest for name, part in parts.items()}))


def find_look(local: Local, task: str) -> Look | None:
    """Return the last look of a task, or None."""
    value = local.note(f"{LOOKS}/{task}")
    if not fits(value, _LOOK) or value["task"] != task:  # file systems may confuse "A" and "a"
        return None
    return Look(**{name: value[name] for name in _LOOK if name != "task"})


def keep_look(local: Local, task: str, look: Look) -> None:
    """Store the last look of a task, replacing the previous one."""
    local.keep_note(f"{LOOKS}/{task}", {"task": task, **vars(look)})


def _told(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
