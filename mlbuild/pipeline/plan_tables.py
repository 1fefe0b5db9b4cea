"""Plans the tasks of sources, contracts and datasets."""

from __future__ import annotations

from mlbuild.data.serving import kept
from mlbuild.engine.graph import Input, Task
from mlbuild.params import Json, write
from mlbuild.pipeline.origins import DATASETS, SOURCES, Origins, Places, written
from mlbuild.pipeline.parts import SPLITS, WHOLE, kept_parts, kept_under, parts_of
from mlbuild.pipeline.tasks import contract, dataset, source
from mlbuild.spec.spec import DatasetSpec, SourceSpec, Spec


def source_tasks(spec: Spec, item: SourceSpec) -> list[Task]:
    return [_source(spec, item), _contract(spec, item)]


def _source(spec: Spec, item: SourceSpec) -> Task:
    return Task(
        name=f"source:{item.name}",
        kind="source",
        run=source.run,
        params={"source": item.source.format.canonical(item.contract.columns)},
        files=item.located.externals,
        parts=("faults", *parts_of([WHOLE], item.contract.columns)),
        uses=(item.source.kind,),
        libraries=("polars",),
        rank=SOURCES,
        origin=Origins(
            spec,
            {
                ("source",): item.at,
                ("source", "columns"): ("contracts", item.contract_name, "columns"),
            },
        ),
    )


def _contract(spec: Spec, item: SourceSpec) -> Task:
    parts = ("faults", *parts_of([WHOLE], item.contract.columns))
    return Task(
        name=f"contract:{item.name}",
        kind="contract",
        run=contract.run,
        params={"contract": write(item.contract.rules())},
        inputs=(Input("rows", f"source:{item.name}", parts),),
        parts=("verdict", "report"),
        libraries=("polars", "pandera"),
        rank=SOURCES,
        origin=Origins(spec, {("contract",): ("contracts", item.contract_name)}),
    )


def dataset_tasks(spec: Spec, item: DatasetSpec) -> list[Task]:
    """The dataset's task; and, where another one joins it although it is split, its rows before the split."""
    joined = any(item.name in stage.others for other in spec.datasets.values() for stage in other.stages)
    tasks = [_dataset(spec, item, split=True)]
    if joined and item.split is not None:
        tasks.append(_dataset(spec, item, split=False))
    return tasks


def _dataset(spec: Spec, item: DatasetSpec, split: bool) -> Task:
    inputs = [_whole(spec, item.source, "from")]
    steps: list[Json] = []
    seed = (*item.at, "split", "seed")
    places: Places = {
        ("from",): (*item.at, "from"),
        ("split",): (*item.at, "split"),
        ("split", "seed"): seed if written(spec, seed) else ("seed",),
    }
    for index, stage in enumerate(item.stages):
        slots = {name: f"step{index}.{number}" for number, name in enumerate(stage.others)}
        inputs += [_whole(spec, name, slot) for name, slot in slots.items()]
        steps.append(stage.step.canonical(stage.before, slots))
        places[("steps", index)] = stage.at
    divided = item.split if split else None
    kept_columns = kept(item.table) if divided else []
    stages = {stage.at: index for index, stage in enumerate(item.stages)}
    uses = dict.fromkeys(type(stage.step) for stage in item.stages)
    return Task(
        name=f"dataset:{item.name}" + ("" if split or item.split is None else "@rows"),
        kind="dataset",
        run=dataset.run,
        params={
            "tables": {slot.slot: _columns(slot) for slot in inputs},
            "steps": steps,
            "keep": [[stages[one.step], one.name, kept_under(one)] for one in kept_columns],
            "split": None if divided is None else write(divided),
        },
        inputs=(*inputs, *_verdicts(spec, item)),
        parts=(
            *parts_of([WHOLE] if divided is None else SPLITS, item.table.columns),
            *kept_parts(kept_columns),
        ),
        uses=(*uses, *([] if divided is None else [type(divided)])),
        libraries=("polars", "numpy"),
        rank=DATASETS,
        origin=Origins(spec, places),
    )


def _columns(table: Input) -> list[str]:
    """The columns of a table, sorted: their order in a contract, a map, means nothing."""
    return sorted(part.removeprefix(f"{WHOLE}/") for part in table.parts if part.startswith(f"{WHOLE}/"))


def _whole(spec: Spec, name: str, slot: str) -> Input:
    """All rows of a source or dataset as an input."""
    if name in spec.sources:
        return Input(slot, f"source:{name}", parts_of([WHOLE], spec.sources[name].contract.columns))
    item = spec.datasets[name]
    task = f"dataset:{name}" + ("" if item.split is None else "@rows")
    return Input(slot, task, parts_of([WHOLE], item.table.columns))


def _verdicts(spec: Spec, item: DatasetSpec) -> list[Input]:
    """The contracts of all sources read directly: what they give is only used once they hold."""
    names = dict.fromkeys([item.source, *(name for stage in item.stages for name in stage.others)])
    sources = [name for name in names if name in spec.sources]
    return [Input(f"verdict{index}", f"contract:{name}", ("verdict",)) for index, name in enumerate(sources)]
