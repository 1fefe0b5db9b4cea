"""What a build consists of: tasks, what they read from each other, and the plan that contains them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlbuild.engine.code.policy import Policy
from mlbuild.engine.decide.external import External, Outside
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import networkx as nx


#: The slot with the former result of a task that looks outside.
FORMER = "former"


class Given(Protocol):
    """What a task is given: its parameters and its inputs."""

    params: Mapping[str, Any]

    def read(self, slot: str, part: str) -> bytes:
        """Return the content of a part of an input."""


class Job(Given, Protocol):
    """What the function of a task sees: what it is given, and where to write its parts.

    `outside` is what the task asks. Its former answer, if it asked the same before, is the input slot `FORMER`.
    """

    threads: int
    outside: Any

    def parts(self, slot: str) -> tuple[str, ...]:
        """Return the names of the parts that the input `slot` reads, as declared."""

    def path(self, slot: str, part: str) -> Path:
        """Return a part of an input as a file, which must not be changed."""

    def file(self, slot: str) -> Path:
        """Return an external input that is one file, which must not be changed."""

    def files(self, slot: str) -> Sequence[Path]:
        """Return an external input as files, which must not be changed."""

    def write(self, part: str, content: bytes) -> None:
        """Write a part of the result."""

    def target(self, part: str) -> Path:
        """Return the path of a file that does not exist yet.

        When the task writes it, it becomes a part of the result.
        """

    def reuse(self, part: str, slot: str) -> None:
        """Give a part of an input as the part of the result with this name."""

    def until(self, time: float) -> None:
        """Say how long the answer from outside holds: until a time in seconds since 1970, or the earliest of several."""

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Report how much is done, such as 120 of 200 rounds (total None: unknown). Call this as often as you like."""


@frozen
class Input:
    """The parts that a task reads of another task's result. `slot` is the name that its function uses."""

    slot: str
    task: str
    parts: tuple[str, ...]


@frozen
class Origin:
    """Where a parameter comes from in the user's text: `models.late.params.num_leaves`, and its position."""

    path: str
    file: str
    line: int


@frozen
class Task:
    """A node of the DAG. It contains everything that determines its result; `name`, `at`, `origin` and `labels` are
    not in any key.

    `run` is a module-level function, which may raise `Failed`. `params` are canonical JSON. `files` are the
    external inputs, by slot; the key contains their content, never their place or time. `outside` is what the task
    asks; what it was told is its result until the next look is due. `uses` are the classes that
    `params` name and `run` itself does not. `libraries` are the distributions whose versions can change the result.
    `imports` name what else a process may import for it before it forks workers; they are not in any key. `parts`
    are the names of what the task produces. Those that are `reported` are read when the build has ended, so they are
    checked even if the task does not run.

    `exports` is a folder of the project that contains exactly this task's parts as files when it is done; an absolute
    path was given by the user. If it is `generated`, so is everything in its parent folder: git ignores the parent
    folder, and what no task produces any more can be removed from it.

    `at` is the path in the user's text that the task comes from, and `origin` maps the paths of its parameters to
    theirs.
    """

    name: str
    kind: str
    run: Callable[[Job], None]
    params: Mapping[str, Any]
    parts: tuple[str, ...]
    inputs: tuple[Input, ...] = ()
    files: Mapping[str, External] = field(default_factory=dict)
    outside: Outside | None = None
    uses: tuple[type, ...] = ()
    libraries: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    rank: int = 0
    exports: str | None = None
    generated: bool = False
    reported: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    at: tuple[str | int, ...] = ()
    origin: Mapping[tuple[str | int, ...], Origin] = field(default_factory=dict)


@frozen
class Plan:
    """All tasks of a project by name. `policy` contains facts about their code."""

    tasks: Mapping[str, Task]
    policy: Policy = field(default_factory=Policy)

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The task names, with an edge from each producer to its readers.

        The attribute `task` of a node is the `Task`.
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for name, task in self.tasks.items():
            graph.add_node(name, task=task)
        for name, task in self.tasks.items():
            graph.add_edges_from((source.task, name) for source in task.inputs)
        return graph
