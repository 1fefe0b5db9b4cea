"""`mlbuild schema`: prints the schema, writes it into a project, and that of the project itself."""

from __future__ import annotations

import json

import pytest

from mlbuild.spec.schema import schema_text
from tests.cli.running import Command
from tests.spec.checking import FLIGHTS


@pytest.fixture
def project(mlbuild: Command) -> Command:
    (mlbuild.folder / "flights.csv").write_text("day,carrier,tailnum,distance,arr_delay\n")
    (mlbuild.folder / "planes.csv").write_text("tailnum,seats,year\n")
    (mlbuild.folder / "mlbuild.yaml").write_text(FLIGHTS)
    return mlbuild


def test_it_prints_the_schema_of_the_language(mlbuild: Command) -> None:
    ran = mlbuild("schema")
    assert (ran.code, ran.out, ran.err) == (0, schema_text(), "")
    assert mlbuild("schema", "--json").out == ran.out


def test_it_writes_a_copy_and_names_it_in_the_spec(project: Command) -> None:
    assert project("schema", "--write").out == "wrote mlbuild.schema.json\nwrote mlbuild.yaml\n"
    assert (project.folder / "mlbuild.schema.json").read_text() == schema_text()
    spec = "# yaml-language-server: $schema=mlbuild.schema.json\n" + FLIGHTS
    assert (project.folder / "mlbuild.yaml").read_text() == spec
    again = project("schema", "--write")
    assert again.out == "mlbuild.schema.json is up to date, and mlbuild.yaml names it\n"
    assert (project.folder / "mlbuild.yaml").read_text() == spec


def test_it_writes_the_schema_of_the_project(project: Command) -> None:
    assert project("schema", "--project", "--write").out == "wrote project.schema.json\nwrote mlbuild.yaml\n"
    text = (project.folder / "project.schema.json").read_text()
    assert project("schema", "--project").out == text
    assert json.loads(text)["definitions"]["name.model"]["enum"] == ["late"]
    first = (project.folder / "mlbuild.yaml").read_text().split("\n")[0]
    assert first == "# yaml-language-server: $schema=project.schema.json"


def test_a_folder_can_be_named_and_the_path_starts_from_the_spec(project: Command) -> None:
    (project.folder / "specs").mkdir()
    (project.folder / "specs" / "a.mlbuild.yaml").write_text("mlbuild: 1\nproject: p\n")
    ran = project("schema", "--write", "schemas", "-f", "specs/a.mlbuild.yaml", "--json")
    assert json.loads(ran.out) == {
        "schema_version": 1,
        "command": "schema",
        "ok": True,
        "exit_code": 0,
        "schema": "schemas/mlbuild.schema.json",
        "spec": "specs/a.mlbuild.yaml",
        "changed": ["schemas/mlbuild.schema.json", "specs/a.mlbuild.yaml"],
    }
    first = (project.folder / "specs" / "a.mlbuild.yaml").read_text().split("\n")[0]
    assert first == "# yaml-language-server: $schema=../schemas/mlbuild.schema.json"
    ran = project("schema", "--project", "--write", "-f", "specs/a.mlbuild.yaml")
    assert ran.out == "wrote specs/a.project.schema.json\nwrote specs/a.mlbuild.yaml\n"


def test_a_spec_with_mistakes_has_a_schema_and_one_that_is_no_yaml_has_none(project: Command) -> None:
    file = project.folder / "mlbuild.yaml"
    file.write_text(FLIGHTS.replace("target: late", "taget: late"))
    assert project("schema", "--project").code == 0
    file.write_text("a: [")
    ran = project("schema", "--project", "--write")
    assert ran.code == 2 and "error[bad-yaml]" in ran.err
    assert file.read_text() == "a: ["


def test_what_cannot_be_written_is_told(project: Command) -> None:
    ran = project("schema", "--write", "planes.csv")
    assert (ran.code, ran.err) == (2, "mlbuild: cannot write 'planes.csv': file exists\n")
    (project.folder / "mlbuild.yaml").unlink()
    ran = project("schema", "--write")
    assert ran.code == 2 and ran.err.startswith("mlbuild: there is no mlbuild.yaml in this folder\n")
