"""What pre-commit runs: the published hook, and `check` on the specs that pre-commit names."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from identify.identify import tags_from_filename
from pre_commit.clientlib import load_manifest

from tests.cli.running import Command

ROOT = Path(__file__).resolve().parents[2]
GOOD = "mlbuild: 1\nproject: good\n"
FAULTY = "mlbuild: 1\nproject: faulty\nmodel: {}\n"


@pytest.fixture
def hook() -> dict[str, object]:
    """The hook `mlbuild-check`, read and checked by pre-commit itself."""
    hooks: dict[str, dict[str, object]] = {
        one["id"]: one for one in load_manifest(ROOT / ".pre-commit-hooks.yaml")
    }
    assert list(hooks) == ["mlbuild-check"]
    return hooks["mlbuild-check"]


def test_the_hook_runs_where_any_yaml_changes(hook: dict[str, object]) -> None:
    """An included file can have any name."""
    assert (hook["types"], hook["files"], hook["pass_filenames"]) == (["yaml"], "", False)
    for file in ("mlbuild.yaml", "late.mlbuild.yaml", "tables/planes.yml"):
        assert "yaml" in tags_from_filename(file), file
    assert "yaml" not in tags_from_filename("rows.csv") | tags_from_filename("mlbuild.lock")


def test_the_hook_checks_all_specs_with_what_they_include(hook: dict[str, object], mlbuild: Command) -> None:
    program, *words = shlex.split(str(hook["entry"]))
    assert program == "mlbuild"
    write(mlbuild.folder, good=GOOD, other=GOOD + "include: parts/planes.yml\n", **{".hidden": FAULTY})
    (mlbuild.folder / "late.mlbuild.yaml").write_text(GOOD)
    (mlbuild.folder / "not-mlbuild.yaml").write_text(FAULTY)
    (mlbuild.folder / "other" / "parts").mkdir()
    part = mlbuild.folder / "other" / "parts" / "planes.yml"
    part.write_text("x-own: 1\n")
    ran = mlbuild(*words)
    assert ran.code == 0
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        "late.mlbuild.yaml",
        "good/mlbuild.yaml",
        "other/mlbuild.yaml",
    ]
    part.write_text("modles: {}\n")
    ran = mlbuild(*words)
    assert ran.code == 2
    assert "other/parts/planes.yml:1:1: error[unknown-key]: unknown key 'modles'" in ran.err


def test_a_folder_without_specs_is_told(mlbuild: Command) -> None:
    (mlbuild.folder / "empty").mkdir()
    assert mlbuild("check", "empty").err == "mlbuild: there is no spec in 'empty' or its subfolders\n"


def test_several_specs_are_checked_in_one_report(mlbuild: Command) -> None:
    write(mlbuild.folder, good=GOOD, faulty=FAULTY, worse=FAULTY.replace("1", "2"))
    ran = mlbuild("check", "worse/mlbuild.yaml", "good/mlbuild.yaml", "faulty/mlbuild.yaml")
    assert ran.code == 2
    assert ran.out == "good/mlbuild.yaml: ok (0 sources, 0 datasets, 0 models, 0 outputs)\n"
    heads = re.findall(r"^(\S+): error\[(\S+)\]", ran.err, re.MULTILINE)
    assert heads == [
        ("worse/mlbuild.yaml:1:10", "not-allowed"),
        ("worse/mlbuild.yaml:3:1", "unknown-key"),
        ("faulty/mlbuild.yaml:3:1", "unknown-key"),
    ]
    assert ran.err.endswith("3 errors\n")


def test_several_specs_make_one_document(mlbuild: Command) -> None:
    write(mlbuild.folder, good=GOOD, faulty=FAULTY)
    ran = mlbuild("check", "good/mlbuild.yaml", "faulty/mlbuild.yaml", "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["ok"], document["exit_code"]) == (2, False, 2)
    assert [one["file"] for one in document["diagnostics"]] == ["faulty/mlbuild.yaml"]


def test_a_spec_that_is_not_there_is_told(mlbuild: Command) -> None:
    assert mlbuild("check", "gone.yaml").err == "mlbuild: there is no spec 'gone.yaml'\n"


def test_specs_are_named_in_one_way(mlbuild: Command) -> None:
    write(mlbuild.folder, good=GOOD)
    ran = mlbuild("-f", "good/mlbuild.yaml", "check", "good/mlbuild.yaml")
    assert ran.code == 2
    assert ran.err == (
        "mlbuild: specs are given both with -f and as arguments\n  help: pass all of them as arguments\n"
    )


def write(folder: Path, **specs: str) -> None:
    """Write projects, each into its own folder."""
    for name, text in specs.items():
        (folder / name).mkdir()
        (folder / name / "mlbuild.yaml").write_text(text)
