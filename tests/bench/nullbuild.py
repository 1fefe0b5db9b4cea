"""Compares null, incremental and full builds with other build tools.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install ninja doit snakemake dvc
    python -m tests.bench.nullbuild --peers /tmp/peers/bin

Measures the CPU time of whole processes with their children, and wall time. The tables go to docs/performance.md,
and the main figures to the README.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from mlbuild.frozen import frozen
from tests.bench.events import ALL_TOUCHED, EDITED, EVENTS, RIGHTNESS, Event, what_ran
from tests.bench.page import README, replace_section, table, write_section
from tests.bench.peers import Tool, tools
from tests.bench.process import BARE, Cost, cost, cpu, mlbuild_script, settle

SIZES = [10, 100, 1_000, 10_000]
_COLD = "full build"


@frozen
class Spent:
    """Medians of runs: CPU and wall seconds, and the ratio of CPU time to that of a bare Python run just before."""

    cpu: float
    wall: float
    ratio: float


#: The costs by event, tool and size.
Found = dict[tuple[str, str, int], Spent]
#: What each tool ran, by its name: in a full build, and after each event of `RIGHTNESS`.
Ran = dict[str, list[str]]


def measure(tool: Tool, size: int, place: Path, found: Found) -> None:
    """Build everything, then time each event.

    Raises:
        SystemExit: The tool runs something although nothing has changed.
    """
    tool.kind.write(place, size)
    if size <= tool.built:
        found[_COLD, tool.name, size] = _spent([(cpu(BARE), tool.run(place))])
    elif tool.kind.seed:
        tool.kind.seed(place, size)
    settle()
    for _ in range(min(tool.runs, 2)):  # the first run may see folders that were only just written
        tool.run(place)
    before = tool.kind.marks(place)
    for event in EVENTS:
        runs = tool.runs if not event.stale else min(tool.runs, 3)
        found[event.name, tool.name, size] = _spent([_pair(tool, place, event) for _ in range(runs)])
        if event is EVENTS[0] and tool.kind.marks(place) != before:
            raise SystemExit(f"{tool.name} with {size} tasks is never up to date")
    null = found[EVENTS[0].name, tool.name, size]
    print(f"{tool.name} {size}: {null.cpu:.4f} s, {null.ratio:.2f}", file=sys.stderr)


def _pair(tool: Tool, place: Path, event: Event) -> tuple[float, Cost]:
    event.happen(tool.kind, place)
    settle()
    return cpu(BARE), tool.run(place)


def _spent(pairs: Sequence[tuple[float, Cost]]) -> Spent:
    return Spent(
        median(own.cpu for _, own in pairs),
        median(own.wall for _, own in pairs),
        median(own.cpu / bare for bare, own in pairs),
    )


def bare(runs: int = 15) -> Spent:
    return _spent([(cpu(BARE), cost(BARE)) for _ in range(runs)])


def tables(found: Found, sizes: list[int]) -> str:
    null = EVENTS[0].name
    parts = [_table(found, sizes, f"{null}, ratio to bare Python", null, lambda spent: f"{spent.ratio:,.2f}")]
    for name in (*(event.name for event in EVENTS), _COLD):
        parts.append(_table(found, sizes, f"{name}, CPU s / wall s", name, _seconds))
    return "\n\n".join(parts)


def _table(found: Found, sizes: list[int], head: str, event: str, cell: Callable[[Spent], str]) -> str:
    names = list(dict.fromkeys(name for _, name, _ in found))
    rows = [
        [name, *(cell(found[key]) if (key := (event, name, size)) in found else "" for size in sizes)]
        for name in names
    ]
    return table([head, *(f"{size:,}" for size in sizes)], rows)


def _seconds(spent: Spent) -> str:
    return " / ".join(f"{one:.4f}" if one < 0.1 else f"{one:.2f}" for one in (spent.cpu, spent.wall))


def slope(found: Found, name: str, sizes: list[int]) -> str:
    """Return what each additional task costs a null build of a tool, in us, from each size to the next, ignoring
    small sizes.
    """
    null = EVENTS[0].name
    steps = [
        (found[null, name, large].cpu - found[null, name, small].cpu) / (large - small) * 1e6
        for small, large in itertools.pairwise(sizes)
        if small >= 100 and (null, name, large) in found
    ]
    return " and ".join(f"{step:.1f}" for step in steps)


def text(found: Found, sizes: list[int], alone: Spent, ran: Ran) -> str:
    rows = [[name, *cells] for name, cells in ran.items()]
    head = ["tasks that ran", "full build", *(event.name for event in RIGHTNESS)]
    return f"""\
`python -m tests.bench.nullbuild --peers FOLDER`, where FOLDER contains the other tools. To install them, run `python -m venv V`
and `V/bin/pip install ninja doit snakemake dvc`; FOLDER is then `V/bin`. make is that of the system. Tools that are not installed
are skipped. All tools run one task at a time. The values are medians of up to 15 runs, each paired with a run of bare Python;
snakemake and dvc run once.

`mlbuild` is the command on specs with about that many tasks: sources, contracts, datasets, and ten tasks per model from
fitting to publishing. Tasks that run do their real work: they read, train, export and verify. `mlbuild's engine` is the engine alone, without the
command and its fast paths. It and the other tools have the same number of stages, each of which reads three small files and
writes one. mlbuild's engine and doit compute the stages in their own process; the other tools start `cksum` for each. The file
that changes makes four of these stages stale. For mlbuild, it is the data of all models on one source.

Empty cells would take too long to measure: snakemake and dvc with 10,000 stages, and a full dvc build with 1,000 stages. For the
other measurements of dvc with 1,000 stages, a script wrote the results.

Bare Python (`python -c pass`), CPU s / wall s: {_seconds(alone)}.

{tables(found, sizes)}

Each additional task adds {slope(found, "mlbuild", sizes)} us to a null build of mlbuild, from 100 to 1,000 and from 1,000 to 10,000
tasks.
Budgets: 1.3 times bare Python at 1,000 tasks, and no more CPU time than ninja at 10,000 tasks.

The last table shows which tasks ran, out of 100 stages, and for mlbuild in a spec of 93 tasks (equal tasks of several models
count once). The file that is deleted or edited is the output of a stage in the middle. mlbuild keeps intermediate results in its
store, so there it is the published model, which mlbuild restores. `left wrong` means that files are wrong when the tool has
finished.

{table(head, rows)}"""


def summary(found: Found, sizes: list[int], ran: Ran) -> str:
    """Return the main figures, for the README."""
    null, shown = EVENTS[0].name, sizes[1:]
    noted = [event.name for event in RIGHTNESS]
    picked = [noted.index(event.name) + 1 for event in (ALL_TOUCHED, EDITED)]
    rows = [
        [
            name,
            *(
                f"{spent.cpu:.3f}" if (spent := found.get((null, name, size))) else "too slow"
                for size in shown
            ),
            *(cells[place] for place in picked),
        ]
        for name, cells in ran.items()
    ]
    head = [
        "",
        *(f"{size:,} tasks" for size in shown),
        "all modification times changed",
        "a result edited by hand",
    ]
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, action="append", default=[], help="a folder with other tools")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--dry-run", action="store_true", help="print the tables, leave the page as it is")
    options = parser.parse_args()
    found: Found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = tools(options.peers, mlbuild_script(folder))
        for number, tool in enumerate(chosen):
            for size in (size for size in options.sizes if size <= tool.largest):
                measure(tool, size, folder / f"{number}-{size}", found)
        ran = {tool.name: what_ran(tool, folder / f"right-{tool.name}") for tool in chosen if tool.kind.made}
        content = text(found, options.sizes, bare(), ran)
    short = summary(found, options.sizes, ran)
    print(f"{content}\n\n{short}")
    if not options.dry_run:
        write_section("nullbuild", "Null, incremental and full builds", content)
        replace_section(README, "nullbuild", short)


if __name__ == "__main__":
    main()
