"""Which columns of tables hold values that must not be in files for people."""

from __future__ import annotations

from mlbuild.data.lineage import computed_from, first_reached
from mlbuild.spec.spec import SourceSpec, Spec


def private_of(source: SourceSpec) -> list[str]:
    """Return the columns of a source that its contract calls private, sorted."""
    return sorted(name for name, column in source.contract.columns.items() if column.private)


def private_in(spec: Spec, name: str) -> list[str]:
    """Return the columns of a source or dataset with values that were computed from private ones, sorted."""
    wanted = [
        source.table.columns[one].node for source in spec.sources.values() for one in private_of(source)
    ]
    table = spec.sources[name].table if name in spec.sources else spec.datasets[name].table
    nodes = {one: column.node for one, column in table.columns.items()}
    reached = first_reached(nodes.values(), wanted, computed_from)
    return sorted(one for one, node in nodes.items() if node in reached)
