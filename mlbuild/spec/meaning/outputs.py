"""Checks outputs: the inputs and computations of an artifact."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.data.serving import serving
from mlbuild.diagnostics import Problem
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.learning.trials import model_named
from mlbuild.spec.spec import DatasetSpec, ModelSpec, OutputSpec


def check_outputs(
    definitions: Definitions,
    datasets: Mapping[str, DatasetSpec | None],
    models: Mapping[str, ModelSpec | None],
    findings: Findings,
) -> dict[str, OutputSpec | None]:
    """Return the outputs by name, None if one is invalid or depends on something invalid."""
    _one_folder_each(definitions, findings)
    found: dict[str, OutputSpec | None] = dict.fromkeys(definitions.outputs)
    for name, output in definitions.outputs.items():
        if output is None:
            continue
        meant = model_named(output.model, models, ("outputs", name, "model"), findings)
        model = models[meant] if meant else None
        dataset = datasets[model.dataset] if model else None
        if model is None or dataset is None:
            continue
        found[name] = OutputSpec(
            name=name,
            model=output.model,
            verify_rows=None if output.verify.rows == "all" else int(output.verify.rows),
            serving=serving(dataset.table, model.features),
            importance=output.importance,
            baseline=output.baseline,
            gates=output.gates,
            report=output.report,
        )
    return found


def _one_folder_each(definitions: Definitions, findings: Findings) -> None:
    """Check that outputs have different folders, also on file systems where `Late` and `late` are the same."""
    first: dict[str, str] = {}
    for name in definitions.outputs:
        before = first.setdefault(name.casefold(), name)
        if before != name:
            message = f"outputs '{name}' and '{before}' differ only in case, so case-insensitive file systems cannot hold both"
            problem = Problem("duplicate-name", message, ("outputs", name), "rename one of them", on="key")
            findings.add(problem, ("first defined here", ("outputs", before)))
