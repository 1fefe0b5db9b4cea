"""What the steps share that match the rows of a table with rows of another table, by columns with equal values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from mlbuild.data.faults import Fault, faulty
from mlbuild.data.steps.finding import Finding
from mlbuild.data.steps.step import near
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import listed

if TYPE_CHECKING:
    import polars as pl
#: A person should know if a join that keeps all rows finds a match for a smaller share of them.
FEWEST_FOUND = 0.01


@frozen
class Match:
    """How rows of this table match rows of the table `right`, which is called `name`.

    `keys` maps columns here to those in the other table that must have the same value. `optional` is whether a row
    without a match is kept. Columns of the other table get the `prefix` here.
    """

    table: Table
    right: Table
    name: str
    keys: Mapping[str, str]
    prefix: str | None = None
    optional: bool = True

    @property
    def others(self) -> list[str]:
        """The columns of the other table that are not keys."""
        keys = {*self.keys.values()}
        return [name for name in self.right.columns if name not in keys]

    def renamed(self, name: str) -> str:
        """Return the name that a column of the other table gets here."""
        return (self.prefix or "") + name

    def added(self, finding: Finding) -> dict[str, TableColumn]:
        """Return the columns of the other table as they appear here.

        The client sends their values, whatever they were computed from.
        """
        nodes = finding.see(self.right.nodes(self.others))
        columns = [self.right.columns[name] for name in self.others]
        return {
            self.renamed(name): TableColumn(
                node,
                column.served.with_nullable(column.served.nullable or self.optional),
                column.trained.with_nullable(column.trained.nullable or self.optional),
                column.null_token,
                column.sure,
            )
            for name, column, node in zip(self.others, columns, nodes, strict=True)
        }

    def key_problems(self, paths: Mapping[str, Path]) -> Iterator[Problem]:
        """Report keys that do not exist in one of the tables, or have different dtypes; each key has its path."""
        for name, there in self.keys.items():
            at = paths[name]
            if name not in self.table.columns:
                on: Literal["key", "value"] = "key" if at[-1] == name else "value"
                yield Problem("unknown-column", f"unknown column '{name}'", at, near(name, self.table), on)
            elif there not in self.right.columns:
                message = f"'{self.name}' has no column '{there}'"
                yield Problem("unknown-column", message, at, near(there, self.right))
            else:
                yield from differing_dtypes(self.table, name, self.right, there, self.name, at)

    def column_problems(self, forgotten: Sequence[str] = ()) -> Iterator[Problem]:
        """Report columns that cannot be added. Nothing is said about names of keys that were probably forgotten."""
        if self.prefix and not self.others:
            message = f"'prefix' has no effect: '{self.name}' has no columns other than the keys"
            yield Problem("no-effect", message, ("prefix",), "remove it", on="key")
        added = [name for name in self.others if name not in forgotten]
        yield from self._clashes([name for name in added if self.table.has(self.renamed(name))])
        for name in self.others:
            column = self.right.columns[name]
            missing = self.optional or column.served.nullable
            if column.served.dtype == "string" and missing and column.null_token is None:
                message = f"'{name}' of '{self.name}' can have missing values after this join, but no string represents a missing value"
                declared = f"add a 'null_token' to column '{column.node.name}' in the contract"
                help_ = declared if column.node.declared else "derive it after the join"
                notes = (self.right.note(name, self.name),)
                yield Problem("missing-null-token", message, ("with",), help_, notes=notes)

    def _clashes(self, names: Sequence[str]) -> Iterator[Problem]:
        """Report the columns that would exist twice. One `prefix` fixes all of them."""
        if names:
            second = listed(f"'{self.renamed(name)}'" for name in names)
            message = f"'{self.name}' would add a second column {second}"
            help_ = f"add a 'prefix' to tell them apart, such as '{self.name}_'"
            at = ("prefix",) if self.prefix else ("with",)
            notes = (self.table.note(self.renamed(names[0])), self.right.note(names[0], self.name))
            yield Problem("duplicate-column", message, at, help_, notes=notes)


def differing_dtypes(
    table: Table, name: str, other: Table, there: str, other_name: str, at: Path
) -> Iterator[Problem]:
    """Report a column of this table and one of another table that must have the same dtype, but do not."""
    left, right = table.columns[name].served, other.columns[there].served
    if left.known and right.known and left.dtype != right.dtype:
        if name == there:
            message = f"'{name}' is of dtype {left.dtype} here, but of dtype {right.dtype} in '{other_name}'"
        else:
            message = f"'{name}' is of dtype {left.dtype}, but '{there}' of '{other_name}' is of dtype {right.dtype}"
        notes = (table.note(name), other.note(there, other_name))
        help_ = "declare the same dtype in both contracts"
        yield Problem("type-mismatch", message, at, help_, notes=notes)


def demand_unique(rows: pl.DataFrame, names: Sequence[str], otherwise: str) -> None:
    """Check that no two rows are equal in these columns; missing values are never equal.

    Raises:
        Failed: Of kind `data`, with the message `otherwise`.
    """
    keys = rows.select(names)
    repeated = keys.is_duplicated()
    for name in names:
        repeated &= keys[name].is_not_null()
    if repeated.any():
        rule = f"unique [{', '.join(names)}]"
        raise faulty(otherwise, [Fault.of(names, rule, repeated.arg_true().to_list(), keys)])
