"""Commands immediately refuse anything that is not a regular file of a reasonable size, wherever it is in a
project.
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlbuild.regular import SPEC_LIMIT
from tests.cli.running import Command
from tests.cli.small import small
from tests.test_regular import IRREGULAR

#: The seconds that a test may take here. Normally it takes less than two.
HANG = 120
#: Where a project can have it, and the commands that read it there.
PLACES = {
    "x.mlbuild.yaml": ["check .", "check x.mlbuild.yaml", "-f x.mlbuild.yaml plan"],
    "part.yaml": ["check", "build", "plan", "render", "schema --project"],
    "rows.csv": ["check", "build", "plan", "schema --project", "init rows.csv -f new.yaml"],
    "rows.parquet": ["-f table.yaml check", "-f table.yaml build", "init rows.parquet -f new.yaml"],
    "mlbuild.lock": ["build --locked", "plan --locked", "build"],
    "mlbuild.schema.json": ["schema --write"],
}


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Make a test fail that would wait or read forever."""

    def late(number: int, frame: object) -> None:
        pytest.fail("it hangs")

    former, limits = signal.signal(signal.SIGALRM, late), resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 3 * 2**30, limits[1]))
    signal.setitimer(signal.ITIMER_REAL, HANG, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, former)


@pytest.mark.parametrize("kind", ["pipe", "device", "kernel log", "page map", "environment"])
@pytest.mark.parametrize("place", PLACES)
def test_commands_refuse_what_is_no_regular_file_at_once(mlbuild: Command, place: str, kind: str) -> None:
    spec = small(mlbuild.folder).read_text()
    (mlbuild.folder / "mlbuild.yaml").write_text(spec + "include: part.yaml\n")
    (mlbuild.folder / "table.yaml").write_text(spec.replace("rows.csv", "rows.parquet"))
    (mlbuild.folder / "part.yaml").write_text("x-own: 1\n")
    file = mlbuild.folder / place
    file.unlink(missing_ok=True)
    IRREGULAR[kind](file)
    for words in PLACES[place]:
        # `test_bounds` tests where links may lead.
        ran = mlbuild(*words.split(), "--allow-outside")
        told = ran.out + ran.err
        assert "Traceback" not in told and "HOME=" not in told, (words, told)
        if words in ("build", "schema --write") and place in ("mlbuild.lock", "mlbuild.schema.json"):
            assert ran.code == 0, told
            assert file.is_file() and not file.is_symlink()  # the written file replaces whatever was there
        elif words == "schema --project":  # it completes the names that are known
            assert ran.code == 0, told
        else:
            assert ran.code in (2, 3, 7), (words, told)
            assert (
                "not a regular file" in told
                or "no spec" in told
                or "cannot be read" in told
                or "no file" in told
            )


def test_a_spec_that_is_too_large_is_refused(mlbuild: Command) -> None:
    with (mlbuild.folder / "mlbuild.yaml").open("wb") as file:
        file.truncate(SPEC_LIMIT + 1)
    ran = mlbuild("check")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "mlbuild.yaml:1:1: error[missing-file]: cannot read the spec: larger than 50 MB",
    )


def test_included_files_that_are_too_large_together_are_refused(mlbuild: Command) -> None:
    names = ["a.yaml", "b.yaml", "c.yaml"]
    for name in names:
        with (mlbuild.folder / name).open("wb") as file:
            file.truncate(SPEC_LIMIT // 2)
    (mlbuild.folder / "mlbuild.yaml").write_text(f"mlbuild: 1\nproject: p\ninclude: [{', '.join(names)}]\n")
    told = mlbuild("check").err
    assert (
        "error[missing-file]: cannot include 'c.yaml': with it, the included files are larger than 50 MB"
        in told
    )
    assert "cannot include 'b.yaml'" not in told
