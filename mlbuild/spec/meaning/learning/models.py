"""Checks models: what they learn from, what they predict, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.data.lineage import boundary
from mlbuild.data.serving import serving
from mlbuild.data.table import Table
from mlbuild.diagnostics import Note, Path, Problem, Rejected
from mlbuild.lowering.graph import RESERVED
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.ops.op import ADDED, Op
from mlbuild.ops.stages import Followed, Stage, follow
from mlbuild.spec.meaning.definitions import DefinedModel, Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.flow import SPLIT_HELP
from mlbuild.spec.meaning.learning.features import select_features
from mlbuild.spec.meaning.learning.targets import TargetCheck
from mlbuild.spec.meaning.learning.training import TrainingCheck
from mlbuild.spec.meaning.learning.trials import trials_of
from mlbuild.spec.meaning.unclear import unclear_op
from mlbuild.spec.spec import DatasetSpec, ModelSpec
from mlbuild.spec.trials import MARK


def check_models(
    definitions: Definitions,
    datasets: Mapping[str, DatasetSpec | None],
    findings: Findings,
) -> dict[str, ModelSpec | None]:
    """Return the models by name, None if one is invalid or depends on something invalid."""
    found: dict[str, ModelSpec | None] = {}
    for name, defined in definitions.models.items():
        if defined is None:
            found[name] = None
        else:
            found |= _models(name, defined, definitions, datasets, findings)
    return found


def _models(
    name: str,
    defined: DefinedModel,
    definitions: Definitions,
    datasets: Mapping[str, DatasetSpec | None],
    findings: Findings,
) -> dict[str, ModelSpec | None]:
    """Return the model under its name. If it has a matrix, return each item of it, and the one that is chosen."""
    items: dict[str, ModelSpec | None] = {}
    checked: dict[Learner | None, ModelSpec | None] = {}
    for learner in dict.fromkeys([defined.learner, *(item.learner for item in defined.items)]):
        own = replace(defined, learner=learner)
        checked[learner] = _ModelCheck(name, own, definitions, datasets, findings).run()
    for item in defined.items:
        one, called = checked[item.learner], f"{name}{MARK}{item.label}"
        seed = definitions.seed if item.seed is None else item.seed
        items[called] = one and replace(one, name=called, seed=seed, places=item.places, trials=None)
    if defined.items and defined.model.choose is None:
        return items
    return {**items, name: checked[defined.learner]}


class _ModelCheck:
    """The check of one model. Each part is checked as far as its dependencies are known."""

    def __init__(
        self,
        name: str,
        defined: DefinedModel,
        definitions: Definitions,
        datasets: Mapping[str, DatasetSpec | None],
        findings: Findings,
    ) -> None:
        self.name, self.defined, self.model, self.learner = name, defined, defined.model, defined.learner
        self.definitions = definitions
        self.datasets, self.findings = datasets, findings
        self.at: Path = ("models", name)
        self.answer = defined.answer
        preprocessing = self.model.preprocessing
        named = isinstance(preprocessing, str)
        self.steps_at: Path = ("preprocessing", str(preprocessing)) if named else (*self.at, "preprocessing")
        self.steps_notes: tuple[Note, ...] = (
            ((f"used by model '{name}' here", (*self.at, "preprocessing")),) if named else ()
        )

    def run(self) -> ModelSpec | None:
        steps = self._steps()
        dataset = self._dataset()
        features = followed = target = None
        if dataset is not None:
            features, whole = self._features(dataset)
            schema = dataset.table.served.select(features, open=not whole)
            followed = self._followed(steps, schema)
            at, given = (*self.at, "target"), self.model.target
            check = TargetCheck(self.answer, self.model.type, given, at, self.findings)
            type_ = check.type(dataset.table)
            if not self._suits(followed, type_):
                return None
            target = check.run(type_, dataset) if type_.known else None
        classes = None if target is None else self.answer.class_count(target.type)
        training = TrainingCheck(self.model, self.learner, classes, self.at, self.findings)
        metrics, stopping = (
            training.metrics(None if target is None else target.type, dataset),
            training.stopping(dataset),
        )
        slices, threshold = training.slices(dataset), training.threshold(dataset)
        trials = trials_of(self.name, self.defined, training, dataset)
        if dataset is None or target is None or features is None or followed is None or self.learner is None:
            return None
        if followed.unsuitable or followed.after.open:
            return None
        stages = followed.sound()
        return ModelSpec(
            name=self.name,
            learner=self.learner,
            dataset=dataset.name,
            features=features,
            stages=stages,
            matrix=followed.after,
            target=target,
            metrics=metrics,
            slices=slices,
            threshold=threshold,
            early_stopping=stopping,
            cross_validation=self.model.cross_validation,
            seed=self.definitions.seed if self.model.seed is None else self.model.seed,
            steps_at=self.steps_at,
            trials=trials,
        )

    def _dataset(self) -> DatasetSpec | None:
        name, at = self.model.dataset, (*self.at, "dataset")
        if name not in self.datasets and name in self.definitions.sources:
            message = f"'{name}' is a source, but a model needs a dataset"
            help_ = f"define a dataset with 'from: {name}' and a split"
            self.findings.add(Problem("unknown-dataset", message, at, help_))
            return None
        meant = self.findings.named("unknown-dataset", name, self.datasets, "dataset", at)
        if meant is None:
            return None
        name, defined = meant, self.definitions.datasets[meant]
        if defined is not None and defined.split is None and defined.folds is None:  # which also need a split
            message = f"dataset '{name}' needs a split, because a model is trained on it"
            problem = Problem("missing-split", message, ("datasets", name), SPLIT_HELP, on="key")
            self.findings.add(problem, (f"model '{self.name}' is trained on it here", at))
        if defined is not None and defined.folds is None and self.model.cross_validation:
            message = f"dataset '{name}' needs folds, because a model is cross-validated on it"
            help_ = "add them, such as 'folds: {type: random, count: 5}'"
            problem = Problem("missing-folds", message, ("datasets", name), help_, on="key")
            place = (*self.at, "cross_validation")
            self.findings.add(problem, (f"model '{self.name}' is cross-validated here", place))
        return self.datasets[name]

    def _steps(self) -> Sequence[Op]:
        """Return the steps; one that can do anything, if it is not known which ones are meant."""
        given = self.model.preprocessing
        if not isinstance(given, str):
            return given
        known, at = self.definitions.preprocessing, (*self.at, "preprocessing")
        meant = self.findings.named("unknown-preprocessing", given, known, "preprocessing", at)
        steps = known[meant] if meant else None
        if meant and meant != given:
            self.steps_at = ("preprocessing", meant)
        return (unclear_op(None),) if steps is None else steps

    def _features(self, dataset: DatasetSpec) -> tuple[tuple[str, ...], bool]:
        at = (*self.at, "features")
        target = self.answer.column
        features, whole = select_features(self.model.features, dataset.table, target, at, self.findings)
        if whole and not dataset.table.served.open:
            self._names_of_inputs(dataset.table, features)
        return features, whole

    def _reserved(self, name: str) -> bool:
        return name in self.answer.names() or name.startswith(RESERVED)

    def _names_of_inputs(self, table: Table, features: Sequence[str]) -> None:
        """Check that no input of the artifact has the name of another input, of an output, or of something
        internal.
        """
        names = [*table.columns, *(one.name for one in table.dropped)]
        if not table.dropped and not any(map(self._reserved, names)):
            return
        way = serving(table, features)
        reserved = {one.column.node: one.name for one in way.inputs if self._reserved(one.name)}
        for feature in features if reserved else ():
            for node in boundary(table.nodes([feature]))[0]:
                if node in reserved:
                    self._tell_reserved(reserved[node], feature)
        clash = way.clash()
        if clash:
            name = clash[0].name
            message = f"with these features, the artifact would have two inputs named '{name}'"
            help_ = "rename one of the columns before it is dropped: inputs get the last name of their column"
            notes = tuple(one.column.node.note(name) for one in clash)
            self.findings.add(
                Problem("duplicate-column", message, (*self.at, "features"), help_, notes=notes)
            )

    def _tell_reserved(self, name: str, feature: str) -> None:
        why = "is the name of an output" if name in self.answer.names() else "is a reserved name"
        message = f"feature '{feature}' needs column '{name}' as an input of the artifact, but '{name}' {why}"
        help_ = "rename the column in the data and in the contract"
        self.findings.add(Problem("reserved-name", message, self._feature_at(feature), help_))

    def _feature_at(self, feature: str) -> Path:
        names = self.model.features.names
        return (*self.at, "features", *(() if names is None else (names.index(feature),)))

    def _followed(self, steps: Sequence[Op], schema: Schema) -> Followed:
        followed = follow(steps, schema)
        problems = (problem.under(*self.steps_at) for problem in followed.problems)
        self.findings.extend(problems, *self.steps_notes)
        return followed

    def _suits(self, followed: Followed, target: ColumnType) -> bool:
        """Whether the learner can predict the target. Features that it cannot learn from are reported, too."""
        matrix = followed.after
        if matrix.open:  # there may be more columns, so there may also be enough of them
            matrix = matrix.plus({"": ColumnType(UNKNOWN)})
        learner = self.learner or LEARNERS.named(self.model.type)()
        try:
            learner.infer(matrix, target)
        except Rejected as rejected:
            for problem in rejected.problems:
                where, *rest = problem.at
                at, message = (*self.at, *problem.at), f"model '{self.name}': {problem.message}"
                if where == "features" and rest:
                    at = self._made_at(str(rest[0]), followed.stages)
                elif where == "target":
                    at = (*self.at, "target", "column")
                self.findings.add(replace(problem, at=at, message=message))
            return all(problem.at[0] != "target" for problem in rejected.problems)
        return True

    def _made_at(self, column: str, stages: Mapping[int, Stage]) -> Path:
        """Return the place of the feature that a matrix column was made from; if there is none, that of the step."""
        for index, stage in reversed([*stages.items()]):
            if column in stage.made:
                made, placement = column, stage.step.infer(stage.read)
                column = next(read for read, columns in placement.items() if made in columns)
                if column == ADDED:
                    return (*self.steps_at, index, "columns", made)
        return self._feature_at(column)
