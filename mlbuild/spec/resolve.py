"""Resolves the names of a spec's definitions and follows their columns, each as far as what it depends on is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from mlbuild.spec.definitions import Definitions
from mlbuild.spec.findings import Findings
from mlbuild.spec.flow import flow_datasets, flow_sources
from mlbuild.spec.models import check_models
from mlbuild.spec.outputs import check_outputs
from mlbuild.spec.places import Places
from mlbuild.spec.spec import DatasetSpec, ModelSpec, OutputSpec, SourceSpec


@dataclass(frozen=True)
class Resolved:
    """The parts of a spec by name; None where one is at fault or depends on what is."""

    sources: Mapping[str, SourceSpec | None]
    datasets: Mapping[str, DatasetSpec | None]
    models: Mapping[str, ModelSpec | None]
    outputs: Mapping[str, OutputSpec | None]


def resolve(definitions: Definitions, root: FilePath, findings: Findings) -> Resolved:
    """Everything that the definitions give; `root` is the folder that paths start from. No data is read."""
    sources = flow_sources(definitions, root, findings)
    datasets = flow_datasets(definitions, sources, findings)
    models = check_models(definitions, datasets, Places(sources, datasets), findings)
    outputs = check_outputs(definitions, datasets, models, findings)
    return Resolved(sources, datasets, models, outputs)
