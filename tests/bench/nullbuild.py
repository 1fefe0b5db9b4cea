"""What a build costs that has nothing to do, little or everything, beside other build tools.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install ninja doit snakemake dvc
    python -m tests.bench.nullbuild --peers /tmp/peers/bin

CPU time of whole processes with their children, and time by the clock. The tables go to docs/performance.md, and
the chief of their figures to the README.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.events import ALL_TOUCHED, EDITED, EVENTS, RIGHTNESS, Event, what_ran
from tests.bench.page import README, replace_section, table, write_section
from tests.bench.peers import Tool, tools
from tests.bench.process import BARE, Cost, cost, cpu, mlbuild_script, settle

SIZES = [10, 100, 1_000, 10_000]
_COLD = "nothing is there"


@dataclass(frozen=True)
class Spent:
    """Medians of runs: seconds of CPU and by the clock, and how many times the CPU of a bare Python run just before."""

    cpu: float
    wall: float
    ratio: float


#: What was spent by event, tool and size.
Found = dict[tuple[str, str, int], Spent]
#: What each tool ran, by its name: from nothing, and after each of `RIGHTNESS`.
Ran = dict[str, list[str]]


def measure(tool: Tool, size: int, place: Path, found: Found) -> None:
    """Build from nothing, then time each event.

    Raises:
        SystemExit: the tool runs something where nothing has changed.
    """
    tool.kind.write(place, size)
    if size <= tool.built:
        found[_COLD, tool.name, size] = _spent([(cpu(BARE), tool.run(place))])
    elif tool.kind.seed:
        tool.kind.seed(place, size)
    settle()
    for _ in range(min(tool.runs, 2)):  # the first one may find folders that were only just written
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
    parts = [_table(found, sizes, f"{null}, times bare Python", null, lambda spent: f"{spent.ratio:,.2f}")]
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
    """What a further task costs a null build of a tool, in us, from each size to the next; small ones tell nothing."""
    null = EVENTS[0].name
    steps = [
        (found[null, name, large].cpu - found[null, name, small].cpu) / (large - small) * 1e6
        for small, large in itertools.pairwise(sizes)
        if small >= 100 and (null, name, large) in found
    ]
    return " and ".join(f"{step:.1f}" for step in steps)


def text(found: Found, sizes: list[int], alone: Spent, ran: Ran) -> str:
    rows = [[name, *cells] for name, cells in ran.items()]
    head = ["tasks that ran", "from nothing", *(event.name for event in RIGHTNESS)]
    return f"""\
`python -m tests.bench.nullbuild --peers FOLDER`, where FOLDER has the other tools: `python -m venv V`, `V/bin/pip install
ninja doit snakemake dvc`, FOLDER is `V/bin`; make is that of the system. Tools that are not there are left out. One task at a
time; medians of up to 15 runs, each beside a bare Python; snakemake and dvc once.

`mlbuild` is the command on specs with about so many tasks: sources, contracts, datasets, and for each model ten tasks
from fitting to publishing; what runs really is read, trained, exported and verified. `mlbuild's engine`, without the
command and its quick answers, and the other tools have as many stages, each of which reads three small files and
writes one: mlbuild's engine and doit compute them in their own process, the others start `cksum` for each. The file
that changes makes four of these stages stale; with mlbuild it is the data of all models on one source.

What is left out takes too long: snakemake and dvc with 10,000 stages, dvc from nothing with 1,000, whose results a
script has put there.

A Python that does nothing: {_seconds(alone)}.

{tables(found, sizes)}

A further task costs a null build of mlbuild {slope(found, "mlbuild", sizes)} us, from 100 to 1,000 and from there to 10,000.
Budgets: at 1,000 tasks 1.3 times bare Python, at 10,000 no more CPU than ninja.

What ran, of 100 stages and of a spec of 93 tasks (equal ones of several models are one task). The file that
was deleted or edited is a stage's in the middle; with mlbuild, whose results in the middle lie in the store, it is the
model that was shipped, which is restored. `left wrong` are files that are not as they should be when the tool has ended.

{table(head, rows)}"""


def summary(found: Found, sizes: list[int], ran: Ran) -> str:
    """The chief figures, for the README."""
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
        "all files got other times",
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
        write_section("nullbuild", "Builds with nothing to do, little or everything", content)
        replace_section(README, "nullbuild", short)


if __name__ == "__main__":
    main()
