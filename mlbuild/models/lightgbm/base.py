"""The base class of both LightGBM learners: check, bin, train, predict, and export to ONNX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.trees import Trees
from mlbuild.lowering.value import Value
from mlbuild.models.answers.answer import Coding
from mlbuild.models.contributions import Contributions
from mlbuild.models.learner import Learner, Probe
from mlbuild.models.lightgbm.library import lightgbm, useful
from mlbuild.models.lightgbm.link import link, scale
from mlbuild.models.lightgbm.lowering import lower, trees_of
from mlbuild.models.lightgbm.parameters import BINNING, CATEGORY_PARAMETERS, Parameters
from mlbuild.models.lightgbm.text import ModelText
from mlbuild.models.lightgbm.training import FIXED, save_bins, train
from mlbuild.models.lightgbm.words import ALIASES, REFUSED
from mlbuild.models.matrix import expanded, lowered
from mlbuild.models.probe import TreeProbe
from mlbuild.models.suitability import check_columns, check_rows
from mlbuild.models.training import EarlyStopping, Rows, Training
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np

#: LightGBM's metrics that are undefined on rows of one class.
_OF_BOTH_CLASSES = ("auc", "average_precision")


@frozen
class Lightgbm(Parameters, Learner):
    """A LightGBM learner. The fitted learner is LightGBM's model text without the list of parameters."""

    accepts: ClassVar[frozenset[str]] = frozenset({"null", "category", "vector"})
    explains = True
    libraries: ClassVar[tuple[str, ...]] = ("lightgbm",)
    aliases: ClassVar[Mapping[str, str]] = ALIASES
    refused: ClassVar[Mapping[str, str]] = REFUSED

    @classmethod
    def load(cls) -> None:
        lightgbm()

    @property
    def iterative(self) -> bool:
        """Whether early stopping works. `dart` drops earlier trees, so it cannot return to the best round."""
        return self.boosting != "dart"

    def infer(self, features: Schema, target: ColumnType) -> None:
        check_columns(self, features, target)
        if not any(type_.dtype == "category" or not type_.known for type_ in features.values()):
            self.refuse(self.without_effect("without a feature of dtype category", *CATEGORY_PARAMETERS))

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Refuse parameters that do not match the columns.

        Raises:
            Rejected: There are problems.
        """
        if found := [problem.under("params") for problem in problems]:
            raise Rejected(*found)

    def binning(self) -> Json | None:
        values = self.values_by_field()
        return {name: values[name] for name in BINNING}

    def bin(self, rows: Rows, seed: int, threads: int, target: Path) -> None:
        values = self.values_by_field()
        save_bins(rows, {name: values[name] for name in BINNING}, seed, threads, target)

    def fit(self, training: Training) -> bytes:
        count = check_rows(self.answer, training)
        threads = useful(training.threads, count)
        self.check_target(training.target, training.classes)
        if self.bagging_freq and self.bagging_fraction * count < 1:
            raise data_failure(
                f"'bagging_fraction: {self.bagging_fraction:g}' of {count} training rows leaves no rows"
            )
        params = FIXED | self.native(training.classes) | {"seed": training.seed, "num_threads": threads}
        if training.stopping:
            params["metric"] = self._watched(training.stopping, training.classes)
        return self.mended(train(training, params, self.num_iterations)).encode()

    def _watched(self, stopping: EarlyStopping, classes: int) -> str:
        """Return LightGBM's name of the metric to watch. Refuse rows on which the metric is undefined."""
        import numpy as np

        target = stopping.target
        if len(target) == 0:
            raise data_failure("early stopping has no rows to watch: the split is empty")
        if not np.isfinite(target).all():
            raise data_failure("the target is missing or infinite in rows that early stopping watches")
        watched = self.watches(classes).get(stopping.metric)
        if watched is None:
            raise data_failure(f"early stopping cannot watch '{stopping.metric}' with {classes} classes")
        if watched in _OF_BOTH_CLASSES and len(np.unique(target)) < 2:
            raise data_failure(
                f"early stopping cannot watch '{stopping.metric}': all {len(target)} rows are of one class"
            )
        return watched

    def check_target(self, target: Any, classes: int) -> None:
        """Refuse a target that does not match the objective.

        Raises:
            Failed: Of kind `data`.
        """
        raise NotImplementedError

    def native(self, classes: int) -> dict[str, Any]:
        """Return the parameters in the form that LightGBM expects."""
        return self.values() | {"metric": "None"}

    def mended(self, text: str) -> str:
        """Replace numbers in the model text that LightGBM writes with only six digits by their full values."""
        return text

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> np.ndarray[Any, Any]:
        import numpy as np

        model = lightgbm().Booster(model_str=fitted.decode())
        shape = rows.features.height, model.num_model_per_iteration()
        if rows.features.height == 0:
            return np.zeros(shape)
        scores = model.predict(expanded(rows), num_threads=useful(threads, shape[0]))
        return np.asarray(scores, dtype=np.float64).reshape(shape)

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        return lower(ModelText.parse(fitted.decode()), graph, lowered(graph, features, schema))

    def gain(self, fitted: bytes) -> np.ndarray[Any, Any]:
        import numpy as np

        model = lightgbm().Booster(model_str=fitted.decode())
        return np.asarray(model.feature_importance("gain"), dtype=np.float64)

    def contributions(self, fitted: bytes, rows: Rows) -> Contributions:
        """Compute LightGBM's `pred_contrib`: TreeSHAP (Lundberg et al., 2018) by the number of training rows in each
        leaf.
        """
        import numpy as np

        text, model = ModelText.parse(fitted.decode()), lightgbm().Booster(model_str=fitted.decode())

        def parts(matrix: Any) -> np.ndarray[Any, Any]:
            found = model.predict(matrix, pred_contrib=True, num_threads=1)
            every = np.reshape(found, (-1, text.per_iteration, text.features + 1)).astype(np.float64)
            # LightGBM adds up the trees of a random forest here, although it predicts their mean.
            return every / text.iterations if text.averaged else every

        anywhere = parts(np.zeros((1, text.features)))
        every = parts(expanded(rows)) if rows.features.height else anywhere[:0]
        return Contributions(every[:, :, :-1], anywhere[0, :, -1], scale(text))

    def link(self, fitted: bytes, sums: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return link(ModelText.parse(fitted.decode()), sums)

    def trees(self, fitted: bytes) -> Trees:
        return trees_of(ModelText.parse(fitted.decode()))

    def probe(self, fitted: bytes, schema: Schema, width: int) -> Probe:
        return TreeProbe(self.trees(fitted), width).probe()

    def describe(self, fitted: bytes, columns: Sequence[str], coding: Coding) -> Json:
        model = ModelText.parse(fitted.decode())
        return {"iterations": model.iterations, "trees": model.trees, "leaves": int(model.leaves.sum())}
