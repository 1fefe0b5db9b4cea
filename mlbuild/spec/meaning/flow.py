"""Follows columns through sources and datasets, without reading data."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path as FilePath

from mlbuild.data.contracts import Contract
from mlbuild.data.folds.folds import Folds
from mlbuild.data.locators.locator import Located
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.spec.language import Dataset
from mlbuild.spec.layers.bounds import HELP, Bounds
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.spec import DatasetSpec, DatasetStage, SourceSpec

#: What to do about a dataset that needs a split.
SPLIT_HELP = "add one, such as 'split: {type: random, valid: 0.2}'"


def flow_sources(
    definitions: Definitions, root: FilePath, bounds: Bounds, findings: Findings, offline: bool
) -> dict[str, SourceSpec | None]:
    """Return the sources by name, None if the columns are unknown."""
    found: dict[str, SourceSpec | None] = {}
    for name, source in definitions.sources.items():
        found[name] = None
        if source is None:
            continue
        at = ("sources", name)
        located = source.locator.locate(root, os.environ)
        findings.extend(problem.under(*at) for problem in _unreadable(located, bounds, offline))
        known, place = definitions.contracts, (*at, "contract")
        meant = findings.named("unknown-contract", source.contract, known, "contract", place)
        defined = known[meant] if meant else None
        if meant and defined is not None:
            contract, doubtful = defined.contract, defined.doubtful
            if not doubtful:
                findings.extend(problem.under(*at) for problem in source.format.judge(contract.columns))
            table = _source_table(name, located.place, meant, contract, doubtful)
            found[name] = SourceSpec(name, source, located, meant, contract, table)
    return found


def _unreadable(located: Located, bounds: Bounds, offline: bool) -> tuple[Problem, ...]:
    """Return why a source cannot be read.

    For a file outside the project, do not even reveal whether it exists.
    """
    if all(map(bounds.hold, located.looked_at)):
        if offline and located.remote is not None:  # what was fetched from there is in the store
            return tuple(problem for problem in located.problems if problem.code != "missing-file")
        return located.problems
    return (Problem("outside-project", f"'{located.called}' is outside this project", (located.key,), HELP),)


def _source_table(
    name: str, place: str, contract_name: str, contract: Contract, doubtful: Collection[str]
) -> Table:
    """Return the table of a source. Nothing is known about the `doubtful` columns."""
    at = ("contracts", contract_name)
    table = contract.table(place, at)
    unknown = {column: TableColumn.unknown(table.columns[column].node) for column in doubtful}
    return replace(table.plus(unknown), place=(f"the contract of '{name}'", at))


def flow_datasets(
    definitions: Definitions, sources: Mapping[str, SourceSpec | None], findings: Findings
) -> dict[str, DatasetSpec | None]:
    """Return the datasets by name, None if their final columns are unknown."""
    _one_namespace(definitions, findings)
    known = {**definitions.datasets, **definitions.sources}
    meant: dict[str, str | None] = {}
    sound = {name: dataset for name, dataset in definitions.datasets.items() if dataset is not None}
    for name, dataset in sound.items():
        for at, table in _reads(name, dataset):
            meant[table] = findings.named("unknown-table", table, known, "source or dataset", at)
    found: dict[str, DatasetSpec | None] = dict.fromkeys(definitions.datasets)
    for name in _ordered(sound, definitions.sources, findings):
        found[name] = _Flow(name, sound[name], meant, sources, found, findings).run(definitions.seed)
    return found


def _one_namespace(definitions: Definitions, findings: Findings) -> None:
    for name in definitions.datasets:
        if name in definitions.sources:
            message = f"a source is already named '{name}'"
            help_ = "rename one of them: sources and datasets share a namespace"
            problem = Problem("duplicate-name", message, ("datasets", name), help_, on="key")
            findings.add(problem, ("first defined here", ("sources", name)))


def _reads(name: str, dataset: Dataset) -> Iterator[tuple[Path, str]]:
    """Yield the tables that a dataset reads, each with the place that names it."""
    at = ("datasets", name)
    yield (*at, "from"), dataset.from_
    for index, step in enumerate(dataset.steps):
        yield from (((*at, "steps", index, *below), table) for table, below in step.tables().items())
    for table, below in (dataset.split.tables() if dataset.split else {}).items():
        yield (*at, "split", *below), table


def _ordered(datasets: Mapping[str, Dataset], sources: Iterable[str], findings: Findings) -> list[str]:
    """Return the datasets, each after those that it reads.

    Those that are on a cycle, or depend on one, are left out.
    """
    reads = {
        name: {
            table: at
            for at, table in reversed([*_reads(name, dataset)])
            if table in datasets and table not in sources
        }
        for name, dataset in datasets.items()
    }
    broken: set[str] = set()
    while True:
        sorter = TopologicalSorter(
            {name: [table for table in tables if table not in broken] for name, tables in reads.items()}
        )
        try:
            return [name for name in sorter.static_order() if _whole(name, reads, broken)]
        except CycleError as error:
            cycle = error.args[1][:0:-1]
            broken.update(cycle)
            first = min(map([*datasets].index, cycle))
            start = cycle.index([*datasets][first])
            _tell_cycle([*cycle[start:], *cycle[:start]], reads, findings)


def _whole(name: str, reads: Mapping[str, Mapping[str, Path]], broken: set[str]) -> bool:
    """Whether a dataset reads no broken one; otherwise, mark it as broken. Call this in topological order."""
    if name in broken or name not in reads or any(table in broken for table in reads[name]):
        broken.add(name)
        return False
    return True


def _tell_cycle(cycle: list[str], reads: Mapping[str, Mapping[str, Path]], findings: Findings) -> None:
    steps = [*zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    message = "datasets depend on each other in a cycle: " + " -> ".join([*cycle, cycle[0]])
    notes = [(f"'{name}' reads '{table}' here", reads[name][table]) for name, table in steps[1:]]
    help_ = "make one of them start from a source"
    findings.add(Problem("cycle", message, reads[cycle[0]][steps[0][1]], help_), *notes)


class _Flow:
    """Follows the columns through one dataset."""

    def __init__(
        self,
        name: str,
        dataset: Dataset,
        meant: Mapping[str, str | None],
        sources: Mapping[str, SourceSpec | None],
        datasets: Mapping[str, DatasetSpec | None],
        findings: Findings,
    ) -> None:
        self.name, self.dataset, self.findings = name, dataset, findings
        self.meant, self.sources, self.datasets = meant, sources, datasets

    def run(self, seed: int) -> DatasetSpec | None:
        dataset_at: Path = ("datasets", self.name)
        source, before, table = self._start()
        if self.dataset.split is not None and self.dataset.split.tables():
            self._sources(self.dataset.split, dataset_at)
            # What is unique in each source need not be in all of them together.
            table = replace(table, unique=())
        stages = [*before]
        for index, written in enumerate(self.dataset.steps):
            step = written.seeded(seed)
            at = (*dataset_at, "steps", index)
            others = {name: other for name in step.tables() if (other := self._table(name)) is not None}
            after = self._after(step, at, table, others)
            stages.append(DatasetStage(step, others, table, after, at))
            table = after
        split = self.dataset.split
        if split is not None:
            self.findings.attempt((*dataset_at, "split"), split.infer, table)
            split = split.seeded(seed)
        folds = self._folds(table, dataset_at, seed)
        cluster = self._cluster(table, split, dataset_at)
        table = replace(table, place=(f"'{self.name}' is defined here", dataset_at))
        return DatasetSpec(self.name, source, tuple(stages), split, folds, cluster, table)

    def _folds(self, table: Table, at: Path, seed: int) -> Folds | None:
        folds = self.dataset.folds
        if folds is None:
            return None
        if self.dataset.split is None:
            message = f"dataset '{self.name}' needs a split, because 'folds' divides its training rows"
            problem = Problem("missing-split", message, at, SPLIT_HELP, on="key")
            self.findings.add(problem, ("the folds", (*at, "folds")))
        self.findings.attempt((*at, "folds"), folds.infer, table)
        return folds.seeded(seed)

    def _cluster(self, table: Table, split: Split | None, at: Path) -> Cluster | None:
        cluster = self.dataset.cluster
        if cluster is None:
            return split.cluster if split else None
        self.findings.attempt((*at, "cluster"), cluster.infer, table)
        return cluster

    def _sources(self, split: Split, at: Path) -> None:
        """Check that the rows of other sources can go through the same steps."""
        named = {self.dataset.from_: ("from",)} | {
            name: ("split", *below) for name, below in split.tables().items()
        }
        for name, below in named.items():
            if self.meant[name] in self.datasets:
                message = f"'{name}' is a dataset, but a sources split needs sources"
                self.findings.add(Problem("unknown-table", message, (*at, *below), "name a source"))
        first = self._thing(self.dataset.from_)
        for name, below in split.tables().items():
            other = self._thing(name)
            if isinstance(first, SourceSpec) and isinstance(other, SourceSpec):
                self._one_contract(first, other, (*at, "split", *below))
        if self.dataset.from_ in split.tables():
            message = f"the rows of '{self.dataset.from_}' are for training"
            self.findings.add(
                Problem("contradiction", message, (*at, "split", *split.tables()[self.dataset.from_]))
            )
        for index, step in enumerate(self.dataset.steps):
            if step.rows == "grouped":
                message = f"a sources split has no effect after '{step.op}', whose rows can come from several sources"
                help_ = "aggregate each source in a dataset, or split by a column"
                self.findings.add(Problem("contradiction", message, (*at, "steps", index, "op"), help_))

    def _one_contract(self, first: SourceSpec, other: SourceSpec, at: Path) -> None:
        if first.contract_name != other.contract_name:
            message = (
                f"'{other.name}' must have the contract of '{first.name}', which is '{first.contract_name}'"
            )
            note = (f"the contract of '{other.name}' is named here", ("sources", other.name, "contract"))
            self.findings.add(Problem("type-mismatch", message, at), note)

    def _after(self, step: DatasetStep, at: Path, table: Table, others: Mapping[str, Table]) -> Table:
        """Return the table after a step; if it, or a table that it reads, is invalid, what is still known."""
        if len(others) < len({*step.tables()}):
            return step.doubtful(table, at)
        try:
            return step.infer(table, others, at)
        except Rejected as rejected:
            self.findings.extend(problem.under(*at) for problem in rejected.problems)
            return step.doubtful(table, at)

    def _start(self) -> tuple[str, tuple[DatasetStage, ...], Table]:
        """Return the source that the dataset starts from, the steps from there on, and the resulting table.

        Of a table that is invalid, nothing is known.
        """
        thing = self._thing(self.dataset.from_)
        if isinstance(thing, DatasetSpec):
            return thing.source, thing.stages, thing.table
        if thing is None:
            return self.dataset.from_, (), Table({}).opened(("datasets", self.name, "from"))
        return thing.name, (), thing.table

    def _table(self, name: str) -> Table | None:
        thing = self._thing(name)
        return None if thing is None else thing.table

    def _thing(self, name: str) -> SourceSpec | DatasetSpec | None:
        meant = self.meant[name]
        if meant is None:
            return None
        return self.sources[meant] if meant in self.sources else self.datasets[meant]
