"""Reads a file that takes the place of a source. Columns whose values are not known yet can be absent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.data.faults import MISSING, Fault, faulty
from mlbuild.data.formats.format import Format
from mlbuild.data.lineage import Node
from mlbuild.data.rules.rule import ERROR
from mlbuild.data.violations import violations
from mlbuild.frozen import frozen
from mlbuild.pipeline.private import private_of
from mlbuild.spec.spec import SourceSpec

if TYPE_CHECKING:
    import polars as pl


@frozen
class NewFile:
    """The rows of a file, with the columns of the contract of its source.

    `absent` are those that the file does not have. They are missing in all rows.
    """

    name: str
    source: SourceSpec
    rows: pl.DataFrame
    absent: tuple[str, ...]
    lines_before: int | None

    @staticmethod
    def read(file: Path, form: Format, source: SourceSpec) -> NewFile:
        """Read the columns of the contract, as far as the file has them.

        Raises:
            Failed: Of kind `data`: the file cannot be read, or a value does not parse.
            OSError: The file cannot be opened.
        """
        rows, faults = form.read(
            file, {name: column.parsed() for name, column in source.contract.columns.items()}
        )
        absent = tuple(fault.columns[0] for fault in faults if fault.rule == MISSING)
        before = form.lines_before(file, rows.height)
        found = NewFile(str(file), source, rows, absent, before)
        found._refuse([fault for fault in faults if fault.rule != MISSING])
        return found

    @property
    def nodes(self) -> dict[Node, str]:
        """The absent columns, by node."""
        return {self.source.table.columns[name].node: name for name in self.absent}

    def check(
        self, others: Mapping[tuple[str, str], pl.Series], unknown: Collection[str] = ()
    ) -> list[Fault]:
        """Check the rows against the contract, and return its warnings.

        `others` are columns of other sources. The columns `unknown`, and those with `serving: false`, can be missing.
        Rules about absent columns, and about the table as a whole, such as its number of rows, are not checked. A rule
        that a share of the rows may violate only warns.

        Raises:
            Failed: Of kind `data`: a rule is violated.
        """
        contract = self.source.contract
        late = {*unknown, *(name for name, column in contract.columns.items() if not column.serving)}
        absent = [Fault((name,), MISSING) for name in self.absent]
        found = violations(self.rows, contract.rules().for_rows(), absent, others, unknown=late)
        kept = [fault for fault in found if fault.rule != MISSING]
        self._refuse([fault for fault in kept if fault.level == ERROR])
        return [self._shown(fault) for fault in kept]

    def _refuse(self, faults: list[Fault]) -> None:
        if faults:
            message = f"'{self.name}' violates contract '{self.source.contract_name}'"
            raise faulty(message, [self._shown(fault) for fault in faults])

    def _shown(self, fault: Fault) -> Fault:
        """Return the fault with the lines of the file, and without private values."""
        return replace(fault, lines_before=self.lines_before).keeping(private_of(self.source))
