"""A source at a URL: it is fetched when it is due, kept, locked, explained, and its secrets show nowhere."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pytest

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format
from mlbuild.engine.decide.looks import Look, find_look, keep_look
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command, Ran
from tests.data import file_servers
from tests.data.file_servers import answer, guarded
from tests.data.workbooks import store

SPEC = """\
mlbuild: 1
project: shop
sources:
  rows: {path: "PATH", contract: row}
contracts:
  row: {columns: {x: float, y: float}}
datasets: {all: {from: rows, split: {type: random, valid: 0.2}}}
warnings: {no-skill: ignore}
models: {one: {type: sklearn.linear_regression, dataset: all, features: [x], target: y}}
outputs: {one: {model: one}}
"""
ROWS = pl.DataFrame({"x": [float(i) for i in range(40)], "y": [i * 7 % 11 / 2 for i in range(40)]})
CSV = ROWS.write_csv().encode()


class Place(Protocol):
    """A server of files: where they are, and how often it was asked."""

    url: str

    def put(self, name: str, content: bytes) -> None: ...


class Web:
    def __init__(self, site: file_servers.Site) -> None:
        self.site, self.url = site, site.url

    def put(self, name: str, content: bytes) -> None:
        self.site.files[f"/{name}"] = content


@pytest.fixture(params=["web", "s3"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if request.param == "web":
        with file_servers.web() as site:
            yield Web(site)
    else:
        with file_servers.cloud(monkeypatch) as bucket:
            yield bucket


@pytest.fixture
def site() -> Iterator[file_servers.Site]:
    with file_servers.web() as one:
        one.files["/rows.csv"] = CSV
        yield one


def write(folder: Path, path: str, keys: str = "") -> None:
    (folder / "mlbuild.yaml").write_text(SPEC.replace('"PATH"', f'"{path}"{keys}'))


def outcomes(ran: Ran) -> dict[str, list[str]]:
    """Return the tasks of a build by how they ended."""
    found: dict[str, list[str]] = {}
    for task in json.loads(ran.out)["tasks"]:
        found.setdefault(task["outcome"], []).append(task["task"])
    return found


def failed(ran: Ran) -> str:
    return next(line.strip() for line in ran.err.splitlines() if line.strip().startswith("failed"))


def shipped(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted((folder / "dist/one").iterdir())}


def test_it_is_fetched_in_each_build_and_nothing_runs_unless_it_changed(
    mlbuild: Command, place: Place
) -> None:
    place.put("a/rows.csv", CSV)
    write(mlbuild.folder, f"{place.url}/a/rows.csv")
    first = outcomes(mlbuild("build", "--json"))
    assert first["ran"][:2] == ["fetch:rows", "source:rows"] and "publish:one" in first["ran"]
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    place.put("a/rows.csv", CSV + b"40,1.5\n")
    assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]
    plan = {line.split()[1]: line for line in mlbuild("plan").out.splitlines() if line[:3] in ("RUN", "MAY")}
    assert "refresh: always (last fetched 20" in plan["fetch:rows"]
    assert plan["train:one"].startswith("MAYBE")
    assert mlbuild("plan", "--offline", "--exit-code").code == 0


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.type)
def test_each_format_gives_what_a_local_file_gives(
    mlbuild: Command, place: Place, format_: type[Format]
) -> None:
    name = f"rows{format_.suffixes[0]}"
    with (mlbuild.folder / name).open("wb") as file:
        store(format_(), ROWS, file)
    place.put(name, (mlbuild.folder / name).read_bytes())
    write(mlbuild.folder, name)
    assert mlbuild("build", "-q").code == 0
    expected = shipped(mlbuild.folder)
    write(mlbuild.folder, f"{place.url}/{name}")
    ran = mlbuild("build", "--json")
    assert (ran.code, outcomes(ran)["ran"]) == (0, ["fetch:rows", "source:rows"]), ran.err
    assert shipped(mlbuild.folder) == expected


def test_a_version_of_the_server_spares_the_content(mlbuild: Command, site: file_servers.Site) -> None:
    """It is only a hint: content is compared, too."""
    rows = pl.concat([ROWS] * 20_000).write_csv().encode()

    def patient(handler: Any) -> None:
        answer(handler, 200, rows, ETag=file_servers.tag(rows))
        site.sent += 1  # the client has read it all

    site.answers["/rows.csv"] = patient
    write(mlbuild.folder, f"{site.url}/rows.csv")
    assert mlbuild("build", "-q").code == 0
    sent = site.sent
    assert outcomes(mlbuild("build", "--json", "--refresh"))["ran"] == ["fetch:rows"]
    assert site.sent == sent
    site.answers["/rows.csv"] = lambda handler: answer(handler, 200, rows, ETag='"another"')
    assert outcomes(mlbuild("build", "--json", "--refresh"))["ran"] == ["fetch:rows"]


def test_until_it_is_due_no_connection_is_made(mlbuild: Command, site: file_servers.Site) -> None:
    write(mlbuild.folder, f"{site.url}/rows.csv", ", refresh: 6h")
    mlbuild("build", "-q")
    asked = len(site.asked)
    for words in (
        ("build",),
        ("build", "--json"),
        ("plan",),
        ("status",),
        ("check",),
        ("build", "--offline"),
    ):
        assert mlbuild(*words).code == 0
    assert len(site.asked) == asked
    store = open_store(mlbuild.folder)
    last = find_look(store.local, "fetch:rows")
    assert last is not None
    keep_look(store.local, "fetch:rows", Look(**{**vars(last), "at": last.at - 6.1 * 3600}))
    assert "refresh: 6h (last fetched" in mlbuild("plan").out
    assert len(site.asked) == asked
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    assert len(site.asked) == asked + 1


def test_offline_and_locked_use_what_was_fetched(mlbuild: Command, site: file_servers.Site) -> None:
    write(mlbuild.folder, f"{site.url}/rows.csv")
    none = mlbuild("build", "--offline")
    assert none.code == 7 and f"no data fetched from '{site.url}/rows.csv' is in the store" in none.err
    mlbuild("build", "-q")
    lock = mlbuild.folder / "mlbuild.lock"
    kept, model = lock.read_text(), shipped(mlbuild.folder)
    assert tomllib.loads(kept)["source"]["rows"].keys() == {"request", "sha256", "token"}
    site.files["/rows.csv"] = CSV + b"40,1.5\n"
    mlbuild("build", "-q")
    newer = lock.read_text()
    assert shipped(mlbuild.folder) != model
    site.files.clear()
    assert mlbuild("build", "--offline").code == 0
    lock.write_text(kept)
    asked = len(site.asked)
    assert mlbuild("build", "--locked").code == 0
    assert shipped(mlbuild.folder) == model and lock.read_text() == kept != newer
    assert len(site.asked) == asked
    write(mlbuild.folder, f"{site.url}/others.csv")
    other = mlbuild("build", "--locked")
    assert other.code == 7 and "the request for source 'rows' changed" in other.err


def test_a_variable_decides_whether_it_is_local(
    mlbuild: Command, site: file_servers.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mlbuild.folder / "rows.csv").write_bytes(CSV)
    write(mlbuild.folder, "${DATA:-.}/rows.csv", ", refresh: 1h")
    assert mlbuild("build", "-q").code == 0
    expected = shipped(mlbuild.folder)
    monkeypatch.setenv("DATA", site.url)
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows", "source:rows"]
    assert shipped(mlbuild.folder) == expected
    with file_servers.web() as other:
        other.files["/rows.csv"] = CSV
        monkeypatch.setenv("DATA", other.url)
        assert "it is fetched from another place" in mlbuild("plan").out
        assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
        assert mlbuild("build").err.startswith("0 ran") or other.asked


def test_another_endpoint_is_another_place(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_servers.cloud(monkeypatch) as bucket, file_servers.web() as other:
        bucket.put("rows.csv", CSV)
        other.files[f"/{bucket.bucket}/rows.csv"] = CSV + b"40,1.5\n"
        write(mlbuild.folder, f"{bucket.url}/rows.csv", ", refresh: never")
        assert mlbuild("build", "-q").code == 0
        assert mlbuild("plan", "--exit-code").code == 0
        monkeypatch.setenv("AWS_ENDPOINT_URL", other.url)
        assert "it is fetched from another place" in mlbuild("plan").out
        other.answers[f"/{bucket.bucket}/rows.csv"] = lambda handler: answer(
            handler, 200, CSV + b"40,1.5\n", ETag='"1"', Last_Modified="Sun, 29 Nov 2026 12:00:00 GMT"
        )
        assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]


def test_predict_reads_a_file_like_it(mlbuild: Command, site: file_servers.Site) -> None:
    site.files["/rows.csv"] = CSV.replace(b",", b";").replace(b"x", b"width")
    write(mlbuild.folder, f"{site.url}/rows.csv", ', delimiter: ";", read: {x: {from: width}}')
    assert mlbuild("build", "-q").code == 0
    (mlbuild.folder / "new.csv").write_text("width;y\n1.5;0\n3;0\n")
    ran = mlbuild("predict", "dist/one/model.onnx", "new.csv", "--like", "rows")
    assert ran.code == 0 and len(ran.out.splitlines()) == 3, ran


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("SITE/nosuch.csv", 3, "there is no such file (404)"),
        ("https://127.0.0.1:1/rows.csv", 7, "the connection was refused"),
        ("s3://BUCKET/nosuch.csv", 3, "there is no such file"),
        ("s3://BUCKET/rows.csv", 7, "the server does not accept the credentials (InvalidAccessKeyId)"),
    ],
)
def test_how_a_build_ends(
    mlbuild: Command,
    site: file_servers.Site,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    code: int,
    message: str,
) -> None:
    with file_servers.cloud(monkeypatch) as bucket:
        bucket.put("rows.csv", CSV)
        url = url.replace("SITE", site.url).replace("BUCKET", bucket.bucket)
        write(mlbuild.folder, url)
        if code == 3:
            ran = mlbuild("build")
        else:
            with guarded():
                ran = mlbuild("build")
    assert (ran.code, failed(ran)) == (code, f"failed  fetch:rows: cannot fetch '{url}': {message}")


def test_a_page_is_not_a_table(mlbuild: Command, site: file_servers.Site) -> None:
    site.files["/rows.csv"] = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
    write(mlbuild.folder, f"{site.url}/rows.csv")
    ran = mlbuild("build")
    assert ran.code == 3 and failed(ran).startswith("failed  source:rows: ") and "web page" in ran.err


def test_secrets_show_nowhere(
    mlbuild: Command, site: file_servers.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the store, the lock, JSON or messages, whatever happens."""
    secret = file_servers.SECRET
    printed: list[str] = []

    def say(*words: str, codes: tuple[int, ...] = (0, 6)) -> None:
        ran = mlbuild(*words)
        assert ran.code in codes, (words, ran.err)
        printed.append(ran.out + ran.err)

    with file_servers.cloud(monkeypatch) as bucket:
        monkeypatch.setenv("AWS_SESSION_TOKEN", f"{secret}-token")
        bucket.put(f"{secret}/rows.csv", CSV)
        site.files[f"/{secret}/rows.csv"] = CSV
        host = site.url.removeprefix("http://")
        for data in (f"http://bob:{secret}@{host}/{secret}", f"{bucket.url}/{secret}"):
            monkeypatch.setenv("DATA", data)
            write(mlbuild.folder, "${DATA}/rows.csv")
            for line in (
                "check|plan|build|plan --json|status --json|why fetch:rows --json|build --locked|build --offline -v|"
                "build --refresh --json|render|graph|describe rows --json|schema"
            ).split("|"):
                say(*line.split())
            for wrong in (
                f"{data}/nosuch",
                f"{data[:-3]}",
                f"https://{secret}.invalid",
                f"s3://{secret}",
                "ftp://x",
            ):
                monkeypatch.setenv("DATA", wrong)
                say("build", codes=(2, 3, 7))
                say("build", "--json", codes=(2, 3, 7))
            monkeypatch.setenv("DATA", data)
            with guarded():
                say("build", codes=(0, 7))
    assert not [text for text in printed if secret in text]
    files = [file for file in mlbuild.folder.rglob("*") if file.is_file()]
    assert len(files) > 40
    assert not [file for file in files if secret.encode() in file.read_bytes()]
