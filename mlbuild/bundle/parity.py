"""Verifies that a model file computes the same as the trained pipeline, and writes the result as a certificate.

The trees in the file are compared with those of the learner, node by node. The outputs of the whole model are
compared with the native scores on rows. The file is also cut between preprocessing and learner, and each half is
compared with a smaller tolerance. This reveals a wrong constant even if its effect on the final score is small.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.adversarial import adversarial_rows
from mlbuild.bundle.comparison import SCORE, Compared, compare, compare_output, holds_numbers
from mlbuild.bundle.inputs import Arrays, encode
from mlbuild.bundle.runtime import onnxruntime
from mlbuild.bundle.session import Session
from mlbuild.bundle.trained import Trained
from mlbuild.diagnostics import Failed, Failure
from mlbuild.frozen import frozen
from mlbuild.lowering.cut import CUT, back, fed, front, marks
from mlbuild.lowering.tree_proof import TreeProof, prove_trees
from mlbuild.models.learner import Probe
from mlbuild.ops.stages import tolerances
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

FORMAT = 1
#: The tolerance of the learner alone, on the same matrix: |a - b| <= LEARNER * |b| + FLOOR * max(1, largest |b|).
LEARNER = 1e-12
FLOOR = 1e-15


@frozen
class Real:
    """Real rows with the results of the native pipeline: raw inputs, matrix, scores."""

    raw: pl.DataFrame
    matrix: pl.DataFrame
    scores: Array


def verify(trained: Trained, model: bytes, real: Iterable[Real], threads: int = 1) -> bytes:
    """Compare a model with the trained pipeline, and return the certificate as JSON.

    `real` gives the real rows in blocks, and only one block is held in memory at a time. There must be at least one
    block, which can be empty.

    Raises:
        Failed: Of kind `parity`: a comparison is out of tolerance. The details contain the comparisons.
    """
    gate = _Gate(trained, model)
    blocks = iter(real)
    first = next(blocks)
    adversarial = adversarial_rows(trained, first.raw)
    matrix = trained.transform(adversarial)
    made = Real(adversarial, matrix, trained.score(matrix, threads))
    proof = gate.structure()
    asked, probe = _probe(trained, matrix)
    whole = _added(gate.rows(block, "real") for block in itertools.chain([first], blocks))
    comparisons = [
        *whole,
        *gate.rows(made, "adversarial"),
        *gate.learner(probe, threads),
        *gate.shapes(first if first.raw.height else made),
    ]
    certificate: Json = {
        "format": FORMAT,
        "model": hashlib.sha256(model).hexdigest(),
        "onnxruntime": onnxruntime().__version__,
        "rows": {
            "real": max(one.rows for one in whole),
            "adversarial": adversarial.height,
            "learner": probe.height,
        },
        "learner_places": {"asked": asked.asked, "of": asked.places},
        **({} if proof is None else {"structure": proof.to_json()}),
        "max_difference": max(one.largest for one in comparisons if one.of == "numbers"),
        "label_flips": sum(one.wrong for one in comparisons if one.of == "values"),
        "tolerance": {"scores": SCORE, "learner": LEARNER},
        "comparisons": [one.to_json() for one in comparisons],
    }
    if reason := _refusal(proof, comparisons):
        raise Failed(
            Failure("parity", f"the artifact disagrees with the trained pipeline: {reason}", certificate)
        )
    return json.dumps(certificate, indent=2).encode() + b"\n"


def _refusal(proof: TreeProof | None, comparisons: Iterable[Compared]) -> str | None:
    """Return what is wrong with the artifact, or None."""
    if proof is not None and proof.difference is not None:
        return f"its trees differ: {proof.difference}"
    for one in comparisons:
        if one.wrong:
            where = f" in '{one.column}'" if one.column else ""
            return f"{one.what}{where} differ in {one.wrong} of {one.rows} rows, by up to {one.largest:.3g}"
    return None


def _added(blocks: Iterable[list[Compared]]) -> list[Compared]:
    """Merge the comparisons of all blocks of rows."""
    found: dict[tuple[str, str | None], Compared] = {}
    for one in itertools.chain.from_iterable(blocks):
        key = one.what, one.column
        found[key] = found[key].plus(one) if key in found else one
    return [*found.values()]


def _probe(trained: Trained, matrix: pl.DataFrame) -> tuple[Probe, pl.DataFrame]:
    """Return the learner's own test rows, also as a matrix. `matrix` has the widths of its vectors."""
    import polars as pl

    widths = {name: _as_array(matrix[name]).shape[1] for name in trained.recipe.matrix}
    probe = trained.learner.probe(trained.fitted, trained.recipe.matrix, sum(widths.values()))
    columns, start = {}, 0
    dtypes = matrix.schema  # computed on each access
    for name, width in widths.items():
        block = probe.rows[:, start : start + width]
        if isinstance(dtypes[name], pl.Array):
            columns[name] = pl.Series(name, block, pl.Array(pl.Float64, width))
        else:
            columns[name] = pl.Series(name, block[:, 0], pl.Float64, nan_to_null=True)
        start += width
    return probe, pl.DataFrame(columns)


class _Gate:
    """A written model and the trained pipeline to compare it with. Both halves are loaded once."""

    def __init__(self, trained: Trained, model: bytes) -> None:
        self.trained, self.model = trained, model
        self._inputs = trained.recipe.inputs
        self._marks = marks(model)
        self._whole = Session(model)
        half = front(model)
        self._front = None if half is None else Session(half)
        self._tolerances = _tolerances(trained)

    def structure(self) -> TreeProof | None:
        """Compare the trees of the file with those of the learner; None for a learner without trees."""
        trees = self.trained.learner.trees(self.trained.fitted)
        return None if trees is None else prove_trees(self.model, trees)

    def rows(self, rows: Real, kind: str) -> list[Compared]:
        """Compare the whole model and the matrix on some rows."""
        feed = encode(rows.raw, self._inputs)
        return [*self._matrix(feed, rows, kind), *self._answers(feed, rows, kind)]

    def _answers(self, feed: Arrays, rows: Real, kind: str) -> Iterator[Compared]:
        answers = self._whole.run(feed)
        natively = self.trained.answers(rows.scores)
        # Numbers first: they explain the rest.
        for name in sorted(natively, key=lambda name: not holds_numbers(natively[name])):
            yield compare_output(f"{name} of {kind} rows", answers[name], natively[name])

    def _matrix(self, feed: Arrays, rows: Real, kind: str) -> Iterator[Compared]:
        """Compare the matrix column by column: exactly, except for steps with a tolerance."""
        import numpy as np

        computed = self._front.run(feed) if self._front else {}
        for column, mark in self._marks.items():
            if CUT + mark.tensor in computed:
                wanted = _as_array(rows.matrix[column])
                bound = self._tolerances[column] * np.maximum(1.0, np.abs(np.nan_to_num(wanted)))
                yield compare(
                    "features", f"features of {kind} rows", mark.of(computed), wanted, bound, column
                )

    def learner(self, probe: pl.DataFrame, threads: int) -> Iterator[Compared]:
        """Compare the half after the matrix on the learner's own rows."""
        import numpy as np

        columns = {name: _as_array(probe[name]) for name in self.trained.recipe.matrix}
        # Features that are the same tensor in the file (equal expressions) are also one column of the probe.
        first = {mark: name for name, mark in reversed(self._marks.items())}
        same = {name: first[mark] for name, mark in self._marks.items()}
        probe = probe.with_columns(
            probe[source].alias(name) for name, source in same.items() if name != source
        )
        natively = self.trained.answers(self.trained.score(probe, threads))
        feed = fed(self._marks, columns)
        widths = {name.removeprefix(CUT): block.shape[1] for name, block in feed.items()}
        answers = Session(back(self.model, widths)).run(feed)
        for name, wanted in natively.items():
            if holds_numbers(wanted):
                finite = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
                bound = LEARNER * np.abs(np.nan_to_num(wanted)) + FLOOR * max(1.0, float(finite))
                what = f"{name} of the learner's own rows"
                yield compare("numbers", what, answers[name], wanted, bound)

    def shapes(self, rows: Real) -> list[Compared]:
        """Check that an empty batch gives empty outputs, and that a single row gives the same result as in a larger
        batch.
        """
        empty = self._whole.run(encode(rows.raw.clear(), self._inputs))
        empty_wrong = sum(len(answer) != 0 for answer in empty.values())
        alone = self._whole.run(encode(rows.raw.head(1), self._inputs))
        natively = self.trained.answers(rows.scores[:1])
        return [
            Compared("values", "predictions for zero rows", 0, 0.0, empty_wrong),
            *(compare_output(f"{name} of one row", alone[name], wanted) for name, wanted in natively.items()),
        ]


def _tolerances(trained: Trained) -> dict[str, float]:
    """Return the relative tolerance of each matrix column: the largest of the steps and expressions that it depends
    on.
    """
    return tolerances(trained.recipe.stages, trained.recipe.tolerances())


def _as_array(column: pl.Series) -> Array:
    """Convert a matrix column for the learner's half: [N, 1] or [N, width], with NaN for missing values."""
    import numpy as np
    import polars as pl

    if isinstance(column.dtype, pl.Array):
        width = column.dtype.shape[0]
        return column.to_numpy().astype(np.float64).reshape(-1, width)
    return column.cast(pl.Float64).to_numpy().reshape(-1, 1)
