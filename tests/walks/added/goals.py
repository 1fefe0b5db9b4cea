"""The section `goals`: what the metrics of a model must reach."""

from __future__ import annotations

from mlbuild.frozen import frozen

from collections.abc import Iterator, Mapping

from mlbuild.diagnostics import Path, Problem
from mlbuild.params import Described, Name, Number, Object, Text, field
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.sections.section import Section


@frozen
class Goal(Described):
    """The lowest value that a metric of a model should have on its test rows."""

    model: str = field(Name("model"), "Model whose metric is meant.")
    metric: str = field(Text(), "One of the model's `metrics`.", examples=("r2",))
    at_least: float = field(Number(), "Lowest value on the test rows.")


@frozen
class GoalSpec:
    """A checked goal."""

    name: str
    goal: Goal

    @property
    def at(self) -> Path:
        return ("goals", self.name)


class Goals(Section[Goal, GoalSpec]):
    key, one, kind = "goals", "goal", Object(Goal)
    doc = "Goals by name: the value that a metric of a model should reach on the test rows."

    def check(self, project: Project) -> Mapping[str, GoalSpec | None]:
        found: dict[str, GoalSpec | None] = {}
        for name, goal in self.defined(project.definitions).items():
            found[name] = None if goal is None else self._checked(name, goal, project)
        return found

    def _checked(self, name: str, goal: Goal, project: Project) -> GoalSpec | None:
        at, findings = ("goals", name), project.findings
        meant = findings.named("unknown-model", goal.model, project.models, "model", (*at, "model"))
        if meant is None:
            return None
        model = project.models[meant]
        if model is not None and goal.metric not in [one.label for one in model.metrics]:
            message = f"model '{goal.model}' does not compute '{goal.metric}'"
            findings.add(Problem("metric-mismatch", message, (*at, "metric"), "add it to its 'metrics'"))
            return None
        return GoalSpec(name, goal)

    def uses(self, definition: Goal) -> Iterator[tuple[str, str]]:
        yield "models", definition.model
