"""What a build consists of: tasks, what they read of each other, and the plan that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlbuild.engine.code.policy import Policy
from mlbuild.engine.decide.external import External

if TYPE_CHECKING:
    import networkx as nx


class Job(Protocol):
    """What a task's function sees while it runs: its parameters, its inputs, and where its parts go."""

    params: Mapping[str, Any]
    threads: int

    def parts(self, slot: str) -> tuple[str, ...]:
        """The names of the parts that the input `slot` reads, as declared."""

    def read(self, slot: str, part: str) -> bytes:
        """A part of an input, whole."""

    def path(self, slot: str, part: str) -> Path:
        """A part of an input, as a file that must not be changed."""

    def file(self, slot: str) -> Path:
        """What lies outside, as a file that must not be changed."""

    def write(self, part: str, content: bytes) -> None:
        """Give a part of the result."""

    def target(self, part: str) -> Path:
        """A file, not yet there, that becomes a part of the result."""


@dataclass(frozen=True)
class Input:
    """The parts that a task reads of another task's result; `slot` is what its function calls them."""

    slot: str
    task: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where a parameter comes from in what the user wrote: `models.late.params.num_leaves`, and the place."""

    path: str
    file: str
    line: int


@dataclass(frozen=True)
class Task:
    """A node of the DAG. All that decides its result is in it; `name`, `at`, `origin` and `labels` enter no key.

    `run` is a module-level function; it may raise `Failed`. `params` are canonical JSON. `files` is what lies
    outside and is read, by slot; it is keyed by content, never by place or time. `uses` are the classes that `params`
    name, which `run` itself does not. `libraries` are the distributions whose version can change the result, `imports`
    name what else a process may load for it before it forks workers; they enter no key. `parts` are the names of what it gives. `exports` is a folder of the project that holds exactly this
    task's parts as files once it is done; an absolute path is one that the user named. `generated` is
    where all in the folder around it is, too: git ignores it, and what no task gives any more can go. `at` is the path in the user's text that the task comes from; `origin` says the
    same of its parameters, by their paths.
    """

    name: str
    kind: str
    run: Callable[[Job], None]
    params: Mapping[str, Any]
    parts: tuple[str, ...]
    inputs: tuple[Input, ...] = ()
    files: Mapping[str, External] = field(default_factory=dict)
    uses: tuple[type, ...] = ()
    libraries: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    rank: int = 0
    exports: str | None = None
    generated: bool = False
    labels: tuple[str, ...] = ()
    at: tuple[str | int, ...] = ()
    origin: Mapping[tuple[str | int, ...], Origin] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """All tasks of a project by name; `policy` is what is known about their code."""

    tasks: Mapping[str, Task]
    policy: Policy = field(default_factory=Policy)

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """Task names with an arrow from each producer to its readers; a node's `task` is the `Task`."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for name, task in self.tasks.items():
            graph.add_node(name, task=task)
        for name, task in self.tasks.items():
            graph.add_edges_from((source.task, name) for source in task.inputs)
        return graph
