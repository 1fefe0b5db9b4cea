"""Resolves targets to tasks: names, labels, `kind:KIND`, globs, `+x` with dependencies, `x+` with dependents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from mlbuild.diagnostics import Problem, Rejected
from mlbuild.engine.graph import Plan, Task
from mlbuild.hints import did_you_mean, listed


def select(plan: Plan, words: Sequence[str]) -> frozenset[str]:
    """Return the tasks that `words` name and all their dependencies; without words, all tasks.

    Raises:
        Rejected: A word matches nothing. Paths start with its index.
    """
    return with_ancestors(plan, match(plan, words))


def match(plan: Plan, words: Sequence[str]) -> frozenset[str]:
    """Return the tasks that `words` name, without their dependencies; without words, all tasks.

    Raises:
        Rejected: A word matches nothing. Paths start with its index.
    """
    if not words:
        return frozenset(plan.tasks)
    found: set[str] = set()
    problems = []
    for index, word in enumerate(words):
        bare = word.removeprefix("+").removesuffix("+")
        names = _named(plan, bare)
        if not names:
            meant = _defined(plan, bare)
            names = _named(plan, meant[0]) if len(meant) == 1 else names
        if not names:
            problems.append(_ambiguous(word, meant, index) if meant else _unknown(plan, word, index))
        found |= names
        found |= with_ancestors(plan, names) if word.startswith("+") else frozenset()
        found |= with_descendants(plan, names) if word.endswith("+") else frozenset()
    if problems:
        raise Rejected(*problems)
    return frozenset(found)


def with_ancestors(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Return the tasks `names` and everything that they read, directly or indirectly."""
    return _reached(names, sources_of(plan))


def with_descendants(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Return the tasks `names` and everything that reads them, directly or indirectly."""
    return _reached(names, readers_of(plan))


def sources_of(plan: Plan) -> dict[str, list[str]]:
    """Return the tasks that each task reads."""
    return {name: [source.task for source in task.inputs] for name, task in plan.tasks.items()}


def readers_of(plan: Plan) -> dict[str, list[str]]:
    """Return the tasks that read each task."""
    readers: dict[str, list[str]] = {name: [] for name in plan.tasks}
    for name, task in plan.tasks.items():
        for source in task.inputs:
            readers[source.task].append(name)
    return readers


def _reached(names: Iterable[str], arrows: Mapping[str, Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(arrows[name])
    return frozenset(found)


def _named(plan: Plan, word: str) -> frozenset[str]:
    """Return the tasks with this name or label."""
    return frozenset(
        name for name, task in plan.tasks.items() if any(fnmatchcase(text, word) for text in _texts(task))
    )


def _texts(task: Task) -> tuple[str, ...]:
    """Return the name and labels of a task."""
    return (task.name, f"kind:{task.kind}", *task.labels)


def _defined(plan: Plan, name: str) -> list[str]:
    """Return the labels that end with a name behind their colon; if there are none, the tasks."""
    labels = {label for task in plan.tasks.values() for label in task.labels}
    found = ([text for text in texts if text.partition(":")[2] == name] for texts in (labels, plan.tasks))
    return sorted(next((texts for texts in found if texts), ()))


def _ambiguous(word: str, meant: Sequence[str], index: int) -> Problem:
    help_ = f"write one of {listed(meant)}"
    return Problem("unknown-target", f"'{word}' can mean {len(meant)} targets", (index,), help=help_)


def _unknown(plan: Plan, word: str, index: int) -> Problem:
    labels = sorted({label for task in plan.tasks.values() for label in task.labels})
    texts = {text for task in plan.tasks.values() for text in _texts(task)}
    near = did_you_mean(word.removeprefix("+").removesuffix("+"), texts)
    known = f"available targets: {listed(labels or sorted(plan.tasks)) or 'none'}"
    return Problem("unknown-target", f"unknown target '{word}'", (index,), help=near or known)
