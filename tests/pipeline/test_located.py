"""A table need not be a local file: with another locator, a project builds, locks and explains itself as usual."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.remote import Remote, Wanted
from mlbuild.data.sources import Source, source_of
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.execution.events import Event, TaskStarted
from mlbuild.engine.store.store import open_store
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, Name, Text, field, object_schema, params_of, read, write
from mlbuild.pipeline.lockfile import NotLocked
from mlbuild.progress import Report
from mlbuild.spec.spec import Spec
from tests.engine.remote import asked, remote
from tests.projects import one_model

ROWS = "x;y\n" + "".join(f"{i};{i * 3 % 7}\n" for i in range(9))
LINE = "type: sklearn.linear_regression, features: [x], target: y"


@frozen
class Service(Locator):
    """A table of a service."""

    scheme = "service"

    table: str = field(Name("table"), "The table.")
    version: int = field(Integer(min=1), "Its version.", default=1)

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        place = root.parent / "service" / self.table
        called = f"service:{self.table}"
        return Located(called, {FILE: remote(place, ROWS, str(self.version))}, place=called)


#: What a spec could contain: `{type: service.csv, table: prices, version: 2, delimiter: ";", contract: price}`.
SERVED = source_of(Service, Csv)


@pytest.fixture
def project(tmp_path: Path) -> Spec:
    """A project whose rows come from a service."""
    (tmp_path / "project").mkdir()
    (tmp_path / "service").mkdir()
    return served(api.load(one_model(tmp_path / "project", "x: float, y: float", "", LINE)))


def served(spec: Spec, **keys: object) -> Spec:
    source = read(SERVED, {"table": "prices", "delimiter": ";", "contract": "row", **keys})
    item = replace(spec.sources["rows"], source=source, located=source.locator.locate(spec.root, {}))
    return replace(spec, sections={**spec.sections, "sources": {"rows": item}})


@frozen
class Feed(Locator):
    """A file that a service sends, in any format."""

    scheme = "feed"

    folder: str = field(Text(), "The folder of the service.")

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        return Located("the feed", {}, place=self.folder, remote=FedTable("the feed", "here", 0, self.folder))


@frozen
class FedTable(Remote):
    """What `fetch:S` asks. Its version is the number in a file, and its content is that of another file."""

    folder: str

    def request(self, wanted: Wanted) -> Json:
        return {"feed": "rows"}

    @contextmanager
    def opened(self, request: Json) -> Iterator[Fed]:
        if not Path(self.folder).exists():
            raise Failed(Failure("store", "the service does not answer"))
        yield Fed(Path(self.folder))


class Fed:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def version(self) -> str | None:
        file = self._folder / "version"
        return file.read_text() if file.exists() else None

    def write(self, file: Path, progress: Report) -> int:
        content = (self._folder / "content").read_text()
        file.write_text(content)
        return content.count("\n") - 1


FED = source_of(Feed, Csv)


def fed(spec: Spec, folder: Path) -> Spec:
    source = read(FED, {"folder": str(folder), "delimiter": ";", "contract": "row"})
    item = replace(spec.sources["rows"], source=source, located=source.locator.locate(spec.root, {}))
    return replace(spec, sections={**spec.sections, "sources": {"rows": item}})


def test_a_table_that_must_be_fetched_needs_no_other_code(project: Spec, tmp_path: Path) -> None:
    """A file in any format, with a version: it is fetched, kept and locked like a table of a database."""
    folder = tmp_path / "feed"
    spec = fed(project, folder)
    (failure,) = api.build(spec, threads=1, jobs=1).failures.values()
    assert (failure.kind, failure.message) == ("store", "the service does not answer")
    folder.mkdir()
    (folder / "content").write_text(ROWS)
    assert ran(spec)[:2] == ["fetch:rows", "source:rows"]
    assert ran(spec) == ["fetch:rows"]
    (folder / "version").write_text("1")
    assert ran(spec) == ["fetch:rows"]
    (folder / "content").write_text(ROWS + "9;1\n")
    assert ran(spec) == ["fetch:rows"]  # of the same version
    (folder / "version").write_text("2")
    assert "train:one" in ran(spec)
    lock = (project.root / "mlbuild.lock").read_text()
    assert "rows = 10" in lock and "token = " in lock
    (folder / "version").write_text("3")
    (folder / "content").unlink()
    assert ran(spec, locked=True) == []
    kept = [file.read_bytes() for file in (project.root / ".mlbuild").rglob("*") if file.is_file()]
    assert not any(bytes(folder) in content for content in kept)


def ran(spec: Spec, locked: bool = False) -> list[str]:
    events: list[Event] = []
    result = api.build(spec, threads=1, jobs=1, events=events.append, locked=locked)
    assert result.ok, result.failures
    return [event.task for event in events if isinstance(event, TaskStarted)]


def test_a_source_has_the_keys_of_its_locator_and_of_its_format() -> None:
    source: Source = read(SERVED, {"table": "prices", "delimiter": ";", "contract": "row"})
    assert source.locator == Service(table="prices") and source.format == Csv(delimiter=";")
    schema = object_schema(SERVED)
    own = [key for key in params_of(Csv) if key != "read"]
    assert [*schema["properties"]] == ["type", "table", "version", "contract", "read", *own]
    assert schema["required"] == ["type", "table", "contract"]
    assert read(SERVED, write(source)) == source


def test_what_is_read_is_known_by_its_content(project: Spec, tmp_path: Path) -> None:
    assert "source:rows" in ran(project)
    assert ran(project) == []
    # A new version is read once. Because the content is the same, nothing runs.
    looked = asked(tmp_path / "service/prices")
    assert ran(served(project, version=2)) == []
    assert asked(tmp_path / "service/prices") == looked + 1
    # Nor is the location of the content stored.
    kept = [file.read_bytes() for file in (project.root / ".mlbuild").rglob("*") if file.is_file()]
    assert any(b"service:prices" in content for content in kept)
    assert not any(bytes(tmp_path / "service") in content for content in kept)


def test_the_lock_holds_its_content(project: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(project)
    assert ran(project, locked=True) == []
    lock = (project.root / "mlbuild.lock").read_text()
    assert "[source.rows]" in lock
    monkeypatch.setattr(f"{__name__}.ROWS", ROWS + "9;1\n")
    with pytest.raises(NotLocked, match="1 entry would change"):
        ran(served(project, version=3), locked=True)


def test_the_record_of_a_build_has_its_digest(project: Spec) -> None:
    ran(project)
    ((_, note),) = open_store(project.root).local.notes("runs")
    assert isinstance(note, dict)
    assert len(note["sources"]["rows"]) == 64
    json.dumps(note)
