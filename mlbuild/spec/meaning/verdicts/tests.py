"""Checks tests: whether their rows, columns and expectations fit the output that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.data.formats.by_suffix import KNOWN
from mlbuild.diagnostics import Path, Problem
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.spec import OutputSpec, TestSpec
from mlbuild.verdicts.tests.test import About, Test


def check_tests(project: Project) -> dict[str, TestSpec | None]:
    """Return the tests by name, None if one is invalid or depends on something invalid."""
    tests: Mapping[str, Test | None] = project.definitions.of("tests")
    found: dict[str, TestSpec | None] = dict.fromkeys(tests)
    for name, test in tests.items():
        if test is None:
            continue
        at = ("tests", name)
        meant = project.findings.named(
            "unknown-output", test.output, project.outputs, "output", (*at, "output")
        )
        output = project.outputs[meant] if meant else None
        about = _about(project, output, tests) if output else None
        problems = [] if about is None else [one.under(*at) for one in test.problems(about)]
        if about is not None and project.findings.extend(
            [*problems, *_of_file(project, test, (*at, "path"))]
        ):
            found[name] = TestSpec(name, test, {other: _row(tests[other]) for other in test.compared()})
    return found


def _of_file(project: Project, test: Test, at: Path) -> Iterator[Problem]:
    """Yield what is wrong with the file of a test."""
    if test.file is None:
        return
    found = project.file_problem(test.file, at)
    if found is None and test.form is None:
        message = f"the suffix of '{test.file}' does not say how to read it"
        found = Problem(
            "bad-format", message, at, f"add 'format', or use one of the suffixes {', '.join(KNOWN)}"
        )
    if found is not None:
        yield found


def _about(project: Project, output: OutputSpec, tests: Mapping[str, Test | None]) -> About | None:
    model = project.models[output.model]
    dataset = project.datasets[model.dataset] if model else None
    if model is None or dataset is None:
        return None
    answer = model.target.answer
    return About(
        inputs={one.name: one.column.served for one in output.serving.inputs},
        answers=answer.names(),
        target=model.target.type,
        classes=answer.class_count(model.target.type),
        columns=dataset.table.served,
        matrix=model.matrix,
        tests=tests,
    )


def _row(test: Test | None) -> Mapping[str, Any]:
    return (test.row() if test else None) or {}
