"""Where the columns of tables are written in a spec, to be told beside problems that they explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlbuild.data.join import Join
from mlbuild.diagnostics import Path, Problem
from mlbuild.spec.findings import Notes
from mlbuild.spec.spec import DatasetSpec, DatasetStage, SourceSpec


class Places:
    """Looks up definitions of columns: in contracts, in `derive` steps, through joins. Asked only where something is wrong."""

    def __init__(
        self, sources: Mapping[str, SourceSpec | None], datasets: Mapping[str, DatasetSpec | None]
    ) -> None:
        self.sources, self.datasets = sources, datasets

    def notes(self, problem: Problem, dataset: DatasetSpec) -> Notes:
        """What is to be told beside a problem with a dataset as it ends."""
        return self.notes_behind(problem, dataset.source, dataset.stages)

    def notes_behind(self, problem: Problem, source: str, stages: Sequence[DatasetStage]) -> Notes:
        """What is to be told beside a problem with the table that some steps leave."""
        if not problem.about:
            return ()
        here = self._behind(source, stages)
        found = [note for table, column in problem.about for note in self._note(table, column, here)]
        return tuple({at: (text, at) for text, at in reversed(found)}.values())[::-1]

    def _note(self, table: str, column: str, here: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
        places = self._of(table) if table else here
        if column in places:
            at = places[column]
            how = "declared" if at[0] == "contracts" else "defined"
            if not column and at[0] == "contracts":
                yield f"the contract of '{table}'", at
            else:
                what = f"'{column}' of '{table}'" if table and column else f"'{column or table}'"
                yield f"{what} is {how} here", at

    def _of(self, table: str) -> dict[str, Path]:
        """The places of a table's columns, and under "" its own."""
        source, dataset = self.sources.get(table), self.datasets.get(table)
        if source is not None:
            contract: Path = ("contracts", source.contract_name)
            return {"": contract} | {name: (*contract, "columns", name) for name in source.table.columns}
        return {"": dataset.at} | self._behind(dataset.source, dataset.stages) if dataset else {}

    def _behind(self, source: str, stages: Sequence[DatasetStage]) -> dict[str, Path]:
        places = self._of(source)
        del places[""]
        for stage in stages:
            made = [name for name in stage.after.columns if name not in places]
            step = stage.step
            if isinstance(step, Join):
                other = self._of(step.with_)
                places |= {name: other[name.removeprefix(step.prefix or "")] for name in made}
            else:
                places |= {name: (*stage.at, "columns", name) for name in made}
        return places
