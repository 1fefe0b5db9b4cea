"""A table need not be a local file: with another locator, a project builds, locks and explains itself as usual."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.sources import Source, source_of
from mlbuild.engine.execution.events import Event, TaskStarted
from mlbuild.engine.store.store import open_store
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Name, field, object_schema, params_of, read, write
from mlbuild.pipeline.lockfile import NotLocked
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
