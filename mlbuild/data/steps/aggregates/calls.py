"""The columns of a step that aggregates rows: a call of an aggregate function for each name."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from mlbuild.columns import Schema
from mlbuild.data.contracts import bad_name, unusable
from mlbuild.data.lineage import Decision, Node, Pooled
from mlbuild.data.steps.finding import Finding
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.expressions.aggregates import LAG, LAST, Call, bind_call
from mlbuild.frozen import frozen
from mlbuild.params import Json

#: Under this key of a step.
COLUMNS = "columns"


@frozen
class Calls:
    """Calls of some functions by the names of the new columns; with `can_be_empty`, there may be no rows to call them
    with.
    """

    texts: Mapping[str, str]
    functions: Sequence[str]
    can_be_empty: bool

    def problems(self, table: Table, taken: Container[str]) -> Iterator[Problem]:
        """Report what is wrong with the names and calls. The new names must not be among those that are `taken`."""
        for name in self.texts:
            at = (COLUMNS, name)
            if unusable(name):
                yield bad_name(name, at)
            elif name in taken:
                message, help_ = (
                    f"there is already a column '{name}'",
                    "choose another name for the new column",
                )
                notes = (table.note(name),) if name in table.columns else ()
                yield Problem("duplicate-column", message, at, help_, on="key", notes=notes)
            try:
                for reading in (table.served, table.trained):
                    call = self._bound(name, reading)
            except Rejected as rejected:
                yield from rejected.problems
                continue
            yield from self._token_problems(call, name, table)

    def columns(
        self,
        table: Table,
        at: Path,
        match: Decision,
        earlier: Finding | None = None,
        chosen: Sequence[Node] = (),
    ) -> dict[str, TableColumn]:
        """Return the new columns, whose rows are decided by `match`.

        With `earlier`, these are rows whose values are known. `chosen` decided which of them exist.
        """
        made: dict[str, TableColumn] = {}
        for name in self.texts:
            served, trained = self._bound(name, table.served), self._bound(name, table.trained)
            read = tuple(table.nodes(served.names))
            inputs, rows = (tuple(earlier.see(read)), (*read, *chosen)) if earlier else (read, ())
            node = Pooled(name, (*at, COLUMNS, name), inputs, match, rows=rows)
            first, second = (call.type(self.can_be_empty) for call in (served, trained))
            made[name] = TableColumn(node, first, second, _token(served, table))
        return made

    def bound(self, table: Table) -> Iterator[Call]:
        """Yield the calls, with the types of what a client sends."""
        return (self._bound(name, table.served) for name in self.texts)

    def trees(self, table: Table) -> Json:
        return {name: self._bound(name, table.served).tree for name in self.texts}

    def _bound(self, name: str, schema: Schema) -> Call:
        try:
            return bind_call(self.texts[name], schema, self.functions, self.texts)
        except Rejected as rejected:
            raise Rejected(*(one.under(COLUMNS, name) for one in rejected.problems)) from None

    def _token_problems(self, call: Call, name: str, table: Table) -> Iterator[Problem]:
        """Report a string that can be missing here, although no string represents a missing value."""
        type_ = call.type(self.can_be_empty)
        if type_.dtype == "string" and type_.nullable and _token(call, table) is None:
            message = f"'{name}' can have missing values, but no string represents a missing value"
            help_ = (
                "use a column whose contract declares a 'null_token', or derive a number or a bool from it"
            )
            yield Problem("missing-null-token", message, (COLUMNS, name), help_)


def _token(call: Call, table: Table) -> str | None:
    """Return the text for a missing string, which is that of the column that is aggregated.

    A computed text can be any text, so none can represent a missing value.
    """
    plain: Any = call.argument and call.argument.names and call.argument.tree[0] == "column"
    if call.function in (LAST, LAG) and not plain:
        return None
    return table.columns[call.names[0]].null_token if plain else None
