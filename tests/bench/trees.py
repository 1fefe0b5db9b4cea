"""Projects of any size for timings: real specs over small files, with results that a script can write into the
store.

`python -m tests.bench.trees FOLDER --tasks 1000` writes a project and its results.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mlbuild import api
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.records import Action, Part, keep_action
from mlbuild.engine.decide.stale import Stale, World, decide
from mlbuild.engine.execution.order import extent_of
from mlbuild.engine.execution.perform import remember
from mlbuild.engine.exporting.export import export
from mlbuild.engine.graph import Task
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.spec.spec import Spec

#: What a build prints about its outputs.
_TOLD = {
    "parity.json": {
        "rows": {"real": 60, "adversarial": 80, "learner": 40},
        "max_difference": 0.0,
        "label_flips": 0,
    },
    "report.json": {"findings": []},
    "report": {"findings": []},
    "importance.json": {"findings": []},
    "drift.json": {"findings": []},
    "gates.json": {"gates": [], "findings": []},
    "metrics.json": {
        "metrics": {"train": {"rows": 60, "roc_auc": 0.75, "log_loss": 0.5}},
        "intervals": {"level": 0.95, "cluster": None, "splits": {}},
        "constant": {"train": {"roc_auc": 0.5, "log_loss": 0.7}},
        "threshold": None,
        "classes": None,
        "findings": [],
    },
}


@frozen
class Size:
    """The number of sources, each with a dataset, and of models, each with an output.

    There must be at least as many models as sources.
    """

    sources: int
    models: int

    @property
    def tasks(self) -> int:
        of_source, of_model = _numbers()
        return of_source * self.sources + of_model * self.models


def size_of(tasks: int) -> Size:
    """Return the size for about that many tasks, with one source per five models."""
    of_source, of_model = _numbers()
    models = max(1, round((tasks - of_source) / (of_model + of_source / 5)))
    return Size(max(1, models // 5), models)


@cache
def _numbers() -> tuple[int, int]:
    """Return the number of tasks of a source with its dataset, and of a model with its output."""
    found = []
    for models in (1, 2):
        with TemporaryDirectory() as folder:
            spec = api.load(write_project(Path(folder), Size(1, models)))
            found.append(len(api.plan(spec).tasks))
    return 2 * found[0] - found[1], found[1] - found[0]


#: A spec with about 300 lines.
LINES_300 = Size(20, 20)


def write_project(folder: Path, size: Size) -> Path:
    """Write the spec and the data of a project; return the spec."""
    (folder / "data").mkdir(parents=True)
    for number in range(size.sources):
        (folder / f"data/s{number}.csv").write_text("".join(_rows(number)))
    file = folder / "mlbuild.yaml"
    file.write_text("\n".join(_lines(size)) + "\n")
    return file


def _rows(number: int) -> Iterator[str]:
    yield "kind,amount,weight,late\n"
    for row in range(60):
        kind = "abc"[(row * 7 + number) % 3]
        amount, weight = (row * 31 + number) % 97, ((row * 17) % 53) / 8
        yield f"{kind},{amount},{weight},{'true' if (amount + row) % 3 == 0 else 'false'}\n"


def _lines(size: Size) -> Iterator[str]:
    yield from ("mlbuild: 1", "project: tree", "seed: 1")
    yield "x-like: &like {type: lightgbm.classifier, preprocessing: plain, target: late}"
    yield "sources:"
    for number in range(size.sources):
        yield f"  s{number}: {{path: data/s{number}.csv, contract: c{number}}}"
    yield "contracts:"
    for number in range(size.sources):
        yield f"  c{number}:"
        columns = (
            f"kind: {{dtype: string, categories: [a, b, c]}}, amount: {{dtype: float, max: {1000 + number}}}"
        )
        yield f"    columns: {{{columns}, weight: {{dtype: float, nullable: true}}, late: bool}}"
    yield "datasets:"
    for number in range(size.sources):
        yield f"  d{number}:"
        yield f"    from: s{number}"
        yield f"    steps: [{{op: derive, columns: {{ratio: amount / (weight + {number + 1})}}}}]"
        yield "    split: {type: hash, key: [amount, weight], valid: 0.2, test: 0.2}"
    yield "preprocessing:"
    yield "  plain:"
    yield "    - {op: impute, columns: [weight, ratio], strategy: median}"
    yield "    - {op: standard, columns: [amount, ratio]}"
    yield "    - {op: category, columns: kind}"
    yield "models:"
    for number in range(size.models):
        yield f"  m{number}:"
        yield "    <<: *like"
        yield f"    dataset: d{number % size.sources}"
        yield "    features: [kind, amount, weight, ratio]"
        yield "    params:"
        yield f"      num_iterations: {2 + number}"
        yield "      num_leaves: 4"
    yield "outputs:"
    yield from (f"  o{number}: {{model: m{number}}}" for number in range(size.models))


def seed(spec: Spec) -> int:
    """Record a result for every task, and write the outputs, without running any. Return the number of tasks."""
    plan, store = api.plan(spec), DiskStore.at(spec.root)
    store.begin()
    world = World(store, Digests(store.local, spec.root), spec.root, Code(store.local, plan.policy))
    done: dict[str, Action | None] = {}
    for name in extent_of(plan, None, False, False).ranks:
        task = plan.tasks[name]
        match decide(task, done, world):
            case Stale(ingredients):
                action = Action(
                    "20260101T000000Z-seeded", 0.0, {part: _part(task, part, store) for part in task.parts}
                )
                keep_action(store.actions, ingredients.key, action)
                remember(task, ingredients, action, world)
            case decision:  # equal keys are one task
                action = decision.action  # type: ignore[union-attr]  # every task before it has a result
        done[name] = action
        if task.exports:
            export(task, action, store, spec.root, action.build)
    world.outside.save()
    world.code.save()
    return len(done)


def _part(task: Task, part: str, store: DiskStore) -> Part:
    content = json.dumps(_TOLD.get(part, f"{task.name}/{part}")).encode()
    return Part(store.contents.put(content), len(content))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.trees", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", type=int, default=1000)
    options = parser.parse_args()
    count = seed(api.load(write_project(options.folder, size_of(options.tasks))))
    print(f"{options.folder}: {count} tasks")


if __name__ == "__main__":
    main()
