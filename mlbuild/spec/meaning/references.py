"""Checks the columns of other sources that contracts refer to."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.data.contracts import Contract
from mlbuild.diagnostics import Path, Problem
from mlbuild.hints import did_you_mean, listed
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings


def referenced(contract: Contract) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the columns that refer to another one, each with the source and the column that it refers to."""
    for name, column in contract.columns.items():
        for one in column.rules():
            if one.rule.other is not None:
                yield name, one.rule.other


def check_references(definitions: Definitions, findings: Findings) -> None:
    """Check that what columns refer to exists, and has the same dtype.

    Two sources can refer to each other, because only their tables are read, not the verdicts on them.
    """
    for contract_name, defined in definitions.contracts.items():
        if defined is None:
            continue
        for name, (source, column) in referenced(defined.contract):
            if name not in defined.doubtful:
                at = ("contracts", contract_name, "columns", name, "references")
                _check(definitions, findings, at, contract_name, (source, column))


def _check(
    definitions: Definitions, findings: Findings, at: Path, contract: str, other: tuple[str, str]
) -> None:
    source, column = other
    if source in definitions.datasets and source not in definitions.sources:
        help_ = f"choose one of the sources: {listed(definitions.sources)}"
        findings.add(
            Problem("unknown-table", f"'{source}' is a dataset, not a source", (*at, "source"), help_)
        )
        return
    meant = findings.named("unknown-table", source, definitions.sources, "source", (*at, "source"))
    there = definitions.sources.get(meant) if meant else None
    theirs = definitions.contracts.get(there.contract) if there else None
    if there is None or theirs is None:
        return
    name = str(at[3])
    if column not in theirs.contract.columns:
        near = did_you_mean(column, theirs.contract.columns) or f"columns: {listed(theirs.contract.columns)}"
        message = f"unknown column '{column}' in the contract of '{meant}'"
        findings.add(Problem("unknown-column", message, (*at, "column"), near))
        return
    ours = definitions.contracts[contract]
    users = [one for one, defined in definitions.sources.items() if defined and defined.contract == contract]
    if column == name and users == [meant]:
        problem = Problem("no-effect", "the column refers to itself", at, "remove the rule", on="key")
        findings.add(problem)
    elif ours is not None and column not in theirs.doubtful:
        mine, found = ours.contract.columns[name].dtype, theirs.contract.columns[column].dtype
        if mine != found:
            message = f"column '{name}' is of dtype {mine}, but '{column}' of '{meant}' is of dtype {found}"
            there_ = ("contracts", there.contract, "columns", column)
            findings.add(Problem("type-mismatch", message, at, on="key"), ("it is defined here", there_))
