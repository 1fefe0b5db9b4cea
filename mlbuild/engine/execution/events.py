"""What a build tells while it goes; whoever wants words makes them of these.

`key` says which result of a task is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action


@dataclass(frozen=True)
class BuildResult:
    """What came of a build: names of tasks in the order of the plan, whichever ended first.

    `actions` holds the result of each task that has one, `failures` why others have none; `blocked` tasks were not
    started because of those. `unsteady` tasks gave another result for the same inputs, in the parts named. `times`
    are the seconds that each task took that ran.
    """

    build: str
    seconds: float
    ran: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    unsteady: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def ok(self) -> bool:
        return not self.failures


@dataclass(frozen=True)
class BuildWaiting:
    """Another process has the project, or the store that it shares: `holder`, None where that is not known."""

    holder: int | None


@dataclass(frozen=True)
class StoreBrought:
    """What the project's own store holds was not written there, as in a clone or a copy: nothing of it is used."""


@dataclass(frozen=True)
class BuildStarted:
    """A build of `tasks` tasks begins; `build` is its name."""

    build: str
    tasks: int


@dataclass(frozen=True)
class TaskStarted:
    """A task runs, because of `reasons`."""

    task: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class TaskPrinted:
    """The end of what a task wrote to its standard streams; told before how it ended."""

    task: str
    text: str


@dataclass(frozen=True)
class TaskDone:
    """A task ran and gave its parts. `peak` is the most memory it took in bytes, None where that is not known."""

    task: str
    seconds: float
    reasons: tuple[Reason, ...]
    peak: int | None = None
    key: str = field(default="", compare=False)


@dataclass(frozen=True)
class TaskReused:
    """A task does not run: its result is known from the build `made`."""

    task: str
    made: str
    key: str = field(default="", compare=False)


@dataclass(frozen=True)
class TaskRestored:
    """The exported folder of a task was written anew from its stored result."""

    task: str
    reasons: tuple[Reason, ...]
    key: str = field(default="", compare=False)


@dataclass(frozen=True)
class TaskFailed:
    """A task has no result; `remembered` names the build that found the same out, if it was not this one."""

    task: str
    failure: Failure
    remembered: str | None = None
    key: str = field(default="", compare=False)


@dataclass(frozen=True)
class TaskBlocked:
    """A task was not started, because the tasks `by` failed."""

    task: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class NonDeterministic:
    """A task gave another result for the same key. `parts` differ; empty where one of both was a failure."""

    task: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class BuildFinished:
    """A build has ended by itself."""

    result: BuildResult


Event = (
    BuildWaiting
    | StoreBrought
    | BuildStarted
    | TaskStarted
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
