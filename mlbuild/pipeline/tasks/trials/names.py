"""The names of the tasks, parts and slots of trials."""

from __future__ import annotations

from mlbuild.pipeline.scope import ModelScope

#: The part with the parameters of a trial, and the value of its metric.
RESULT = "result"
#: The part with the parameters of the best trial.
BEST = "params"


def suggestions(scope: ModelScope, number: int) -> str:
    """Return the name of the task that suggests the trials of a round, counted from 0."""
    return f"suggest:{scope.item.name}@round{number + 1}"


def trial(scope: ModelScope, number: int) -> str:
    """Return the name of the task of a trial, counted from 0."""
    return f"trial:{scope.item.name}@{number + 1:03}"


def choice(model: str) -> str:
    """Return the name of the task that chooses a model among trials."""
    return f"select:{model}"


def slot(number: int) -> str:
    """Return the name of the input from a trial."""
    return f"trial{number}"


def part(offset: int) -> str:
    """Return the name of the part with a suggestion of a round."""
    return f"suggestion{offset}"
