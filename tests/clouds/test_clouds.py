"""Every cloud gives what local files give: single files, patterns, changes and what is missing. A soak tests all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.budget import examples, tell
from tests.cli.running import Command
from tests.cli.test_fetch_files import CSV, failed, outcomes, shipped
from tests.cli.test_fetch_files import write as write_one
from tests.cli.test_fetch_sets import DAYS, local, rows, write
from tests.clouds.emulators import CLOUDS, Bucket


@pytest.fixture(params=examples(["s3"], [*CLOUDS]))
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with CLOUDS[request.param](monkeypatch) as one:
        yield one


def test_a_file(mlbuild: Command, bucket: Bucket) -> None:
    (mlbuild.folder / "rows.csv").write_bytes(CSV)
    write_one(mlbuild.folder, "rows.csv")
    assert mlbuild("build", "-q").code == 0
    expected = shipped(mlbuild.folder)
    bucket.put("a b/rows.csv", CSV)
    write_one(mlbuild.folder, f"{bucket.url}/a b/rows.csv")
    ran = mlbuild("build", "--json")
    assert (ran.code, outcomes(ran)["ran"]) == (0, ["fetch:rows", "source:rows"]), ran.err
    assert shipped(mlbuild.folder) == expected
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    bucket.put("a b/rows.csv", CSV + b"40,1.5\n")
    assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]
    write_one(mlbuild.folder, f"{bucket.url}/nosuch.csv")
    ran = mlbuild("build")
    wanted = f"failed  fetch:rows: cannot fetch '{bucket.url}/nosuch.csv': there is no such file"
    assert (ran.code, failed(ran)) == (3, wanted)
    tell(f"{bucket.url.partition(':')[0]}: a file")


def test_a_pattern(mlbuild: Command, bucket: Bucket) -> None:
    expected = local(mlbuild)
    for number, name in enumerate(DAYS):
        bucket.put(f"clicks/{name}", rows(number * 20))
    bucket.put("clicks/other.txt", b"x")
    write(mlbuild.folder, f'"{bucket.url}/clicks/day=*/*.csv"')
    ran = mlbuild("build", "--json")
    assert (ran.code, outcomes(ran)["ran"][:2]) == (0, ["fetch:rows", "source:rows"]), ran.err
    assert shipped(mlbuild.folder) == expected
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    bucket.put("clicks/day=2026-01-03/new.csv", rows(80))
    assert "source:rows" in outcomes(mlbuild("build", "--json"))["ran"]
    write(mlbuild.folder, f'"{bucket.url}/nosuch/*.csv"')
    ran = mlbuild("build")
    assert ran.code == 3 and failed(ran).endswith("no file matches the pattern")
    tell(f"{bucket.url.partition(':')[0]}: a pattern")
