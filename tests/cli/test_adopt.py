"""`mlbuild adopt` writes the best parameters into the spec, and changes nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.pipeline.trials.project import CHOOSE, FOLDED, SEARCH, project, trials, with_trials

LONG = """\
    # Tried in March.
    matrix:            # all combinations
      params:
        num_leaves: [3, 7]   # small trees

        learning_rate:
          - 0.1
          - 0.3

    # Which of them?
    choose:
      metric: log_loss  # as the team decided
"""


@pytest.mark.parametrize("text", [CHOOSE, SEARCH, FOLDED, LONG])
def test_the_next_build_makes_the_same_bytes_without_trials(text: str, mlbuild: Command) -> None:
    file = project(mlbuild.folder, text)
    assert mlbuild("build").code == 0
    before, best = (mlbuild.folder / "dist/late/model.onnx").read_bytes(), trials(mlbuild.folder)
    done = mlbuild("adopt", "late")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == (
        f"mlbuild.yaml: changed to the best of {len(best['trials'])} trials, {best['best']}"
    )
    assert not {"matrix:", "choose:", "search:"} & {*file.read_text().split()}
    planned = json.loads(mlbuild("plan", "--json").out)
    trained = [
        one["task"] for one in planned["tasks"] if one["task"].startswith(("trial", "train", "suggest"))
    ]
    assert trained == ["train:late"]
    assert mlbuild("build").code == 0
    assert (mlbuild.folder / "dist/late/model.onnx").read_bytes() == before
    assert not (mlbuild.folder / "dist/late/trials.json").exists()


def test_comments_and_layout_stay(mlbuild: Command) -> None:
    file = project(mlbuild.folder, LONG)
    assert mlbuild("build", "select:late").code == 0
    assert mlbuild("adopt", "late").code == 0
    wanted = with_trials("    # Tried in March.\n\n    # Which of them?\n")
    params = json.loads(mlbuild("render", "--json").out)["models"]["late"]["params"]
    told = f"num_leaves: {params['num_leaves']}, learning_rate: {params['learning_rate']}"
    other = f"learning_rate: {params['learning_rate']}, num_leaves: {params['num_leaves']}"
    texts = [wanted.replace("min_data_in_leaf: 5}", f"min_data_in_leaf: 5, {one}}}") for one in (told, other)]
    assert file.read_text() in texts


def test_a_dry_run_changes_nothing(mlbuild: Command) -> None:
    file = project(mlbuild.folder, CHOOSE)
    before = file.read_text()
    done = mlbuild("adopt", "late", "-n")
    assert done.code == 0 and "would be changed" in done.out and "-    choose: log_loss" in done.out
    assert file.read_text() == before
    told = json.loads(mlbuild("adopt", "late", "-n", "--json").out)
    assert told["written"] is False and {*told["params"]} == {"num_leaves", "learning_rate"}


def test_a_spec_in_braces(mlbuild: Command) -> None:
    file = project(mlbuild.folder, CHOOSE)
    spec = json.loads(mlbuild("render", "--json").out)
    file.write_text(json.dumps(spec, indent=1).replace(" \n", "\n"))
    assert mlbuild("adopt", "late").code == 0
    adopted = json.loads(file.read_text())["models"]["late"]
    assert "matrix" not in adopted and "choose" not in adopted and "num_leaves" in adopted["params"]


def test_a_seed_is_adopted(mlbuild: Command) -> None:
    file = project(
        mlbuild.folder, "    matrix: {params: {num_leaves: [7]}, seed: [4, 2]}\n    choose: log_loss\n"
    )
    assert mlbuild("adopt", "late").code == 0
    assert "    seed: 4\n" in file.read_text()


def test_windows_line_ends_and_a_mark_stay(mlbuild: Command) -> None:
    file = project(mlbuild.folder, CHOOSE)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert mlbuild("adopt", "late").code == 0
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\n") == content.count(b"\r\n")
    assert b"choose" not in content


def test_keys_that_are_shared_are_not_changed(mlbuild: Command) -> None:
    file = project(mlbuild.folder, CHOOSE)
    text = file.read_text().replace("  late:\n    type:", "  late: &late\n    type:")
    file.write_text(text.replace("outputs:\n", "  again:\n    <<: *late\n\noutputs:\n"))
    before = file.read_text()
    done = mlbuild("adopt", "again")
    assert done.code == 2
    assert "cannot be changed without changing something else" in done.err
    assert "write this into its 'params'" in done.err
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("adopt", "lat"), "there is no model 'lat'\n  help: did you mean 'late'?\n"),
        (("adopt", "zzz"), "there is no model 'zzz'\n  help: models with trials: late\n"),
        (("adopt", "late@num_leaves=3,learning_rate=0.1"), "has no trials to choose from"),
        (("adopt", "late", "--set", "seed=1"), "'adopt' changes the spec as it is written"),
    ],
)
def test_what_cannot_be_adopted(words: tuple[str, ...], said: str, mlbuild: Command) -> None:
    project(mlbuild.folder, CHOOSE)
    done = mlbuild(*words)
    assert done.code == 2 and said in done.err


def test_a_build_that_fails_adopts_nothing(mlbuild: Command, tmp_path: Path) -> None:
    file = project(mlbuild.folder, CHOOSE)
    (tmp_path / "planes.csv").write_text("tailnum,year,seats\nN1,1999,0\n")
    before = file.read_text()
    done = mlbuild("adopt", "late")
    assert done.code == 3 and "the best trial of 'late' is not known" in done.err
    assert file.read_text() == before
