"""Drafts, checks and builds one table after the other, each in a forked process with a time limit."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.cli.main import main
from mlbuild.drafts.goal import Goal, choose_goal
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: Fewer rows prove nothing about a leak.
_FEWEST_FOR_LEAKS = 60
#: The seconds that a table may take, and the rows that are used of a large one.
PATIENCE, ROWS = 240, 30_000


@frozen
class Table:
    """A table, its target, and what a person sees in it: the time of its rows, and what its rows belong to."""

    package: str
    table: str
    target: str
    time: str
    groups: str

    @property
    def name(self) -> str:
        return f"{self.package} {self.table.rpartition('/')[2]}"


def run(table: Table, file: Path, folder: Path) -> dict[str, Any]:
    """Return what happened to a table: how far it came, what was printed, the split, the metrics and the CPU seconds."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(file, folder / file.name)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_in_child, args=(table, folder, file.name))
    process.start()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
    result = folder / "result.json"
    found = json.loads(result.read_text()) if result.exists() else {"stage": "died", "out": ""}
    return {"table": table.name, **found}


def _in_child(table: Table, folder: Path, file: str) -> None:
    os.chdir(folder)
    found: dict[str, Any] = {"stage": "init"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        started = time.process_time()
        if main(["init", file, "--target", table.target]) == 0:
            found |= {"init_cpu": time.process_time() - started, "said": out.getvalue(), "stage": "check"}
            if main(["check"]) == 0:
                found["stage"] = "build"
                if main(["build", "-j", "1", "--threads", "1", "-q"]) == 0:
                    found |= {"stage": "built", "metrics": _metrics(folder)}
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    found |= {"out": out.getvalue(), "cpu": cpu}
    if found["stage"] != "init":
        found |= _split(table, folder, file)
    Path("result.json").write_text(json.dumps(found))


def leaks(table: Table, file: Path, folder: Path) -> dict[str, bool]:
    """Add one column at a time that gives the target away, and return whether `init` names it."""
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_leaks_in_child, args=(table, file, folder))
    process.start()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
    result = folder / "leaks.json"
    found: dict[str, bool] = json.loads(result.read_text()) if result.exists() else {"died": False}
    return found


def _leaks_in_child(table: Table, file: Path, folder: Path) -> None:
    from mlbuild.data.inference import infer
    from mlbuild.drafts.draft import draft

    inferred, found = infer(file), dict[str, bool]()
    goal = choose_goal(inferred, table.target)
    if goal.rows.height >= _FEWEST_FOR_LEAKS:
        for kind, columns in _planted(goal).items():
            path = folder / "planted.csv"
            # As it is read, because the source may have other delimiters and words.
            inferred.rows.filter(inferred.rows[goal.name].is_not_null()).with_columns(columns).write_csv(path)
            made = draft(infer(path), path.name, "planted", goal.name)
            assert made.roles is not None
            told = {**made.roles.suspects, **made.roles.left_out}
            found[kind] = any(column.name in told for column in columns)
    (folder / "leaks.json").write_text(json.dumps(found))


def _planted(goal: Goal) -> dict[str, list[pl.Series]]:
    """Return columns that give the target away: by value or threshold, or in the same order or as a sum."""
    import numpy as np
    import polars as pl

    chance, target = np.random.default_rng(0), goal.rows[goal.name]
    if goal.classes:
        codes = target.cast(pl.String).rank("dense").to_numpy().astype(np.int64)
        words = [
            f"w{code}{'ab'[half]}"
            for code, half in zip(codes, chance.integers(0, 2, len(codes)), strict=True)
        ]
        value = pl.Series("planted", words)
        threshold = pl.Series("planted", codes * 10 + chance.random(len(codes)) * 9)
        return {"value": [value], "threshold": [threshold]}
    numbers = target.cast(pl.Float64).to_numpy()
    ranks = np.searchsorted(np.unique(numbers), numbers)
    part = np.round(chance.normal(numbers.mean(), numbers.std() or 1, len(numbers)), 6)
    parts = [pl.Series("planted", part), pl.Series("planted2", numbers - part)]
    return {"monotone": [pl.Series("planted", np.sqrt(ranks + 1))], "sum": parts}


def _metrics(folder: Path) -> dict[str, Any]:
    return {
        path.parent.name: json.loads(path.read_text())
        for path in sorted((folder / "dist").glob("*/metrics.json"))
    }


def _split(table: Table, folder: Path, file: str) -> dict[str, Any]:
    """Return the split, and of how many groups rows are in several parts."""
    from mlbuild import api
    from mlbuild.data.inference import infer

    spec, _ = api.check(folder / "mlbuild.yaml")
    if spec is None:
        return {}
    (dataset,) = spec.datasets.values()
    split = dataset.split
    assert split is not None and split.discriminator is not None
    found: dict[str, Any] = {"split": split.discriminator[1], "key": list(getattr(split, "key", ()))}
    if table.groups and found["key"]:
        rows = infer(folder / file).rows
        groups = rows.select([*{table.groups, *found["key"]}]).unique()
        found["torn"] = groups.height - groups[table.groups].n_unique()
    return found
