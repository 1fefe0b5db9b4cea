"""The section `outputs`: the models to ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.params import Object
from mlbuild.spec.meaning.outputs import check_outputs
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.verdicts.gates import check_gates
from mlbuild.spec.sections.section import Section
from mlbuild.spec.shipping import Output
from mlbuild.spec.spec import OutputSpec
from mlbuild.spec.trials import family


class Outputs(Section[Output, OutputSpec]):
    key, one, kind = "outputs", "output", Object(Output)
    doc = "Outputs by name: each is exported to `dist/NAME/model.onnx`, with its parity report and metrics."
    bears, optional = ("output",), True

    def check(self, project: Project) -> Mapping[str, OutputSpec | None]:
        found = check_outputs(project.definitions, project.datasets, project.models, project.findings)
        return {name: one and check_gates(project, one) for name, one in found.items()}

    def uses(self, definition: Output) -> Iterator[tuple[str, str]]:
        yield "models", family(definition.model)
        if definition.baseline is not None and definition.baseline.compared is not None:
            yield "models", family(definition.baseline.compared)
