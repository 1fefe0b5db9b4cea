"""The events of a build, from which listeners make messages.

`key` identifies the result of a task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action
from mlbuild.frozen import frozen
from mlbuild.progress import Progress


@frozen
class BuildResult:
    """The outcome of a build: names of tasks in the order of the plan, whatever the order in which they ended.

    `actions` contains the result of each task that has one, and `failures` why others have none; those that are `remembered`
    failed in an earlier build and were not tried again. `blocked` tasks
    were not started because of failures. `unsteady` tasks gave a different result for the same inputs, in the named
    parts. `times` are the seconds that each task took that ran.
    """

    build: str
    seconds: float
    ran: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    remembered: tuple[str, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    unsteady: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def ok(self) -> bool:
        return not self.failures


@frozen
class BuildWaiting:
    """Another process, `holder` (None: unknown), uses the project, or the store that it shares."""

    holder: int | None


@frozen
class StoreBrought:
    """The project's own store was not written there, as in a clone or a copy, and is not used."""


@frozen
class BuildStarted:
    """A build with `tasks` tasks starts; `build` is its name."""

    build: str
    tasks: int


@frozen
class TaskStarted:
    """A task runs because of `reasons`."""

    task: str
    reasons: tuple[Reason, ...]


@frozen
class TaskProgress:
    """How far a running task has come, a few times per second at most."""

    task: str
    progress: Progress


@frozen
class TaskPrinted:
    """The end of what a task wrote to its standard streams. Sent before the event of its end."""

    task: str
    text: str


@frozen
class TaskDone:
    """A task ran and produced its parts. `peak` is its peak memory in bytes (None: unknown)."""

    task: str
    seconds: float
    reasons: tuple[Reason, ...]
    peak: int | None = None
    key: str = field(default="", compare=False)


@frozen
class TaskReused:
    """A task does not run, because its result is known from the build `made`."""

    task: str
    made: str
    key: str = field(default="", compare=False)


@frozen
class TaskRestored:
    """The exported folder of a task was restored from its stored result."""

    task: str
    reasons: tuple[Reason, ...]
    key: str = field(default="", compare=False)


@frozen
class TaskFailed:
    """A task has no result. `remembered` names the earlier build that found this out, if it was not this one."""

    task: str
    failure: Failure
    remembered: str | None = None
    key: str = field(default="", compare=False)


@frozen
class TaskBlocked:
    """A task was not started, because the tasks `by` failed."""

    task: str
    by: tuple[str, ...]


@frozen
class NonDeterministic:
    """A task gave a different result for the same key.

    `parts` differ; empty if one of the results was a failure.
    """

    task: str
    parts: tuple[str, ...]


@frozen
class BuildFinished:
    """A build has ended by itself."""

    result: BuildResult


Event = (
    BuildWaiting
    | StoreBrought
    | BuildStarted
    | TaskStarted
    | TaskProgress
    | TaskPrinted
    | TaskDone
    | TaskReused
    | TaskRestored
    | TaskFailed
    | TaskBlocked
    | NonDeterministic
    | BuildFinished
)
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does nothing."""
