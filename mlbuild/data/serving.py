"""The serving boundary: what a client sends, and how the columns of a table are computed from it row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from mlbuild.data.lineage import Node, boundary, first_reached
from mlbuild.data.table import Dropped, Table, TableColumn
from mlbuild.diagnostics import Path
from mlbuild.expressions.tree import Tree, renamed
from mlbuild.frozen import frozen


@frozen
class ModelInput:
    """A column that a client sends. `dropped` says how the table lost it, if it did."""

    name: str
    column: TableColumn
    dropped: Dropped | None = None


@frozen
class Serving:
    """The computation from inputs to features.

    `derived` are expressions over inputs and over earlier derived values, each with its own key. `places` contains
    their paths in the spec. `values` maps each feature to the name of an input or to such a key.
    """

    inputs: tuple[ModelInput, ...]
    derived: Mapping[str, Tree]
    values: Mapping[str, str]
    places: Mapping[str, Path] = field(default_factory=dict, compare=False)

    def clash(self) -> tuple[ModelInput, ModelInput] | None:
        """Return two inputs with the same name, if there are any."""
        first: dict[str, ModelInput] = {}
        for one in self.inputs:
            if one.name in first:
                return first[one.name], one
            first[one.name] = one
        return None


def serving(table: Table, features: Sequence[str]) -> Serving:
    """Return what a client sends to get features, which are columns of the table.

    An input has the name of its column in the table or, if a step dropped it, its last name. Inputs and keys are in
    the order of the features, not in that of the table, which comes from maps and has no meaning.
    """
    sent, computed = boundary(table.nodes(features))
    shown = {column.node: ModelInput(name, column) for name, column in table.columns.items()}
    dropped = {one.column.node: ModelInput(one.name, one.column, one) for one in table.dropped}
    inputs = {node: shown.get(node) or dropped.get(node) or _unknown(node) for node in sent}
    keys = {node: one.name for node, one in inputs.items()}
    taken = {*keys.values()}
    derived: dict[str, Tree] = {}
    for node in computed:
        key = shown[node].name if node in shown else node.name
        while key in taken:
            key += "'"
        taken.add(key)
        expression = node.expression
        names = {name: keys[one] for name, one in zip(expression.names, node.inputs, strict=True)}
        keys[node], derived[key] = key, renamed(expression.tree, names)
    values = {name: keys[table.columns[name].node] for name in features}
    return Serving(tuple(inputs.values()), derived, values, {keys[node]: node.at for node in computed})


def _unknown(node: Node) -> ModelInput:
    """Return the input for a node that an invalid step has hidden."""
    return ModelInput(node.name, TableColumn.unknown(node))


def sendable(table: Table) -> list[str]:
    """Return the columns that do not depend on anything that is not known at prediction time."""
    late = first_reached((column.node for column in table.columns.values()), table.afterwards)
    return [name for name, column in table.columns.items() if column.node not in late]


def kept(table: Table) -> list[Dropped]:
    """Return the dropped columns that a client sends for columns of the table. Verifying an artifact needs them."""
    if not table.dropped:
        return []
    needed = {*boundary(table.nodes(sendable(table)))[0]}
    return [one for one in table.dropped if one.column.node in needed]
