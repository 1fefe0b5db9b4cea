"""Proves that a model file answers as the trained pipeline did, and writes the parity certificate.

The whole model is compared with the native scores; besides, the file is cut where the matrix reaches the learner,
and each half is compared more sharply on its own: a wrong constant shows even where its effect on the final
score would be small.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.adversarial import adversarial_rows
from mlbuild.bundle.session import Session, encode
from mlbuild.bundle.trained import Trained, labels
from mlbuild.diagnostics import Failed, Failure
from mlbuild.lowering.cut import CUT, back, front, marks
from mlbuild.models.learner import Probe
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

FORMAT = 1
#: Final scores: |a - b| <= SCORE * max(1, |b|).
SCORE = 1e-9
#: The learner alone, on the same matrix: |a - b| <= LEARNER * |b| + FLOOR * max(1, largest |b|).
LEARNER = 1e-12
FLOOR = 1e-15


@dataclass(frozen=True)
class Real:
    """Real rows with what the native pipeline made of them: raw inputs, matrix, scores."""

    raw: pl.DataFrame
    matrix: pl.DataFrame
    scores: Array


@dataclass(frozen=True)
class Compared:
    """One comparison: how many rows, the largest difference, how many rows differ too much, the first of them."""

    what: str
    rows: int
    largest: float
    wrong: int
    first: int | None = None
    column: str | None = None

    def to_json(self) -> Json:
        told: Json = {"what": self.what} | ({"column": self.column} if self.column else {})
        told |= {"rows": self.rows, "max_difference": self.largest}
        return told | ({"mismatches": self.wrong, "first_row": self.first} if self.wrong else {})


def verify(trained: Trained, model: bytes, real: Real, threads: int = 1) -> bytes:
    """Compare; the result is the certificate, as JSON.

    Raises:
        Failed: of kind `parity`, when any comparison is out of tolerance; its details hold the comparisons.
    """
    adversarial = adversarial_rows(trained, real.raw)
    matrix = trained.transform(adversarial)
    scores = trained.score(matrix, threads)
    asked, probe = _probe(trained, matrix)
    made = Real(adversarial, matrix, scores)
    results = [
        *_compare_preprocessing(trained, model, real, "real"),
        *_compare_preprocessing(trained, model, made, "adversarial"),
        *_compare_learner(trained, model, probe, threads),
        *_compare_whole(trained, model, real, "real"),
        *_compare_whole(trained, model, made, "adversarial"),
        *_compare_shapes(trained, model, real if real.raw.height else made),
    ]
    certificate = {
        "format": FORMAT,
        "rows": {"real": real.raw.height, "adversarial": adversarial.height, "learner": probe.height},
        "learner_places": {"asked": asked.asked, "of": asked.places},
        "max_difference": max(one.largest for one in results if one.what.startswith("scores")),
        "label_flips": sum(one.wrong for one in results if one.what.startswith("labels")),
        "tolerance": {"scores": SCORE, "learner": LEARNER},
        "comparisons": [one.to_json() for one in results],
    }
    wrong = [one for one in results if one.wrong]
    if wrong:
        worst = wrong[0]
        where = f" in '{worst.column}'" if worst.column else ""
        raise Failed(
            Failure(
                "parity",
                f"the artifact answers otherwise than the trained pipeline: {worst.what}{where} differ in "
                f"{worst.wrong} of {worst.rows} rows, by up to {worst.largest:.3g}",
                certificate,
            )
        )
    return json.dumps(certificate, indent=2).encode() + b"\n"


def _probe(trained: Trained, matrix: pl.DataFrame) -> tuple[Probe, pl.DataFrame]:
    """The learner's own rows, and the same as a matrix; `matrix` tells how wide its vectors are."""
    import polars as pl

    widths = {name: _as_array(matrix[name]).shape[1] for name in trained.recipe.matrix}
    probe = trained.recipe.learner.probe(trained.fitted, trained.recipe.matrix, sum(widths.values()))
    columns, start = {}, 0
    for name, width in widths.items():
        block = probe.rows[:, start : start + width]
        if isinstance(matrix.schema[name], pl.Array):
            columns[name] = pl.Series(name, block, pl.Array(pl.Float64, width))
        else:
            columns[name] = pl.Series(name, block[:, 0], pl.Float64).fill_nan(None)
        start += width
    return probe, pl.DataFrame(columns)


def _compare_whole(trained: Trained, model: bytes, rows: Real, kind: str) -> list[Compared]:
    import numpy as np

    answers = Session(model).run(encode(rows.raw, trained.recipe.inputs))
    got = answers["probabilities" if trained.recipe.classification else "prediction"]
    bound = SCORE * np.maximum(1.0, np.abs(np.nan_to_num(rows.scores)))
    results = [_compared(f"scores of {kind} rows", got, rows.scores, bound)]
    if trained.recipe.classification:
        wanted = np.array(trained.classes, dtype=object)[labels(rows.scores)].reshape(-1, 1)
        wrong = np.flatnonzero((answers["label"] != wanted).any(axis=1))
        first = int(wrong[0]) if wrong.size else None
        results.append(
            Compared(f"labels of {kind} rows", len(wanted), float(wrong.size > 0), wrong.size, first)
        )
    return results


def _compare_preprocessing(trained: Trained, model: bytes, rows: Real, kind: str) -> list[Compared]:
    """The matrix, column by column: equal, but for steps that state a tolerance."""
    import numpy as np

    half = front(model)
    if half is None:
        return []
    answers = Session(half).run(encode(rows.raw, trained.recipe.inputs))
    tolerances = _tolerances(trained)
    results = []
    for name, got in answers.items():
        column = name.removeprefix(CUT)
        wanted = _as_array(rows.matrix[column])
        bound = tolerances[column] * np.maximum(1.0, np.abs(np.nan_to_num(wanted)))
        results.append(_compared(f"features of {kind} rows", got, wanted, bound, column))
    return results


def _tolerances(trained: Trained) -> dict[str, float]:
    """The relative tolerance of each matrix column: the largest of the steps and expressions it came through."""
    held = {item.name: 0.0 for item in trained.recipe.inputs}
    for name, typed in trained.recipe.derived:
        held[name] = max([typed.tolerance, *(held[used] for used in typed.names)])
    held = {name: held[value] for name, value in trained.recipe.values.items()}
    for stage in trained.recipe.stages:
        through = max([stage.step.tolerance, *(held[name] for name in stage.read)])
        held |= {name: max(through, held.get(name, 0.0)) for name in stage.made}
    return held


def _compare_learner(trained: Trained, model: bytes, probe: pl.DataFrame, threads: int) -> list[Compared]:
    import numpy as np

    columns = {name: _as_array(probe[name]) for name in trained.recipe.matrix}
    tensors = marks(model)
    # Features that are one tensor in the file (equal expressions) are one column of the probe, too.
    first = {tensor: mark for mark, tensor in reversed(tensors.items())}
    same = {mark: first[tensor] for mark, tensor in tensors.items()}
    probe = probe.with_columns(probe[source].alias(mark) for mark, source in same.items() if mark != source)
    wanted = trained.score(probe, threads)
    half = Session(back(model, {name: column.shape[1] for name, column in columns.items()}))
    answers = half.run({CUT + name: column for name, column in columns.items()})
    got = answers["probabilities" if trained.recipe.classification else "prediction"]
    finite = np.abs(wanted[np.isfinite(wanted)])
    bound = LEARNER * np.abs(np.nan_to_num(wanted)) + FLOOR * max(1.0, float(finite.max(initial=0.0)))
    return [_compared("scores of the learner's own rows", got, wanted, bound)]


def _compare_shapes(trained: Trained, model: bytes, rows: Real) -> list[Compared]:
    """No row gives empty answers; one row alone answers as it does among others."""
    import numpy as np

    session = Session(model)
    output = "probabilities" if trained.recipe.classification else "prediction"
    empty = session.run(encode(rows.raw.clear(), trained.recipe.inputs))
    empty_wrong = sum(len(answer) != 0 for answer in empty.values())
    alone = session.run(encode(rows.raw.head(1), trained.recipe.inputs))[output]
    wanted = rows.scores[:1]
    return [
        Compared("answers to no rows", 0, 0.0, empty_wrong),
        _compared("scores of one row", alone, wanted, SCORE * np.maximum(1.0, np.abs(np.nan_to_num(wanted)))),
    ]


def _compared(what: str, got: Array, wanted: Array, bound: Array, column: str | None = None) -> Compared:
    """Equal values, NaN beside NaN and equal infinities are right; anything else must be within `bound`."""
    import numpy as np

    if got.shape != wanted.shape:
        return Compared(what, len(wanted), float("inf"), max(len(wanted), 1), 0, column)
    with np.errstate(invalid="ignore"):
        difference = np.abs(got - wanted)
    difference[(got == wanted) | (np.isnan(got) & np.isnan(wanted))] = 0.0
    difference[np.isnan(difference)] = np.inf
    wrong = np.flatnonzero((difference > bound).any(axis=1))
    largest = float(difference.max(initial=0.0))
    return Compared(what, len(wanted), largest, wrong.size, int(wrong[0]) if wrong.size else None, column)


def _as_array(column: pl.Series) -> Array:
    """A matrix column as the learner's half takes it: [N, 1] or [N, width], missing NaN."""
    import numpy as np
    import polars as pl

    if isinstance(column.dtype, pl.Array):
        width = column.dtype.shape[0]
        return column.to_numpy().astype(np.float64).reshape(-1, width)
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy().reshape(-1, 1)
