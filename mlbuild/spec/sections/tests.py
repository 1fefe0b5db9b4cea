"""The section `tests`: requirements on the answers of outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.spec.language import TEST
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.verdicts.tests import check_tests
from mlbuild.spec.sections.section import Section
from mlbuild.spec.spec import TestSpec
from mlbuild.verdicts.tests.test import Test


class Tests(Section[Test, TestSpec]):
    key, one, kind = "tests", "test", TEST
    doc = "Tests by name: what the model of an output must predict. They run before the output is published."
    bears, optional, rare = ("test",), True, True

    def check(self, project: Project) -> Mapping[str, TestSpec | None]:
        return check_tests(project) if project.definitions.of(self.key) else {}

    def uses(self, definition: Test) -> Iterator[tuple[str, str]]:
        yield "outputs", definition.output
        yield from (("tests", other) for other in definition.compared())
