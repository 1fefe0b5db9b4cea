"""Compares model files that no recorded build of this project made, such as those of another clone: by what the files say
about themselves, and by their predictions for rows of today.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.opened import Opened
from mlbuild.data.splits.clusters import Cluster
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.decide.records import Action
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import digest_of, size_of
from mlbuild.evaluation.groups import group_columns, groupings, groups_of
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Coding, ModelOutput
from mlbuild.models.metrics.metric import Groups, Metric
from mlbuild.pipeline.parts import raw_parts, stored_columns, stored_table
from mlbuild.pipeline.tasks import evaluate
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.spec.spec import ModelSpec, OutputSpec
from mlbuild.tracking.builds import SPLITS
from mlbuild.tracking.changes import Change, What
from mlbuild.tracking.comparison import ModelChanges, changed_metric, moves_of
from mlbuild.tracking.pairs import Pair

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

_METRICS = {str: {str: (int, float, None)}}


@frozen(eq=False)
class ModelFile:
    """A model file: how people call it, what it is, and the metrics that are written next to it."""

    called: str
    opened: Opened
    digest: str
    size: int
    metrics: Mapping[str, Mapping[str, float | None]]

    @staticmethod
    def at(file: Path, called: str) -> ModelFile:
        """Read a model file.

        Raises:
            NotOurs: mlbuild did not write it, or it was changed.
        """
        opened = Opened(file)
        return ModelFile(called, opened, digest_of(file), size_of(file) or 0, _metrics(file.parent))


@frozen(eq=False)
class FileComparison:
    """What differs between two model files. `models` are the metrics next to them or, if `today`, those for rows of today.

    `why` says why there are none of today.
    """

    old: ModelFile
    new: ModelFile
    changes: Sequence[Change]
    models: Sequence[ModelChanges]
    today: bool
    why: str | None


@frozen(eq=False)
class Today:
    """The rows of a split of a dataset, and what an output of the spec predicts for them: the coded target, and the outputs
    that a model with this coding has.
    """

    output: str
    split: str
    rows: pl.DataFrame
    target: Array
    coding: Coding
    outputs: Sequence[ModelOutput]
    clusters: Array | None
    groups: Groups
    metrics: Mapping[str, Metric]


def compare_files(old: ModelFile, new: ModelFile, today: Today | None, why: str | None) -> FileComparison:
    """Compare two files. `today` are rows that both can predict, unless there are none, with the reason `why`.

    Raises:
        NotOurs: A file cannot be run.
    """
    changes = [*_changes(old, new)]
    if today is None:
        return FileComparison(old, new, changes, [*_told(old, new)], False, why)
    scores = [_predicted(one.opened, today) for one in (old, new)]
    thresholds = tuple(threshold for _, threshold in scores)
    pair = Pair(
        today.target,
        today.coding,
        scores[0][0],
        scores[1][0],
        today.clusters,
        today.metrics,
        (thresholds[0], thresholds[1]),
        today.groups,
    )
    classes = len(today.coding.classes)
    found = []
    for name, metric in today.metrics.items():
        wanted = metric.grouped(today.target, today.groups)
        values = [metric.deciding(threshold).value(wanted, one, classes) for one, threshold in scores]
        found.append(changed_metric(name, values[0], values[1], pair))
    count = len(today.target)
    model = ModelChanges(today.output, today.split, count, pair.cluster_count, True, found, moves_of(pair))
    return FileComparison(old, new, changes, [model], True, None)


def fitting(output: OutputSpec, both: Sequence[ModelFile]) -> str | None:
    """Return why files cannot predict the rows of an output; None if they can."""
    known = {one.name for one in output.serving.inputs}
    for file in both:
        lacking = [one.name for one in file.opened.inputs if one.name not in known]
        if lacking:
            return f"'{file.called}' needs '{lacking[0]}', which is not an input of output '{output.name}'"
    return None


def todays(
    output: OutputSpec,
    model: ModelSpec,
    cluster: Cluster | None,
    dataset: Action,
    target: Action,
    contents: Contents,
) -> Today | str:
    """Return the rows of today of an output that nothing was trained on, from the results of the tasks of its dataset and target;
    or why there are none.
    """
    import numpy as np

    coded = contents.get(target.digests["coding"])
    train = contents.get(target.digests["train"])
    for split in SPLITS:
        found = contents.get(target.digests[split])
        if found is None or coded is None or train is None:
            return "the rows are no longer in the store"
        wanted = np.load(io.BytesIO(found), allow_pickle=False)
        if not len(wanted):
            continue
        rows = stored_columns(contents, dataset, raw_parts(output.serving.inputs, split))
        grouped = stored_table(contents, dataset, split, cluster.column if cluster else ())
        ordered = stored_table(contents, dataset, split, group_columns(model.metrics))
        if rows is None or grouped is None or ordered is None:
            return "the rows are no longer in the store"
        coding = Coding.from_json(json.loads(coded))
        trained = np.load(io.BytesIO(train), allow_pickle=False)
        metrics = {one.label: one.prepared(coding.classes, trained) for one in model.metrics}
        outputs = model.target.answer.outputs(coding)
        clusters = cluster.numbers(grouped) if cluster else None
        groups = groups_of(groupings(model.metrics), ordered)
        return Today(output.name, split, rows, wanted, coding, outputs, clusters, groups, metrics)
    return "the dataset has no rows"


def same_answers(today: Today, both: Sequence[ModelFile]) -> str | None:
    """Return why the predictions of files are not those of the output; None if they are."""
    wide = _wide(today)
    for file in both:
        if {*file.opened.outputs.get(wide.name, ())} != {*(wide.columns or (wide.name,))}:
            return f"'{file.called}' has other classes or outputs than output '{today.output}'"
    return None


def _wide(today: Today) -> ModelOutput:
    """Return the output with the numbers behind a prediction."""
    return next(one for one in today.outputs if one.element == "double")


def _predicted(opened: Opened, today: Today) -> tuple[Array, float | None]:
    """Return the scores of rows in the order of the classes, and the lowest score that the file calls positive, for two classes."""
    wide, classes = _wide(today), today.coding.classes
    answers = opened.answers(today.rows.select([one.name for one in opened.inputs]))
    theirs = opened.outputs[wide.name]
    scores: Array = answers[wide.name][:, [theirs.index(one) for one in wide.columns or (wide.name,)]]
    values = next((one.name for one in today.outputs if one.dtype and one.element != "double"), None)
    if len(classes) != 2 or values not in answers:
        return scores, None
    positive = scores[answers[values][:, 0] == classes[1], 1]
    return scores, float(positive.min(initial=2.0))


def _changes(old: ModelFile, new: ModelFile) -> Iterator[Change]:
    """Yield the inputs and outputs that differ."""
    inputs = [{one.name: _input(one) for one in file.opened.inputs} for file in (old, new)]
    outputs = [
        {name: ", ".join(columns) for name, columns in file.opened.outputs.items()} for file in (old, new)
    ]
    yield from _differing("input", *inputs)
    yield from _differing("output", *outputs)


def _differing(what: What, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Change(what, name, was.get(name), now.get(name))


def _input(one: Any) -> str:
    return f"{one.type.dtype}{', nullable' if one.type.nullable else ''}"


def _told(old: ModelFile, new: ModelFile) -> Iterator[ModelChanges]:
    """Yield the metrics next to both files. They can be those of different rows."""
    split = next((one for one in SPLITS if one in old.metrics and one in new.metrics), None)
    if split is not None:
        before, after = old.metrics[split], new.metrics[split]
        names = [name for name in after if name in before and name != "rows"]
        count = after.get("rows")
        found = [changed_metric(name, before[name], after[name], None) for name in names]
        yield ModelChanges(
            "metrics.json", split, None if count is None else int(count), None, False, found, None
        )


def _metrics(folder: Path) -> Mapping[str, Mapping[str, float | None]]:
    """Return the metrics in a folder of a model; none if its file is missing or says something else."""
    try:
        found = json.loads(read_regular(folder / evaluate.METRICS, NOTE_LIMIT))["metrics"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if fits(found, _METRICS) else {}
