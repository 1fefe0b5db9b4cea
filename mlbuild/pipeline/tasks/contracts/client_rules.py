"""What clients of a model can check: the rules in the contracts of the columns that they send."""

from __future__ import annotations

from mlbuild.data.contracts import Column
from mlbuild.data.lineage import Found, Node
from mlbuild.params import Json
from mlbuild.spec.spec import OutputSpec, Spec


def client_rules(spec: Spec, output: OutputSpec) -> dict[str, Json]:
    """Return the rules of each input of an output that has some, as keywords of JSON Schema by the name of the rule.

    Rules that only warn, or that some rows may violate, are left out. A value that several rows made has no contract.
    """
    columns = {
        id(source.table.columns[name].node): column
        for source in spec.sources.values()
        for name, column in source.contract.columns.items()
    }
    found = {}
    for one in output.serving.inputs:
        column = columns.get(id(_read(one.column.node)))
        if column is not None and (rules := _keywords(column)):
            found[one.name] = rules
    return found


def _read(node: Node) -> Node:
    """Return the column of a file that a join found, or the node itself."""
    while isinstance(node, Found):
        node = node.of
    return node


def _keywords(column: Column) -> Json:
    stated = (one.rule for one in column.rules() if one.certain)
    return {rule.rule: keywords for rule in stated if (keywords := rule.keywords(column.dtype))}
