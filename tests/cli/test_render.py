"""`mlbuild render`, and the options for profiles and settings."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.spec.composing import SPEC

TEXT = (
    SPEC + 'profiles: {quick: {seed: 5}, last: {seed: 6}}\nx-own: [.inf, -.inf, .nan, 1.0, 1, "1e3", null]\n'
)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLBUILD_PROFILE", raising=False)
    (tmp_path / "mlbuild.yaml").write_text(TEXT)
    (tmp_path / "rows.csv").touch()


def rendered(mlbuild: Command, *words: str) -> dict[str, object]:
    ran = mlbuild(*words, "render", "--json")
    assert (ran.code, ran.err) == (0, "")
    value = json.loads(ran.out)
    assert isinstance(value, dict)
    return value


def test_json_is_the_spec_itself_with_numbers_as_python_writes_them(mlbuild: Command) -> None:
    ran = mlbuild("render", "--json")
    assert 'Infinity,\n    -Infinity,\n    NaN,\n    1.0,\n    1,\n    "1e3",\n    null\n' in ran.out
    value = json.loads(ran.out)
    assert list(value) == [
        *(
            "mlbuild",
            "project",
            "seed",
            "warnings",
            "sources",
            "contracts",
            "datasets",
            "preprocessing",
            "models",
        ),
        *("outputs", "tests", "x-own"),
    ]
    assert value["sources"]["rows"]["type"] == "csv" and value["datasets"]["all"]["split"]["test"] == 0.0
    assert value["models"]["late"]["params"]["num_leaves"] == 63 and value["x-own"][0] == math.inf


def test_yaml_is_a_spec_that_renders_to_itself(mlbuild: Command, tmp_path: Path) -> None:
    first = mlbuild("render", "--profile", "quick").out
    (tmp_path / "mlbuild.yaml").unlink()  # two specs in a folder must not have outputs with the same name
    (tmp_path / "again.yaml").write_text(first)
    assert mlbuild("-f", "again.yaml", "render").out == first
    assert mlbuild("-f", "again.yaml", "check").code == 0


def test_profiles_stand_before_and_behind_the_verb_and_the_last_one_wins(mlbuild: Command) -> None:
    assert rendered(mlbuild)["seed"] == 0
    assert rendered(mlbuild, "--profile", "quick")["seed"] == 5
    assert json.loads(mlbuild("--profile", "last", "render", "--json", "--profile", "quick").out)["seed"] == 5
    assert rendered(mlbuild, "--profile=last", "--set", "seed=7")["seed"] == 7


def test_the_environment_names_profiles_unless_flags_do(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLBUILD_PROFILE", "quick, last")
    assert rendered(mlbuild)["seed"] == 6
    assert rendered(mlbuild, "--profile", "quick")["seed"] == 5
    monkeypatch.setenv("MLBUILD_PROFILE", "")
    assert rendered(mlbuild)["seed"] == 0


def test_a_mistake_in_a_flag_is_shown_with_its_text(mlbuild: Command) -> None:
    ran = mlbuild("check", "--set", "seed=1", "--set", "models.late.params.num_leafs=9")
    assert ran.code == 2
    assert ran.err == (
        "--set:2:20: error[unknown-key]: unknown key 'num_leafs' in the params of lightgbm.classifier\n"
        "  2 | models.late.params.num_leafs=9\n"
        "    |                    ^^^^^^^^^\n"
        "  help: did you mean 'num_leaves'?\n"
        "1 error\n"
    )
    logged = json.loads(mlbuild("check", "--set", "seed=x", "--format", "sarif").out)
    assert logged["runs"][0]["results"][0]["locations"] == []
    assert mlbuild("check", "--set", "seed=x", "--format", "github").out.startswith(
        "::error title=wrong-type::"
    )


def test_a_faulty_spec_is_not_rendered(mlbuild: Command) -> None:
    ran = mlbuild("render", "--set", "project=1")
    assert (ran.code, ran.out) == (2, "")
    document = json.loads(mlbuild("render", "--json", "--profile", "none").out)
    assert (document["command"], document["exit_code"]) == ("render", 2)
    assert [one["code"] for one in document["diagnostics"]] == ["unknown-profile"]


def test_json_is_yaml_too(mlbuild: Command, tmp_path: Path) -> None:
    """YAML and JSON treat some characters differently as line breaks."""
    odd = r"\x7f \x85 \u2028 \u2029 \ufeff \U0001F600 \x01"
    (tmp_path / "mlbuild.yaml").write_text(TEXT.replace("[.inf, -.inf, .nan,", f'["{odd}",'))
    ran = mlbuild("render", "--json")
    (tmp_path / "mlbuild.yaml").write_text(ran.out)
    again = mlbuild("render", "--json")
    assert again.out == ran.out and json.loads(ran.out)["x-own"][0].split()[0] == "\x7f"
