"""The same stages for every build tool: each reads three files of the previous layer and writes one.

`python -m tests.bench.stages` brings those in this folder up to date with mlbuild's engine alone, in one process.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from mlbuild.engine.decide.files import LocalFile
from mlbuild.engine.execution.run import build
from mlbuild.engine.graph import Input, Job, Plan, Task
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen

FAN_IN = 3
#: The file that one stage of the last layer but one reads. If it changes, that stage and its three readers are
#: stale.
LEAF = "in/leaf"
#: The file with the number of stages in a folder.
SIZE = "size"


@frozen
class Stages:
    """Layers of numbered stages. The first layer reads external files."""

    size: int

    @property
    def width(self) -> int:
        return {10: 5, 100: 10, 1_000: 20}.get(self.size, 100)

    def reads(self, number: int) -> list[int]:
        """Return the stages whose files a stage reads."""
        layer, place = divmod(number, self.width)
        return (
            [(layer - 1) * self.width + (place + step) % self.width for step in range(FAN_IN)]
            if layer
            else []
        )

    def file(self, number: int) -> str | None:
        """Return the external file that a stage reads."""
        if number == self.size - 2 * self.width:
            return LEAF
        return f"in/{number}" if number < self.width else None

    def paths(self, number: int) -> list[str]:
        """Return all files that a stage reads."""
        file = self.file(number)
        return [*([file] if file else []), *(self.target(other) for other in self.reads(number))]

    def target(self, number: int) -> str:
        """Return the file that a stage writes."""
        return f"out/{number}"

    def write_inputs(self, folder: Path) -> None:
        (folder / "in").mkdir(parents=True)
        (folder / "out").mkdir()
        for number in range(self.size):
            if file := self.file(number):
                (folder / file).write_text(f"{number}\n")


def checksums(stages: Stages) -> list[tuple[list[str], str]]:
    """Return the files that each stage reads, and the one that it writes."""
    return [(stages.paths(number), stages.target(number)) for number in range(stages.size)]


def checksum(job: Job) -> None:
    """Read small files and write one."""
    total = 0
    for part in job.params["reads"]:
        total = zlib.crc32(job.path("of", part).read_bytes(), total)
    if job.params["file"]:
        total = zlib.crc32(job.file("file").read_bytes(), total)
    job.write(job.params["part"], b"%d" % total)


def plan(stages: Stages) -> Plan:
    """Return the stages as tasks of mlbuild's engine."""
    tasks = []
    for number in range(stages.size):
        reads, file = stages.reads(number), stages.file(number)
        params = {"part": f"p{number}", "reads": [f"p{other}" for other in reads], "file": bool(file)}
        inputs = tuple(Input("of", f"s{other}", (f"p{other}",)) for other in reads)
        files = {"file": LocalFile(Path(file), file)} if file else {}
        tasks.append(Task(f"s{number}", "checksum", checksum, params, (f"p{number}",), inputs, files))
    return Plan({task.name: task for task in tasks})


def main() -> None:
    folder = Path.cwd()
    stages = Stages(int((folder / SIZE).read_text()))
    result = build(plan(stages), DiskStore.at(folder), folder)
    assert result.ok
    for name in result.ran:  # the results are in the store; those of other tools are files of the project
        (folder / stages.target(int(name[1:]))).write_bytes(b"")


if __name__ == "__main__":
    main()
