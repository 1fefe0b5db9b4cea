"""A source of several files on servers: they are listed, fetched, kept as one, and read as local ones would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from mlbuild.data.servers.server import Listed
from tests.cli.running import Command
from tests.cli.test_fetch_files import Web, failed, outcomes, shipped
from tests.data import file_servers
from tests.data.file_servers import guarded

SPEC = """\
mlbuild: 1
project: shop
sources:
  rows: {type: csv, path: PATH, contract: row}
contracts:
  row: {columns: {day: date, x: float, y: float}}
datasets: {all: {from: rows, split: {type: random, valid: 0.2}}}
warnings: {no-skill: ignore}
models: {one: {type: sklearn.linear_regression, dataset: all, features: [x], target: y}}
outputs: {one: {model: one}}
"""
DAYS = ("day=2026-01-02/b.csv", "day=2026-01-01/z.csv", "day=2026-01-02/a b#1?.csv")


def rows(start: int) -> bytes:
    return "".join(["x,y\n", *(f"{start + i}.5,{(start + i) * 7 % 11}\n" for i in range(12))]).encode()


def write(folder: Path, path: str) -> None:
    (folder / "mlbuild.yaml").write_text(SPEC.replace("PATH", path))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[file_servers.Cloud]:
    with file_servers.cloud(monkeypatch) as one:
        for number, name in enumerate(DAYS):
            one.put(f"clicks/{name}", rows(number * 20))
        yield one


def local(mlbuild: Command, path: str = '"clicks/day=*/*.csv"') -> dict[str, bytes]:
    """Return what local files with the same content give."""
    for number, name in enumerate(DAYS):
        file = mlbuild.folder / "clicks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rows(number * 20))
    write(mlbuild.folder, path)
    assert mlbuild("build", "-q").code == 0
    return shipped(mlbuild.folder)


@pytest.mark.parametrize("pattern", ["clicks/day=*/*.csv", "**/day=2026-01-0[12]/*.csv", "clicks/*/*"])
def test_a_pattern_gives_what_local_files_give(
    mlbuild: Command, bucket: file_servers.Cloud, pattern: str
) -> None:
    bucket.put("clicks/day=2026-01-01/", b"")  # as consoles make folders
    for other in (
        "clicks/day=2026-01-01/.hidden.csv",
        "clicks/day=2026-01-01/more/x.csv",
        "clicks/x.csv",
    ):
        bucket.put(other, b"not,a\ntable\n")
    expected = local(mlbuild)
    write(mlbuild.folder, f'"{bucket.url}/{pattern}"')
    ran = mlbuild("build", "--json")
    assert (ran.code, outcomes(ran)["ran"][:2]) == (0, ["fetch:rows", "source:rows"]), ran.err
    assert shipped(mlbuild.folder) == expected
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    assert mlbuild("plan", "--offline", "--exit-code").code == 0


def removed(bucket: file_servers.Cloud) -> None:
    bucket.remove(f"clicks/{DAYS[0]}")


def moved(bucket: file_servers.Cloud) -> None:
    removed(bucket)
    bucket.put(f"clicks/{DAYS[0].replace('-02', '-03')}", rows(0))


CHANGES: dict[str, Callable[[file_servers.Cloud], None]] = {
    "a file that is changed": lambda bucket: bucket.put(f"clicks/{DAYS[1]}", rows(90)),
    "a file that is added": lambda bucket: bucket.put("clicks/day=2026-01-01/more.csv", rows(90)),
    "a file that is removed": removed,
    "a file in another partition": moved,
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_noticed_when_it_is_due(
    mlbuild: Command, bucket: file_servers.Cloud, change: str
) -> None:
    write(mlbuild.folder, f'"{bucket.url}/clicks/day=*/*.csv", refresh: 6h')
    assert mlbuild("build", "-q").code == 0
    CHANGES[change](bucket)
    assert mlbuild("plan", "--exit-code").code == 0
    assert outcomes(mlbuild("build", "--refresh", "--json"))["ran"][:2] == ["fetch:rows", "source:rows"]
    assert outcomes(mlbuild("build", "--refresh", "--json"))["ran"] == ["fetch:rows"]


def test_a_list_of_urls_keeps_its_order(mlbuild: Command, bucket: file_servers.Cloud) -> None:
    expected = local(mlbuild, f"[clicks/{DAYS[2]}, clicks/{DAYS[1]}, clicks/day=2026-01-02/b.csv]")
    with file_servers.web() as site:
        Web(site).put(f"clicks/{quote(DAYS[1], safe='/=')}", rows(20))
        write(
            mlbuild.folder,
            f'["{bucket.url}/clicks/day=2026-01-02/a*.csv", "{site.url}/clicks/{DAYS[1]}", '
            f'"{bucket.url}/clicks/{DAYS[0]}"]',
        )
        assert mlbuild("build", "-q").code == 0
        assert shipped(mlbuild.folder) == expected
        asked = len(site.asked)
        assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
        assert len(site.asked) == asked + 1  # only its version
        Web(site).put(f"clicks/{quote(DAYS[1], safe='/=')}", rows(70))
        assert "source:rows" in outcomes(mlbuild("build", "--json"))["ran"]
        lock = (mlbuild.folder / "mlbuild.lock").read_text()
        site.files.clear()
        assert mlbuild("build", "--locked").code == 0 == mlbuild("build", "--offline").code
        assert (mlbuild.folder / "mlbuild.lock").read_text() == lock
        assert mlbuild("build").code == 3


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            "clicks/day=2031*/*.csv",
            3,
            "fetch:rows: cannot fetch 's3://B/clicks/day=2031*/*.csv': no file matches the pattern",
        ),
        ("../nosuch-bucket/*.csv", 3, "fetch:rows: cannot fetch 's3://nosuch-bucket/*.csv': there is no such bucket"),
        ("clicks/**/*.csv", 3, "fetch:rows: the path 's3://B/clicks/x.csv' has no partitions, but 's3://B/clicks/day=2026-01-01/z.csv' has the partitions day"),
        ("other/*.csv", 3, "source:rows: 's3://B/other/b.csv' does not have"),
        ("bad/day=1/*.csv", 3, "source:rows: 's3://B/bad/day=1/rows.csv': "),
    ],
)  # fmt: skip
def test_what_can_be_wrong(
    mlbuild: Command, bucket: file_servers.Cloud, path: str, code: int, message: str
) -> None:
    bucket.put("clicks/x.csv", rows(1))
    bucket.put("other/a.csv", b"day,x,y\n2026-01-01,1,2\n")
    bucket.put("other/b.csv", b"day,x\n2026-01-01,1\n")
    bucket.put("bad/day=1/rows.csv", b'x,y\n1,"2\n')
    url = f"s3://{path[3:]}" if path.startswith("../") else f"{bucket.url}/{path}"
    write(mlbuild.folder, f'"{url}"')
    ran = mlbuild("build")
    if "does not have" in message:
        message = "source:rows: 's3://B/other/a.csv' has the column 'y', but 's3://B/other/b.csv' does not"
    assert ran.code == code
    assert failed(ran).startswith(f"failed  {message.replace('s3://B', bucket.url)}"), ran.err


def test_a_file_of_two_paths_is_refused(mlbuild: Command, bucket: file_servers.Cloud) -> None:
    write(mlbuild.folder, f'["{bucket.url}/**/z.csv", "{bucket.url}/clicks/{DAYS[1]}"]')
    ran = mlbuild("build")
    assert (ran.code, failed(ran)) == (
        3,
        f"failed  fetch:rows: '{bucket.url}/clicks/{DAYS[1]}' is one of the files of an earlier path",
    )


def test_rights_are_needed_to_list(mlbuild: Command, bucket: file_servers.Cloud) -> None:
    write(mlbuild.folder, f'"{bucket.url}/clicks/day=*/*.csv"')
    with guarded():
        ran = mlbuild("build")
    assert ran.code == 7 and "does not accept the credentials (InvalidAccessKeyId)" in failed(ran)


def test_a_bucket_that_changes_meanwhile(
    mlbuild: Command, bucket: file_servers.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlbuild.data.servers.cloud import S3

    listed, lists = S3.listed, list[str]()

    def changing(*given: object) -> Iterator[Listed]:
        lists.append("")
        if len(lists) == 2:
            bucket.put(f"clicks/{DAYS[1]}", rows(90))
        return listed(*given)  # type: ignore[arg-type]  # what it is given

    monkeypatch.setattr(S3, "listed", changing)
    write(mlbuild.folder, f'"{bucket.url}/clicks/day=*/*.csv"')
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 7 and failed(ran).endswith("it changed while it was being read; run the build again")


def test_secrets_show_nowhere(
    mlbuild: Command, bucket: file_servers.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, printed = file_servers.SECRET, list[str]()
    with file_servers.web() as site:
        Web(site).put(
            f"{secret}/rows.csv", rows(3).replace(b"x,", b"day,x,").replace(b"\n", b"\n2026-01-01,", 12)
        )
        bucket.put(f"{secret}/more.csv", b"day,x,y\n2026-01-02,1,2\n")
        monkeypatch.setenv("SITE", site.url.replace("://", f"://bob:{secret}@") + f"/{secret}")
        monkeypatch.setenv("DATA", f"{bucket.url}/{secret}")
        write(mlbuild.folder, '["${SITE}/rows.csv", "${DATA}/*.csv"]')
        for line in (
            "check",
            "plan",
            "build -v",
            "build --refresh --json",
            "why fetch:rows --json",
            "describe rows --json",
        ):
            ran = mlbuild(*line.split())
            assert ran.code == 0, ran.err
            printed.append(ran.out + ran.err)
        for name in ("SITE", "DATA"):
            monkeypatch.setenv(name, f"https://{secret}.invalid/{secret}")
            ran = mlbuild("build", "--json")
            assert ran.code in (2, 7)
            printed.append(ran.out + ran.err)
    assert not [text for text in printed if secret in text]
    files = [file for file in mlbuild.folder.rglob("*") if file.is_file()]
    assert len(files) > 30 and not [file for file in files if secret.encode() in file.read_bytes()]
