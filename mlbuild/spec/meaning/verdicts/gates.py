"""Checks the gates and the baseline of an output: whether they fit its model."""

from __future__ import annotations

from mlbuild.diagnostics import Path, Problem
from mlbuild.folders import CHANNELS, dist_of
from mlbuild.spec.layers.bounds import HELP
from mlbuild.spec.meaning.learning.trials import model_named
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.spec import ModelSpec, OutputSpec
from mlbuild.verdicts.baselines.baseline import Baseline
from mlbuild.verdicts.gates.gate import Judged

_PUBLISHED = dist_of(())


def check_gates(project: Project, output: OutputSpec) -> OutputSpec | None:
    """Return the output if its gates fit its model."""
    if output.baseline is None and not output.gates:
        return output
    model = project.models[output.model]
    if model is None:
        return None
    sound = output.baseline is None or _check_baseline(project, output, output.baseline, model)
    about = _about(project, output, model)
    for index, gate in enumerate(output.gates):
        at = (*output.at, "gates", index)
        sound &= project.findings.extend(one.under(*at) for one in gate.problems(about))
    return output if sound else None


def _about(project: Project, output: OutputSpec, model: ModelSpec) -> Judged:
    dataset = project.datasets[model.dataset]
    split = dataset.split if dataset else None
    parts = {"valid": split is None or split.has_valid, "test": split is None or split.has_test}
    return Judged(
        metrics={metric.label: metric for metric in model.metrics},
        classes=model.target.answer.class_count(model.target.type),
        parts=tuple(name for name, exists in parts.items() if exists),
        baseline=output.baseline is not None,
        slices=tuple(one.label for one in model.slices),
    )


def _check_baseline(project: Project, output: OutputSpec, baseline: Baseline, model: ModelSpec) -> bool:
    at, findings = (*output.at, "baseline"), project.findings
    problems = [*_file_problems(project, baseline, (*at, "path"))]
    if all(gate.compares != "baseline" for gate in output.gates):
        message = "'baseline' has no effect: no gate compares the output with it"
        problems.append(
            Problem("no-effect", message, at, "add a gate such as 'no_worse', or remove it", on="key")
        )
    if baseline.compared is not None:
        at = (*at, "model")
        meant = model_named(baseline.compared, project.models, at, findings)
        other = project.models[meant] if meant else None
        if meant is None or other is None:
            return False
        if other.name == output.model:
            message = f"the baseline is the model of the output itself, '{meant}'"
            problems.append(Problem("no-effect", message, at, "choose another model"))
        elif (other.dataset, other.target) != (model.dataset, model.target):
            different = "dataset" if other.dataset != model.dataset else "target"
            message = (
                f"model '{meant}' has another {different} than '{output.model}', so they cannot be compared"
            )
            problems.append(Problem("contradiction", message, at))
    return findings.extend(problems)


def _file_problems(project: Project, baseline: Baseline, at: Path) -> list[Problem]:
    """Return what is wrong with the file of a baseline. That of a channel may not be there yet."""
    if baseline.channel is not None:
        folder = project.root / CHANNELS / baseline.channel
        at = (*at[:-1], "name")
        message = f"the folder of channel '{baseline.channel}' is outside this project"
        return [] if project.bounds.hold(folder) else [Problem("outside-project", message, at, HELP)]
    if baseline.file is None:
        return []
    file = project.root / baseline.file
    found = project.file_problem(baseline.file, at)
    folders = (
        file.absolute().relative_to(project.root.absolute()).parts if _inside(project, baseline.file) else ()
    )
    if (
        found is None
        and folders[:1]
        and (folders[0] == _PUBLISHED or folders[0].startswith(f"{_PUBLISHED}-"))
    ):
        message = f"'{baseline.file}' is published by the build, which would change its own baseline"
        found = Problem("contradiction", message, at, "copy the file to another folder")
    return [found] if found else []


def _inside(project: Project, path: str) -> bool:
    return (project.root / path).absolute().is_relative_to(project.root.absolute())
