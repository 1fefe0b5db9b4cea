"""Checks outputs: what an artifact takes and what it computes."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.data.serving import serving
from mlbuild.diagnostics import Problem
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
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
        found[name] = OutputSpec(
            name=name,
            model=output.model,
            verify_rows=None if output.verify.rows == "all" else int(output.verify.rows),
            serving=serving(dataset.table, model.features),
        )
    return found


def _one_folder_each(definitions: Definitions, findings: Findings) -> None:
    """Outputs become folders, and there are disks on which `Late` and `late` are one."""
    first: dict[str, str] = {}
    for name in definitions.outputs:
        before = first.setdefault(name.casefold(), name)
        if before != name:
            message = f"outputs '{name}' and '{before}' differ only in case, so case-insensitive file systems cannot hold both"
            problem = Problem("duplicate-name", message, ("outputs", name), "rename one of them", on="key")
            findings.add(problem, ("first defined here", ("outputs", before)))
