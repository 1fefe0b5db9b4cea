"""Looks at the outside: what a task was told there is its result until the next look is due."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Literal

from mlbuild.engine.canonical import canonical, digest, is_digest
from mlbuild.engine.decide.documents import fits, seconds
from mlbuild.engine.decide.external import Outside
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action, Part
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen

#: When tasks look: if the last look is too old, in any case, or not at all.
When = Literal["due", "now", "never"]

#: The folder of the looks in the store.
LOOKS = "looks"
_LOOK = {"task": str, "question": is_digest, "place": str, "at": seconds, "answer": is_digest}


@frozen
class Look:
    """The last look of a task.

    `question` is the key of the task without the answer. `at` is the time in seconds since 1970. `answer` is what
    `Ingredients.answer` was after it.
    """

    question: str
    place: str
    at: float
    answer: str


@frozen
class Looks:
    """When the tasks of a build look outside.

    `now` is the time, which is read once. `pinned` are results that tasks have in any case, without a look. `done`
    are the tasks that looked in this build: they do not look again.
    """

    when: When = "due"
    now: float = field(default_factory=time.time)
    pinned: Mapping[str, Action] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def reason(self, task: str, outside: Outside, last: Look) -> Reason | None:
        """Return why a task looks again; None if it does not need to."""
        if task in self.done:
            return None
        was = datetime.fromtimestamp(last.at, UTC).isoformat(timespec="seconds")
        if self.when == "now":
            return Reason("refresh", outside.called, was=was)
        if outside.refresh is None or 0 <= self.now - last.at < outside.refresh:
            return None
        return Reason("refresh", outside.called, was=was, now=outside.refresh)


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
    return Look(value["question"], value["place"], value["at"], value["answer"])


def keep_look(local: Local, task: str, look: Look) -> None:
    """Store the last look of a task, replacing the previous one."""
    local.keep_note(f"{LOOKS}/{task}", {"task": task, **vars(look)})
