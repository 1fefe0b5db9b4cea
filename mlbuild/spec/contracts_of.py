"""Reads only the contracts of a spec, whatever else is in it, and whether or not its data files exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

from mlbuild.data.contracts import Contract
from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.layers.compose import compose
from mlbuild.spec.layers.files import read_main
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.resolve import read_definitions
from mlbuild.spec.shape.shape import check_shape


def contracts_of(
    file: FilePath, profiles: Sequence[str], settings: Sequence[str], bounds: Bounds
) -> tuple[dict[str, Contract], list[Diagnostic]]:
    """Return the contracts of a spec by name, and the errors because of which some of them cannot be read."""
    main = read_main(file, bounds)
    if isinstance(main, list):
        return {}, main
    shape, findings = check_shape(compose(main, profiles, settings, bounds=bounds)), Findings()
    if shape.meant is None or shape.meant.faults is None:
        return {}, shape.diagnostics
    definitions = read_definitions(shape.meant.document.value, shape.meant.faults, findings)
    read = {name: one.contract for name, one in definitions.contracts.items() if one and not one.doubtful}
    if len(read) == len(definitions.contracts):
        return read, []
    found = [*shape.diagnostics, *findings.diagnostics(shape.meant.document)]
    return read, [one for one in found if one.severity == "error"]
