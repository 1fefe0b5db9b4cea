"""Which columns of tables hold values that must not appear in reports and other human-readable files."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.data.lineage import Node, first_reached, takes_values_of
from mlbuild.spec.spec import OutputSpec, SourceSpec, Spec


def private_of(source: SourceSpec) -> list[str]:
    """Return the columns of a source that its contract calls private, sorted: some, or all of them."""
    contract = source.contract
    return sorted(name for name, column in contract.columns.items() if contract.private or column.private)


def private_in(spec: Spec, name: str) -> list[str]:
    """Return the columns of a source or dataset with values that were computed from private ones, sorted."""
    table = spec.sources[name].table if name in spec.sources else spec.datasets[name].table
    return _private(spec, {one: column.node for one, column in table.columns.items()})


def private_inputs(spec: Spec, output: OutputSpec) -> list[str]:
    """Return the inputs of an output with values that were computed from private ones, sorted."""
    return _private(spec, {one.name: one.column.node for one in output.serving.inputs})


def _private(spec: Spec, nodes: Mapping[str, Node]) -> list[str]:
    wanted = [
        source.table.columns[one].node for source in spec.sources.values() for one in private_of(source)
    ]
    reached = first_reached(nodes.values(), wanted, takes_values_of)
    return sorted(one for one, node in nodes.items() if node in reached)
