"""Explains predictions for chosen rows: how much each input of an output contributes to them.

It computes with the trained pipeline, whose scores are those of the artifact, from results in the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.lineage import matrix_lineage
from mlbuild.bundle.trained import Trained
from mlbuild.engine.decide.records import Action
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.contents import Contents
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import ModelOutput
from mlbuild.models.contributions import Contributions
from mlbuild.models.training import Rows
from mlbuild.pipeline.parts import raw_parts, stored_columns
from mlbuild.pipeline.tasks import artifact
from mlbuild.spec.spec import Spec

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


class Removed(Exception):
    """A result is no longer in the store."""


class NoRow(Exception):
    """There is no such row; `rows` is their number."""

    def __init__(self, row: int, rows: int) -> None:
        super().__init__(row)
        self.row, self.rows = row, rows


@frozen(eq=False)
class Explained:
    """A row of a split, counted from 1: what the model was given and predicts, and why.

    `parts` are the contributions of the inputs, or of inputs that a feature combines, to each of the sums: float64
    [sums]. Those that contribute most come first.
    """

    row: int
    inputs: Mapping[str, Any]
    target: Any
    parts: Sequence[tuple[tuple[str, ...], Array]]
    sums: Array
    answers: Mapping[str, Sequence[Any]]


@frozen(eq=False)
class Explanation:
    """Predictions of an output for rows of a split. `scale` says what the sums are.

    `expected` is what they are on average over the training rows, and `names` are those of several sums.
    """

    output: str
    split: str
    scale: str
    names: Sequence[str]
    expected: Array
    outputs: Sequence[ModelOutput]
    rows: Sequence[Explained]


def needed(spec: Spec, plan: Plan, output: str) -> list[str]:
    """Return the tasks whose results an explanation needs."""
    trained = (one.task for one in _task(plan, output).inputs)
    return [*dict.fromkeys((*trained, _dataset(spec, output)))]


def explanation_of(
    spec: Spec,
    plan: Plan,
    output: str,
    split: str,
    rows: Sequence[int],
    actions: Mapping[str, Action],
    contents: Contents,
) -> Explanation:
    """Explain the predictions for some rows of a split, which count from 1.

    Raises:
        NoRow: There is no such row.
        Removed: A result was removed from the store.
    """
    trained = artifact.trained_of(_Kept(_task(plan, output), actions, contents))
    model, inputs = spec.models[spec.outputs[output].model], spec.outputs[output].serving.inputs
    column, dataset = model.target.column, actions[_dataset(spec, output)]
    raw = stored_columns(contents, dataset, raw_parts(inputs, split))
    wanted = stored_columns(contents, dataset, {column: f"{split}/{column}"})
    if raw is None or wanted is None:
        raise Removed
    for row in rows:
        if not 1 <= row <= wanted.height:
            raise NoRow(row, wanted.height)
    places = [row - 1 for row in rows]
    raw, wanted = raw[places], wanted[places]
    matrix = trained.transform(raw)
    told = trained.learner.contributions(trained.fitted, Rows(matrix, trained.recipe.matrix))
    answers = trained.answers(trained.score(matrix, 1))
    sums, parts = told.sums, [*_by_inputs(trained, matrix, told)]
    outputs = trained.answer.outputs(trained.coding)
    return Explanation(
        output,
        split,
        told.scale,
        trained.answer.score_names(trained.coding) if len(told.expected) > 1 else (),
        told.expected,
        outputs,
        [
            Explained(
                row,
                raw.row(place, named=True),
                wanted[column][place],
                _largest_first([(names, values[place]) for names, values in parts]),
                sums[place],
                {one.name: answers[one.name][place].tolist() for one in outputs},
            )
            for place, row in enumerate(rows)
        ],
    )


class _Kept:
    """What a task is given, from the results of a build."""

    def __init__(self, task: Task, actions: Mapping[str, Action], contents: Contents) -> None:
        self.params: Mapping[str, Any] = task.params
        self._sources = {one.slot: actions[one.task] for one in task.inputs}
        self._contents = contents

    def read(self, slot: str, part: str) -> bytes:
        content = self._contents.get(self._sources[slot].digests[part])
        if content is None:
            raise Removed
        return content


def _task(plan: Plan, output: str) -> Task:
    """Return the task that makes the artifact: its inputs are the trained pipeline."""
    return plan.tasks[f"artifact:{output}"]


def _dataset(spec: Spec, output: str) -> str:
    return f"dataset:{spec.models[spec.outputs[output].model].dataset}"


def _by_inputs(
    trained: Trained, matrix: pl.DataFrame, told: Contributions
) -> Iterator[tuple[tuple[str, ...], Array]]:
    """Yield the contributions, [N, sums], by the inputs that columns of the matrix are computed from."""
    import polars as pl

    found: dict[tuple[str, ...], Array] = {}
    start = 0
    for name, inputs in matrix_lineage(trained.recipe).items():
        dtype = matrix.schema[name]
        end = start + (dtype.size if isinstance(dtype, pl.Array) else 1)
        part = told.values[:, :, start:end].sum(axis=2)
        found[inputs] = found[inputs] + part if inputs in found else part
        start = end
    yield from found.items()


def _largest_first(parts: list[tuple[tuple[str, ...], Array]]) -> list[tuple[tuple[str, ...], Array]]:
    return sorted(parts, key=lambda one: -max(abs(one[1])))
