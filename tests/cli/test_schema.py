"""`mlbuild schema`: prints the schema, writes it into a project, and does the same for the schema of the project."""

from __future__ import annotations

import json

import pytest

from mlbuild.spec.shape.schema import schema_text
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
    assert again.out == "mlbuild.schema.json is up to date and referenced by mlbuild.yaml\n"
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


@pytest.mark.parametrize(
    ("name", "words"),
    [("mlbuild.schema.json", ("--write",)), ("project.schema.json", ("--project", "--write"))],
)
def test_a_link_is_replaced_and_its_target_stays(project: Command, name: str, words: tuple[str, ...]) -> None:
    link, target = project.folder / name, project.folder.parent / "target"
    target.write_text(FLIGHTS)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    assert project("schema", *words).code == 0
    assert target.read_text() == FLIGHTS
    assert not link.is_symlink() and link.read_text() != FLIGHTS
    assert project("schema", *words).out.endswith(" referenced by mlbuild.yaml\n")


def test_a_spec_that_is_a_link_to_another_one_of_the_project_stays_one(project: Command) -> None:
    spec, real = project.folder / "mlbuild.yaml", project.folder / "real.yaml"
    spec.rename(real)
    spec.symlink_to(real)
    assert project("schema", "--write").code == 0
    assert spec.is_symlink() and real.read_text().endswith(f"schema.json\n{FLIGHTS}")


def test_the_spec_keeps_its_permissions(project: Command) -> None:
    spec = project.folder / "mlbuild.yaml"
    spec.chmod(0o600)
    assert project("schema", "--write").code == 0
    assert spec.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_told(project: Command) -> None:
    ran = project("schema", "--write", "planes.csv")
    assert (ran.code, ran.err) == (2, "mlbuild: cannot write 'planes.csv': file exists\n")
    (project.folder / "mlbuild.schema.json").mkdir()
    ran = project("schema", "--write")
    assert (ran.code, ran.err) == (2, "mlbuild: cannot write 'mlbuild.schema.json': is a directory\n")
    (project.folder / "mlbuild.yaml").unlink()
    ran = project("schema", "--write")
    assert ran.code == 2 and ran.err.startswith("mlbuild: there is no mlbuild.yaml in this folder\n")
