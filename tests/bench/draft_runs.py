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
from typing import Any

from mlbuild.cli.main import main
from mlbuild.frozen import frozen

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
