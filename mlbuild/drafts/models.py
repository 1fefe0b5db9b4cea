"""The sections of a draft after the contracts: the dataset, the preprocessing, the models and the outputs."""

from __future__ import annotations

from typing import Any

from mlbuild.data.inference import Inferred
from mlbuild.data.rules.finite import Finite
from mlbuild.data.splits.split import TRAIN
from mlbuild.drafts.block import Noted, Remark, reasons, told
from mlbuild.drafts.division import Division
from mlbuild.drafts.goal import Goal
from mlbuild.drafts.names import name_of
from mlbuild.drafts.roles import Roles
from mlbuild.drafts.training import against_trees, is_worth_a_linear_model, linear, training
from mlbuild.expressions.written import column_sql
from mlbuild.frozen import frozen
from mlbuild.models.answers.regression import Regression

ROWS, STEPS, LINEAR = "rows", "tabular", "linear"


@frozen(eq=False)
class ModelDraft:
    """What the sections after the contracts are made of."""

    inferred: Inferred
    goal: Goal
    division: Division
    roles: Roles

    def sections(self, source: str) -> list[dict[Any, Any]]:
        name, steps = name_of(self.goal.name, "model"), {STEPS: self._codes_for_trees()}
        features = self._linear_features()
        models, others = {name: self._trees()}, ""
        if features and is_worth_a_linear_model(self.goal, self.division, self._width(features)):
            steps[LINEAR] = self._numbers_for_linear(features)
            if doubt := against_trees(self.goal, self.division, len(features)):
                models = {name: self._linear(features, doubt), f"{name}_trees": self._trees()}
                others = "; the trees may be better: compare them, and keep one"
            else:
                models[f"{name}_linear"] = self._linear(features)
                others = "; the linear model may be better: compare them, and keep one"
        steps = {key: some for key, some in steps.items() if some}
        models[name] = self._with_remarks(models[name])
        tables = Noted({ROWS: self._dataset(source)}, "tables to train models on: joined, filtered, split")
        found: list[dict[Any, Any]] = [{"datasets": tables}]
        if steps:
            found.append({"preprocessing": Noted(steps, "steps that are part of the artifact")})
        shipped = f"dist/{name}/model.onnx, verified against the trained model{others}"
        outputs = {one: {"model": one} for one in models}
        return [*found, {"models": models}, {"outputs": Noted(outputs, shipped)}]

    def _dataset(self, source: str) -> dict[Any, Any]:
        keys: dict[Any, Any] = {"from": source}
        steps = [dict(step) for step in self.division.steps]
        if self.goal.column.type.nullable:
            steps.insert(0, {"op": "filter", "where": f"{column_sql(self.goal.name)} IS NOT NULL"})
        if steps:
            keys["steps"] = steps
        if self.division.remarks:
            keys[Remark("\n".join(self.division.remarks))] = None
        return keys | {"split": Noted(told(self.division.split), self.division.why)}

    def _with_remarks(self, model: dict[Any, Any]) -> dict[Any, Any]:
        """Return a model with remarks about the target and the features after its features."""
        told: list[str] = [self.goal.note] if self.goal.note else []
        if self.roles.suspects:
            known = (
                "check that these are known before the target is; otherwise, remove them from the features:\n"
            )
            told.append(known + reasons(self.roles.suspects))
        if self.roles.left_out:
            told.append("left out of the features:\n" + reasons(self.roles.left_out))
        found: dict[Any, Any] = {}
        for key, value in model.items():
            found[key] = value
            if key == "features":
                found |= {Remark(one): None for one in told}
        return found

    def _trees(self) -> dict[Any, Any]:
        model: dict[Any, Any] = {
            "type": self._learner(
                "lightgbm.regressor" if self.goal.answer is Regression else "lightgbm.classifier"
            ),
            "dataset": ROWS,
            "features": [*self.roles.features],
        }
        if self._codes_for_trees():
            model["preprocessing"] = STEPS
        categories = bool(self.roles.codes or self._of_dtype(self.roles.features, "string"))
        return model | {"target": self.goal.name, **training(self.goal, self.division, categories)}

    def _codes_for_trees(self) -> list[dict[str, Any]]:
        steps = self._date_parts(self.roles.features)
        native = Noted(
            "category", "categorical codes for LightGBM, which also handle unseen and missing values"
        )
        if self._of_dtype(self.roles.features, "string"):
            steps.append({"op": native, "columns": {"dtype": "string"}})
        if self.roles.codes:
            steps.append({"op": native, "columns": list(self.roles.codes)})
        return steps

    def _date_parts(self, features: list[str] | tuple[str, ...]) -> list[dict[str, Any]]:
        parts = {name: found for name, found in self.roles.parts.items() if name in features}
        return [
            {"op": "date_parts", "columns": [name for name in parts if parts[name] == found], "parts": found}
            for found in dict.fromkeys(parts.values())
        ]

    def _linear_features(self) -> list[str]:
        """Return the features that a linear model can use: those with finite values in the training rows."""
        rows = self.division.parts[TRAIN]
        return [
            name
            for name in self.roles.features
            if self.inferred.columns[name].rule(Finite).finite and rows[name].null_count() < rows.height
        ]

    def _width(self, features: list[str]) -> int:
        """Return the number of columns after one-hot encoding."""
        wide = {*self._of_dtype(features, "string"), *self.roles.codes}
        return sum(self.goal.rows[name].n_unique() if name in wide else 1 for name in features)

    def _learner(self, type_: str, why: str = "") -> Any:
        """Return the type of a model, with what there is to say about it."""
        binary = self.goal.column.type.categories == (0, 1)
        told = [*(["predicts the probability of 1"] if binary else []), *([why] if why else [])]
        return Noted(type_, "; ".join(told)) if told else type_

    def _linear(self, features: list[str], why: str = "") -> dict[Any, Any]:
        """Return the linear model. `why` says why it is the first one."""
        keys = linear(self.goal, self._width(features))
        params = keys.pop("params")
        return {
            "type": self._learner(keys["type"], why),
            "dataset": ROWS,
            "features": features,
            **({"preprocessing": LINEAR} if self._numbers_for_linear(features) else {}),
            "target": self.goal.name,
            "metrics": self.goal.answer.default_metrics(self.goal.classes),
            "params": params,
        }

    def _numbers_for_linear(self, features: list[str]) -> list[dict[str, Any]]:
        """Return the steps that make numbers of a similar size of all features."""
        types = {name: self.inferred.columns[name].type for name in features}
        steps = self._date_parts(features)
        codes = [name for name in self.roles.codes if name in features]
        texts = self._of_dtype(features, "string")
        if texts or codes:
            steps.append({"op": "one_hot", "columns": [*texts, *codes], "handle_missing": "indicator"})
        flags = [name for name in self._of_dtype(features, "bool") if types[name].nullable]
        if flags:
            steps.append({"op": "impute", "columns": flags, "strategy": "most_frequent"})
        dates = any(name in self.roles.parts for name in features)
        numbers = [name for name in features if types[name].numeric and name not in codes]
        if any(types[name].nullable for name in numbers) or (dates and any(types[name].nullable for name in self.roles.parts if name in features)):  # fmt: skip
            steps.append({"op": "impute", "columns": {"dtype": "numeric"}, "strategy": "median"})
        if numbers or dates:
            steps.append({"op": "standard", "columns": {"dtype": "numeric"}})
        return steps

    def _of_dtype(self, features: list[str] | tuple[str, ...], dtype: str) -> list[str]:
        return [name for name in features if self.inferred.columns[name].dtype == dtype]
