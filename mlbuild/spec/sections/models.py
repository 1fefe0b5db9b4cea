"""The section `models`: learners fitted on datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.diagnostics import Path
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.params import Object
from mlbuild.spec.kinds import STEP
from mlbuild.spec.language import Model
from mlbuild.spec.meaning.contradictions import sound
from mlbuild.spec.meaning.definitions import DefinedModel, Item
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.learning.models import check_models
from mlbuild.spec.meaning.learning.targets import read_answer
from mlbuild.spec.meaning.learning.trials import check_together, read_corners, read_items, read_learner
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.unclear import unclear_op
from mlbuild.spec.sections.section import Section
from mlbuild.spec.sections.steps import read_steps
from mlbuild.spec.spec import ModelSpec

#: Keys of a model that nothing else depends on. If one is invalid, the rest of the model can still be checked.
_APART = ("params", "metrics", "slices", "threshold", "early_stopping")


class Models(Section[DefinedModel, ModelSpec]):
    key, one, kind = "models", "model", Object(Model)
    doc = "Models by name: each trains a learner on a dataset."
    bears = ("model",)

    def unreadable(self, at: Path) -> Path:
        if at[2:3] == ("preprocessing",) and len(at) > 3:
            return at[:4]
        return at[:3] if len(at) > 2 and at[2] in _APART else at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> DefinedModel | None:
        """Return the model, without invalid parts that nothing else depends on."""
        if at in faults:
            return None
        steps_at, steps = (*at, "preprocessing"), given.get("preprocessing", ())
        inline = not isinstance(steps, str)
        left_out = {key for key in given if (*at, key) in faults or (inline and key == "preprocessing")}
        model: Model = self.kind.read({key: part for key, part in given.items() if key not in left_out})
        # First, because a matrix can have too many combinations to look at them.
        if sound(model, at, findings) is None or not findings.extend(check_together(model, at)):
            return None
        learner: Learner | None = None
        items: tuple[Item, ...] = ()
        if (*at, "params") not in faults:
            items = read_items(model, at, findings)
            if items:
                learner = items[0].learner
            elif model.search is not None:
                learner = read_corners(model, at, findings)
            else:
                learner = read_learner(model, {}, {}, at, findings)
        answer = read_answer(LEARNERS.named(model.type), model.target, (*at, "target"), findings)
        if answer is None:
            return None
        if inline:
            model = replace(
                model, preprocessing=read_steps(steps, steps_at, faults, STEP, unclear_op, findings)
            )
        return DefinedModel(model, answer, learner, items)

    def check(self, project: Project) -> Mapping[str, ModelSpec | None]:
        return check_models(project.definitions, project.datasets, project.findings)

    def uses(self, definition: DefinedModel) -> Iterator[tuple[str, str]]:
        yield "datasets", definition.model.dataset
        if isinstance(definition.model.preprocessing, str):
            yield "preprocessing", definition.model.preprocessing
