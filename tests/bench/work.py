"""Tasks without ML, and plans of them, to measure the overhead of the engine."""

from __future__ import annotations

import zlib
from pathlib import Path

from mlbuild.engine.graph import Input, Job, Plan, Task

#: The number of tasks in a layer of a wide plan, and the number of tasks of the previous layer that each of them
#: reads.
WIDTH = 20
FAN_IN = 3


def checksum(job: Job) -> None:
    """Read small files and write one."""
    total = job.params["number"]
    for part in job.parts("of") if job.params["reads"] else ():
        total = zlib.crc32(job.path("of", part).read_bytes(), total)
    job.write(job.params["part"], b"%d" % total)


def bare(folder: Path, size: int) -> None:
    """Do the work of `layers(size)` without an engine."""
    for number in range(size):
        total = number
        for source in sources(number):
            total = zlib.crc32((folder / f"{source:05}").read_bytes(), total)
        (folder / f"{number:05}").write_bytes(b"%d" % total)


def sources(number: int) -> list[int]:
    layer, place = divmod(number, WIDTH)
    return [(layer - 1) * WIDTH + (place + step) % WIDTH for step in range(FAN_IN)] if layer else []


def layers(size: int) -> Plan:
    """Return layers of tasks that read the previous layer."""
    tasks = []
    for number in range(size):
        reads = tuple(Input("of", f"t{source:05}", (f"{source:05}",)) for source in sources(number))
        part = f"{number:05}"
        tasks.append(
            Task(
                f"t{part}",
                "checksum",
                checksum,
                {"number": number, "part": part, "reads": bool(reads)},
                (part,),
                reads,
            )
        )
    return Plan({task.name: task for task in tasks})


def count(job: Job) -> None:
    """Keep one core busy."""
    total = job.params["number"]
    for step in range(job.params["steps"]):
        total = (total * 31 + step) % 1_000_003
    job.write("out", b"%d" % total)


def independent(size: int, steps: int) -> Plan:
    """Return independent tasks that only compute."""
    tasks = [
        Task(f"t{number:05}", "count", count, {"number": number, "steps": steps}, ("out",))
        for number in range(size)
    ]
    return Plan({task.name: task for task in tasks})
