"""Which columns of tables hold values that must not appear in reports and other human-readable files, or in logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.data.contracts import DROP, HASH, KEEP
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
    return _private(spec, _inputs(output))


def logged(spec: Spec, output: OutputSpec) -> dict[str, str]:
    """Return what a log has of the values of inputs and of the target, by name: `drop`, `hash` or `keep`.

    A value that was made from several columns is treated like the most careful of them. Those that are neither private nor
    anything but kept are left out.
    """
    model = spec.models[output.model]
    target = model.target.column
    nodes = _inputs(output) | {target: spec.datasets[model.dataset].table.columns[target].node}
    dropped, hashed = (set(_taken(spec, nodes, level)) for level in (DROP, HASH))
    levels = {name: DROP if name in dropped else HASH for name in (*dropped, *hashed)}
    return dict(sorted((dict.fromkeys(_private(spec, nodes), KEEP) | levels).items()))


def _inputs(output: OutputSpec) -> dict[str, Node]:
    return {one.name: one.column.node for one in output.serving.inputs}


def _private(spec: Spec, nodes: Mapping[str, Node]) -> list[str]:
    return _reaching(nodes, [(source, private_of(source)) for source in spec.sources.values()])


def _taken(spec: Spec, nodes: Mapping[str, Node], level: str) -> list[str]:
    """Return the columns with values of those that are logged in this way."""
    return _reaching(
        nodes,
        [
            (source, [name for name in source.contract.columns if _level(source, name) == level])
            for source in spec.sources.values()
        ],
    )


def _level(source: SourceSpec, name: str) -> str:
    return source.contract.columns[name].pii or (DROP if name in private_of(source) else KEEP)


def _reaching(nodes: Mapping[str, Node], columns: Sequence[tuple[SourceSpec, Sequence[str]]]) -> list[str]:
    """Return the names of the nodes that take values of columns of sources, sorted."""
    wanted = [source.table.columns[one].node for source, names in columns for one in names]
    reached = first_reached(nodes.values(), wanted, takes_values_of)
    return sorted(one for one, node in nodes.items() if node in reached)
