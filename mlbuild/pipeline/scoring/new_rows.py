"""Applies the steps of a dataset to new rows, some of whose values are not known yet.

A step that only chooses or sorts rows is left out if it needs such a value: it would drop all new rows, or sort them by
nothing. So is one that makes training data smaller. All other steps are applied as in a build. A column that cannot be
computed then is missing, which is refused if the model needs it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mlbuild.data import DATASET_STEPS
from mlbuild.data.casts import polars_type
from mlbuild.data.lineage import Node, depends_on, first_reached, walk
from mlbuild.data.serving import kept
from mlbuild.data.steps.apply import Keep, Report, apply_steps, kept_columns
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Json, read
from mlbuild.pipeline.parts import kept_under
from mlbuild.pipeline.scoring.new_file import NewFile
from mlbuild.spec.spec import DatasetSpec, DatasetStage, OutputSpec, Spec

if TYPE_CHECKING:
    import polars as pl

_EARLIER = (
    "put earlier rows, with their values, into the same file, and leave the values empty in the new rows"
)


@frozen
class LeftOut:
    """A step at a path of the spec that was not applied. `needs` is a column whose values are not known yet, or None if
    the step only makes training data smaller.
    """

    at: Path
    op: str
    needs: str | None


@frozen
class Prepared:
    """Rows for a model: its `inputs`, and the `table` that the dataset made of the files.

    `steps` has the numbers of rows before and after each step, as the report of a dataset. `gathered` are inputs with
    values that were made from several of the rows.
    """

    inputs: pl.DataFrame
    table: pl.DataFrame
    left_out: tuple[LeftOut, ...]
    steps: tuple[Json, ...]
    gathered: tuple[str, ...]


class NewRows:
    """The rows of new `files`, by source, for an output."""

    def __init__(self, spec: Spec, output: OutputSpec, files: Mapping[str, NewFile]) -> None:
        self._spec, self._output, self._files = spec, output, files
        model = spec.models[output.model]
        self._item = spec.datasets[model.dataset]
        self._absent = {node: name for one in files.values() for node, name in one.nodes.items()}
        target = self._item.table.columns[model.target.column].node
        self._afterwards = (*self._item.table.afterwards, target)
        self._left_out = {
            index: left for index, stage in enumerate(self._item.stages) if (left := self._left(stage))
        }

    def check(self, keep: Sequence[str]) -> None:
        """Check that the files have all columns that are needed for the inputs and for the columns to `keep`.

        Raises:
            Failed: Of kind `data`: a column is absent, or an input depends on a step that must be left out.
        """
        wanted = {one.column.node: f"input '{one.name}'" for one in self._output.serving.inputs}
        wanted |= {self._item.table.columns[name].node: f"column '{name}'" for name in keep}
        lacking = [node for node in walk(wanted, _edges) if node in self._absent]
        if lacking:
            leading = _leading(wanted, self._absent)
            names = listed(f"'{self._absent[node]}'" for node in lacking)
            for_ = listed(what for node, what in wanted.items() if node in leading)
            help_ = {"lines": [f"help: {_EARLIER}"]} if self._are_of_earlier_rows(lacking, wanted) else {}
            raise data_failure(f"the new rows have no values of {names}, needed for {for_}", **help_)
        decided = {
            one: left
            for index, left in self._left_out.items()
            for one in _decisions(self._item.stages[index])
        }
        for node, decision in _leading(wanted, decided).items():
            if node in wanted:
                left = decided[decision]
                file, line = self._spec.place(left.at)
                why = f"needs '{left.needs}'" if left.needs else "is only for training"
                message = f"{wanted[node]} is made from several rows, which step '{left.op}' ({file}:{line}) chooses; the step {why}"
                raise data_failure(message)

    def unknown(self, name: str) -> frozenset[str]:
        """Return the columns of a new file from which the target of a row is made, and none of its inputs."""
        inputs = _in_the_row(one.column.node for one in self._output.serving.inputs)
        behind = {*walk([self._afterwards[-1]], lambda node: node.inputs)} - inputs
        columns = self._files[name].source.table.columns
        return frozenset(column for column, one in columns.items() if one.node in behind)

    def _are_of_earlier_rows(self, lacking: Iterable[Node], wanted: Iterable[Node]) -> bool:
        """Whether values are not known yet in the rows to predict, and needed only of the rows before them."""
        late = {
            one.source.table.columns[column].node
            for name, one in self._files.items()
            for column, about in one.source.contract.columns.items()
            if not about.serving or column in self.unknown(name)
        }
        return {*lacking} <= late - _in_the_row(wanted)

    def needed(self) -> list[str]:
        """Return the sources without a new file whose rows are needed."""
        return [name for name in dict.fromkeys(self._below(self._item.name)) if name not in self._files]

    def prepared(self, stored: Mapping[str, pl.DataFrame]) -> Prepared:
        """Apply the steps. `stored` are the rows of the sources in `needed`.

        Raises:
            Failed: Of kind `data`: the rows violate a requirement of a step.
        """
        import polars as pl

        item = self._item
        indices = [index for index in range(len(item.stages)) if index not in self._left_out]
        places = {item.stages[index].at: place for place, index in enumerate(indices)}
        keep = [Keep(places[one.step], one.name, kept_under(one)) for one in kept(item.table)]
        report = Report()
        rows = self._applied(item, [item.stages[index] for index in indices], keep, stored, report)
        dropped = kept_columns(rows)
        inputs = [
            (rows[one.name] if one.dropped is None else dropped[kept_under(one.dropped)]).alias(one.name)
            for one in self._output.serving.inputs
        ]
        return Prepared(
            pl.DataFrame(inputs),
            rows.select([*item.table.columns]),
            tuple(self._left_out.values()),
            tuple(report.steps),
            tuple(self._gathered()),
        )

    def _left(self, stage: DatasetStage) -> LeftOut | None:
        """Return why a step is left out, if it is."""
        if stage.step.rows not in ("kept", "sorted") or _nodes(stage.before) != _nodes(stage.after):
            return None
        if stage.step.thins:
            return LeftOut(stage.at, stage.step.op, None)
        earlier = {stage.before.chosen, stage.before.ordered}
        nodes = walk(_decisions(stage), lambda node: () if node in earlier else _edges(node))
        late = first_reached(nodes, self._afterwards)
        for node in nodes:
            if node in self._absent or node in late:
                needs = self._absent.get(node) or late[node].name
                return LeftOut(stage.at, stage.step.op, needs)
        return None

    def _gathered(self) -> Iterator[str]:
        """Yield the inputs with values that are made from several rows of the new files."""
        own = {column.node for one in self._files.values() for column in one.source.table.columns.values()}
        nodes = [one.column.node for one in self._output.serving.inputs]
        pooled = {node for node in _leading(nodes, own) if node.pooled}
        leading = _leading(nodes, pooled)
        yield from (one.name for one in self._output.serving.inputs if one.column.node in leading)

    def _below(self, name: str) -> Iterator[str]:
        """Yield the sources whose rows a table is made of."""
        if name in self._spec.sources:
            yield name
            return
        item = self._spec.datasets[name]
        yield from self._below(item.source)
        for stage in item.stages:
            for other in stage.others:
                if not self._is_skipped(stage.step, other):
                    yield from self._below(other)

    def _is_skipped(self, step: DatasetStep, other: str) -> bool:
        """Whether the rows of another table are no new rows, and so are not appended."""
        return step.rows == "appended" and not {*self._below(other)} & {*self._files}

    def _applied(
        self,
        item: DatasetSpec,
        stages: Iterable[DatasetStage],
        keep: Iterable[Keep],
        stored: Mapping[str, pl.DataFrame],
        report: Report | None = None,
    ) -> pl.DataFrame:
        steps: list[DatasetStep] = []
        tables: dict[str, pl.DataFrame] = {}
        for index, stage in enumerate(stages):
            slots = {name: f"step{index}.{number}" for number, name in enumerate(stage.others)}
            for name, slot in slots.items():
                skipped = self._is_skipped(stage.step, name)
                tables[slot] = _empty(stage.others[name]) if skipped else self._rows(name, stored)
            told = stage.step.canonical(stage.before, slots)
            steps.append(read(DATASET_STEPS.named(told["op"]), told))
        return apply_steps(steps, self._rows(item.source, stored), tables, keep, report)

    def _rows(self, name: str, stored: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Return the rows of a source or dataset."""
        if name in self._files:
            return self._files[name].rows
        if name in self._spec.sources:
            return stored[name]
        item = self._spec.datasets[name]
        return self._applied(item, item.stages, (), stored)


def _edges(node: Node) -> Sequence[Node]:
    """Return what a value depends on, also in the row of another table that a join found, and in other rows."""
    return (*depends_on(node), *node.values_of)


def _in_the_row(nodes: Iterable[Node]) -> set[Node]:
    """Return the nodes, and what they depend on without values of other rows."""
    return {*walk(nodes, lambda node: () if node.pooled else _edges(node))}


def _leading(nodes: Iterable[Node], wanted: Container[Node]) -> dict[Node, Node]:
    """Map the nodes, and those behind them, to one of the wanted nodes that each leads to, if it leads to any."""
    found: dict[Node, Node] = {}
    for node in walk(nodes, _edges):
        if node in wanted:
            found[node] = node
        elif (reached := next((one for one in _edges(node) if one in found), None)) is not None:
            found[node] = found[reached]
    return found


def _nodes(table: Table) -> dict[str, Node]:
    return {name: column.node for name, column in table.columns.items()}


def _decisions(stage: DatasetStage) -> list[Node]:
    """Return what decides which rows the step keeps, and in which order."""
    before = {stage.before.chosen, stage.before.ordered}
    return [one for one in (stage.after.chosen, stage.after.ordered) if one is not None and one not in before]


def _empty(table: Table) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(schema={name: polars_type(one.served.dtype) for name, one in table.columns.items()})
