"""Where builds publish: the spec as written, with a profile, as a trial, and in a folder chosen by the user."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import Command, Ran
from tests.cli.small import shipped, small

TRIAL = ("--set", "models.one.params.num_leaves=3")


def models(folder: Path) -> list[str]:
    """Return the paths of all published models."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("model.onnx"))


def test_a_profile_has_a_folder_of_its_own(profiled: Command) -> None:
    before = shipped(profiled.folder)
    assert "dist-quick/one/model.onnx\n" in profiled("build", "--profile", "quick").out
    assert (
        "dist-quick+wide/one/model.onnx\n" in profiled("build", "--profile", "quick", "--profile", "wide").out
    )
    assert shipped(profiled.folder) == before
    assert (profiled.folder / "dist-quick/one/model.onnx").read_bytes() != before["model.onnx"]
    assert models(profiled.folder) == [
        f"{folder}/one/model.onnx" for folder in ("dist-quick+wide", "dist-quick", "dist")
    ]
    assert profiled("status").code == 0, "the folder of the spec as it is written is still up to date"


@pytest.mark.parametrize("words", [[], ["--profile", "quick"]])
def test_a_trial_publishes_nothing(profiled: Command, words: list[str]) -> None:
    before = shipped(profiled.folder)
    for _ in range(2):
        ran = profiled("build", *words, *TRIAL)
        assert ran.code == 0
        assert ran.out.startswith("one: a trial, not published (use --out DIR to publish it)\n  parity: ")
    (output,) = json.loads(profiled("build", *words, *TRIAL, "--json").out)["outputs"]
    assert output["artifact"] is None and output["parity"]["label_flips"] == 0
    assert shipped(profiled.folder) == before and models(profiled.folder) == ["dist/one/model.onnx"]
    assert profiled("status").code == 0


def test_out_publishes_anything_anywhere(profiled: Command, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = shipped(profiled.folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "deep/er"
    assert f"{elsewhere}/one/model.onnx\n" in profiled("build", *TRIAL, "--out", str(elsewhere)).out
    assert "kept/trial/one/model.onnx\n" in profiled("build", *TRIAL, "--out", "kept/trial").out
    assert "kept/one/model.onnx\n" in profiled("build", "--out", "kept").out
    trial = (profiled.folder / "kept/trial/one/model.onnx").read_bytes()
    assert (elsewhere / "one/model.onnx").read_bytes() == trial != before["model.onnx"]
    assert (profiled.folder / "kept/one/model.onnx").read_bytes() == before["model.onnx"]
    assert shipped(profiled.folder) == before
    ran = profiled("build")
    assert ran.out.startswith("dist/one/model.onnx\n"), "no answer names the folder of another build"


def test_out_starts_from_where_the_command_runs(profiled: Command) -> None:
    (profiled.folder / "sub").mkdir()
    (profiled.folder / "sub/mlbuild.yaml").write_text("")
    ran = profiled("-f", "../mlbuild.yaml", "-C", "sub", "build", "--out", "here")
    assert ran.code == 0 and models(profiled.folder / "sub") == ["here/one/model.onnx"]


@pytest.mark.parametrize("out", ["kept", "/"])
def test_out_replaces_no_folder_of_others(
    profiled: Command, out: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = profiled.folder / out if out == "kept" else tmp_path_factory.mktemp("elsewhere")
    (place / "one").mkdir(parents=True)
    (place / "one/mine.txt").write_text("mine")
    ran = profiled("build", *TRIAL, "--out", str(place))
    assert ran.code == 7 and "it contains files that mlbuild did not write, such as 'mine.txt'" in ran.err
    assert [path.name for path in (place / "one").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("out", "code", "why"),
    [
        (".mlbuild/kept", 7, "'.mlbuild' is reserved for the store"),
        ("sub/../.mlbuild", 7, "'.mlbuild' is reserved for the store"),
        ("", 2, "argument --out: it is empty"),
    ],
)
def test_out_is_a_folder_that_is_not_of_the_store(profiled: Command, out: str, code: int, why: str) -> None:
    for verb in ("build", "plan"):
        ran = profiled(verb, "--out", out)
        assert ran.code == code and why in ran.err


def test_a_plan_says_the_same_of_out(profiled: Command) -> None:
    assert "export missing" not in profiled("plan").out
    (line,) = (line for line in profiled("plan", "--out", "kept").out.splitlines() if "publish:one" in line)
    assert line.startswith("RESTORE") and line.endswith("kept/one is missing")
    assert "kept/one" not in profiled("plan", *TRIAL).out


# What git sees


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_git_ignores_what_mlbuild_generates(profiled: Command) -> None:
    profiled("build", "--profile", "quick")
    profiled("build", "--out", "kept")
    git(profiled.folder, "init", "-q")
    git(profiled.folder, "add", "-A")
    files = git(profiled.folder, "ls-files").split()
    assert {Path(file).parts[0] for file in files} == {"kept", "mlbuild.lock", "mlbuild.yaml", "rows.csv"}


def test_a_folder_that_is_there_is_its_users(mlbuild: Command) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / "dist").mkdir()
    assert mlbuild("build").code == 0
    assert [path.name for path in (mlbuild.folder / "dist").iterdir()] == ["one"]
    shutil.rmtree(mlbuild.folder / "dist")
    mlbuild("build")
    ignored = mlbuild.folder / "dist/.gitignore"
    assert ignored.read_text().endswith("\n*\n")
    ignored.unlink()
    (mlbuild.folder / "dist/one/model.onnx").write_text("edited")
    assert mlbuild("build").code == 0 and not ignored.exists()


# What status and gc say of folders


def lines(ran: Ran) -> dict[str, str]:
    """Return the line of `status` for each published folder."""
    return dict(line.split(None, 1) for line in ran.out.splitlines()[:-1])


def drop_output(folder: Path, file: str = "mlbuild.yaml", name: str = "one") -> None:
    spec = folder / file
    spec.write_text(spec.read_text().replace(f"outputs: {{{name}: ", "outputs: {other: "))


OTHER = "from another build, built just now by 'mlbuild build"
ORPHAN = "orphan: not an output of the spec, built just now by 'mlbuild build"


def test_status_says_of_each_folder_which_build_made_it(profiled: Command) -> None:
    profiled("build", "--profile", "quick")
    profiled("build", *TRIAL, "--out", "kept")
    expected = {
        "dist/one": "up to date, built just now",
        "dist-quick/one": f"{OTHER} --profile quick'",
        "kept/one": f"{OTHER} --set models.one.params.num_leaves=3 --out kept'",
    }
    assert lines(profiled("status")) == expected
    assert profiled("build").code == 0, "from now on a snapshot answers"
    assert lines(profiled("status")) == expected
    outputs = {one["folder"]: one for one in json.loads(profiled("status", "--json").out)["outputs"]}
    assert outputs["dist-quick/one"]["spec"]["profiles"] == ["quick"]
    assert outputs["dist-quick/one"]["state"] == "from_another_build"
    assert (profiled.folder / f".mlbuild/runs/{outputs['kept/one']['build']}.json").is_file()
    assert lines(profiled("status", *TRIAL))["dist/one"] == f"{OTHER}'"


def test_a_folder_that_no_output_gives_any_more_is_told_and_can_go(profiled: Command) -> None:
    profiled("build", "--profile", "quick")
    drop_output(profiled.folder)
    assert profiled("build").code == 0
    for _ in range(2):
        told = lines(profiled("status"))
        assert told["dist/one"] == f"{ORPHAN}'"
        assert told["dist-quick/one"] == f"{ORPHAN} --profile quick'"
        profiled("build")
    ran = profiled("gc")
    assert "removable: dist/one, which no longer belongs to an output\n" in ran.out
    assert json.loads(profiled("gc", "--json").out)["orphans"] == [
        {"folder": folder, "removable": True} for folder in ("dist-quick/one", "dist/one")
    ]
    assert models(profiled.folder) == [
        f"{folder}/model.onnx" for folder in ("dist-quick/one", "dist/one", "dist/other")
    ]
    assert "removed: dist/one, which no longer belongs to an output\n" in profiled("gc", "--delete").out
    assert models(profiled.folder) == ["dist/other/model.onnx"]
    assert [*lines(profiled("status"))] == ["dist/other"]


def test_a_profile_that_is_gone_leaves_an_orphan(profiled: Command) -> None:
    profiled("build", "--profile", "quick")
    spec = profiled.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("quick: ", "slow: "))
    assert lines(profiled("status"))["dist-quick/one"] == f"{ORPHAN} --profile quick'"


def test_an_orphan_with_files_of_others_stays(profiled: Command) -> None:
    drop_output(profiled.folder)
    (profiled.folder / "dist/one/mine.txt").write_text("mine")
    why = "kept: dist/one, which no longer belongs to an output, but contains files that no build wrote\n"
    for words in ([], ["--delete"]):
        assert why in profiled("gc", *words).out
    assert (profiled.folder / "dist/one/mine.txt").read_text() == "mine"
    (profiled.folder / "dist/one/mine.txt").unlink()
    (profiled.folder / "dist/one/metrics.json").write_text("edited")
    assert why in profiled("gc", "--delete").out and (profiled.folder / "dist/one/model.onnx").is_file()


def test_what_leads_out_of_the_project_is_not_removed(
    profiled: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "dist"
    drop_output(profiled.folder)
    (profiled.folder / "dist").rename(elsewhere)
    (profiled.folder / "dist").symlink_to(elsewhere)
    assert profiled("gc", "--delete").code == 0
    assert (elsewhere / "one/model.onnx").is_file()


def test_what_was_asked_for_is_no_orphan(profiled: Command) -> None:
    profiled("build", "--out", "kept")
    drop_output(profiled.folder)
    assert lines(profiled("status"))["kept/one"] == f"{OTHER} --out kept'"
    profiled("gc", "--delete")
    assert models(profiled.folder) == ["kept/one/model.onnx"]


# Several specs in a folder


@pytest.fixture
def two(profiled: Command) -> Command:
    """The project with a second spec, whose output is `two`."""
    text = (profiled.folder / "mlbuild.yaml").read_text().replace("outputs: {one: ", "outputs: {two: ")
    (profiled.folder / "b.mlbuild.yaml").write_text(text)
    return profiled


def test_two_specs_of_a_folder_share_no_output(two: Command) -> None:
    assert two("check", "-f", "b.mlbuild.yaml").code == 0
    drop_output(two.folder, "b.mlbuild.yaml", "two")
    drop_output(two.folder)
    for words in (["check"], ["check", "-f", "b.mlbuild.yaml"], ["build"]):
        ran = two(*words)
        other = "mlbuild.yaml" if "-f" in words else "b.mlbuild.yaml"
        assert ran.code == 2 and "1 error" in ran.err
        assert f"error[duplicate-name]: '{other}' has an output 'other' too" in ran.err


@pytest.mark.parametrize(
    "other", ["- not a spec", "outputs: {one", "outputs: [one]", "mlbuild: 1\noutputs:\n"]
)
def test_whatever_the_other_file_is_its_own_check_says(two: Command, other: str) -> None:
    (two.folder / "b.mlbuild.yaml").write_text(other)
    assert two("check").code == 0


def test_the_files_that_a_spec_includes_are_no_other_specs(two: Command) -> None:
    spec, part = two.folder / "mlbuild.yaml", two.folder / "b.mlbuild.yaml"
    outputs = "outputs: {one: {model: one}}\n"
    part.write_text(outputs)
    spec.write_text(f"{spec.read_text().replace(outputs, '')}include: [b.mlbuild.yaml]\n")
    ran = two("check")
    assert ran.code == 0, ran.err


def test_status_knows_what_other_specs_give(two: Command) -> None:
    two("-f", "b.mlbuild.yaml", "build")
    for _ in range(2):
        assert lines(two("status"))["dist/two"] == f"{OTHER[:-6]} -f b.mlbuild.yaml build'"
        two("build")
    drop_output(two.folder, "b.mlbuild.yaml", "two")
    assert lines(two("status"))["dist/two"].startswith("orphan: ")
    (two.folder / "b.mlbuild.yaml").write_text("outputs: {two")
    assert lines(two("status"))["dist/two"].startswith("from another build"), "who knows"
    (two.folder / "b.mlbuild.yaml").unlink()
    assert lines(two("status"))["dist/two"].startswith("orphan: ")
