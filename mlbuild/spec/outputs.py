"""Checks outputs, and tells what is defined for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.data.table import serving_inputs
from mlbuild.diagnostics import Problem
from mlbuild.spec.definitions import Definitions
from mlbuild.spec.findings import Findings
from mlbuild.spec.spec import DatasetSpec, ModelSpec, OutputSpec


def check_outputs(
    definitions: Definitions,
    datasets: Mapping[str, DatasetSpec | None],
    models: Mapping[str, ModelSpec | None],
    findings: Findings,
) -> dict[str, OutputSpec | None]:
    """The outputs by name, None where one is at fault or depends on what is."""
    _one_folder_each(definitions, findings)
    found: dict[str, OutputSpec | None] = dict.fromkeys(definitions.outputs)
    for name, output in definitions.outputs.items():
        if output is None or not findings.known(
            "unknown-model", output.model, models, "model", ("outputs", name, "model")
        ):
            continue
        model = models[output.model]
        dataset = datasets[model.dataset] if model else None
        if model is None or dataset is None:
            continue
        raw, derived = serving_inputs(dataset.table, model.features)
        columns = dataset.table.columns
        found[name] = OutputSpec(
            name=name,
            model=output.model,
            verify_rows=None if output.verify.rows == "all" else int(output.verify.rows),
            inputs={column: columns[column] for column in raw},
            derived={column: columns[column] for column in derived},
        )
    return found


def _one_folder_each(definitions: Definitions, findings: Findings) -> None:
    """Outputs become folders, and there are disks on which `Late` and `late` are one."""
    first: dict[str, str] = {}
    for name in definitions.outputs:
        before = first.setdefault(name.casefold(), name)
        if before != name:
            message = f"'{name}' and '{before}' would be one folder where file names ignore case"
            problem = Problem("duplicate-name", message, ("outputs", name), "rename one of them", on="key")
            findings.add(problem, ("first defined here", ("outputs", before)))


def warn_unused(definitions: Definitions, findings: Findings) -> None:
    """Warn of what nothing uses. To be asked of a sound spec only, where every name is known."""
    used = set(_used(definitions))
    for section, what in (
        ("sources", "source"),
        ("contracts", "contract"),
        ("datasets", "dataset"),
        ("preprocessing", "preprocessing"),
        ("models", "model"),
    ):
        for name in getattr(definitions, section):
            if (section, name) not in used:
                message = f"nothing uses the {what} '{name}'"
                problem = Problem("unused", message, (section, name), "remove it", on="key")
                findings.add(problem)


def _used(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """The section and name of everything that something else names."""
    for source in definitions.sources.values():
        if source is not None:
            yield "contracts", source.contract
    for dataset in definitions.datasets.values():
        if dataset is not None:
            tables = [dataset.from_, *(table for step in dataset.steps for table in step.tables())]
            yield from ((section, name) for name in tables for section in ("sources", "datasets"))
    for model in definitions.models.values():
        if model is not None:
            yield "datasets", model.dataset
            if isinstance(model.preprocessing, str):
                yield "preprocessing", model.preprocessing
    yield from (("models", output.model) for output in definitions.outputs.values() if output is not None)
