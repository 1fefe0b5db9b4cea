"""What all kinds of packages have in common, and what the command refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlbuild.packages import PACKAGES
from tests.cli.running import Command
from tests.packages.written import files, written


@pytest.mark.parametrize("kind", PACKAGES.names)
def test_equal_models_give_equal_files(project: Path, tmp_path: Path, kind: str) -> None:
    first = files(written(project, "fare", kind, tmp_path / "first"))
    copy = tmp_path / "copy" / "fare"
    shutil.copytree(project / "dist/fare", copy)
    assert files(written(tmp_path, str(copy), kind, tmp_path / "second")) == first
    model = (project / "dist/fare/model.onnx").read_bytes()
    assert sum(content == model for content in first.values()) == 1


def test_a_program_is_told_the_files(mlbuild: Command, project: Path) -> None:
    shutil.copytree(project / "dist", mlbuild.folder / "dist")
    told = json.loads(mlbuild("package", "fare", "--as", "triton", "--json").out)
    assert told["folder"] == "packages/triton/fare"
    assert told["files"] == ["fare/config.pbtxt", "fare/1/model.onnx"]
    assert all((mlbuild.folder / told["folder"] / file).is_file() for file in told["files"])


WRONG = {
    "no kind": (["--as", "pyton"], "there is no package 'pyton'\n  help: did you mean 'python'?"),
    "a folder with files": (
        ["--as", "python", "-o", "dist"],
        "'dist' is not empty\n  help: remove it, or choose another folder with -o",
    ),
    "no place": (
        ["--as", "kserve"],
        "an InferenceService names the place of its model\n"
        "  help: add --uri URI, the place to which you copy 'models/', such as s3://bucket/fare",
    ),
    "a file in the way": (
        ["--as", "python", "-o", "file/within"],
        "cannot write 'file/within/pyproject.toml': not a directory",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_packaged_is_said(mlbuild: Command, project: Path, case: str) -> None:
    shutil.copytree(project / "dist", mlbuild.folder / "dist")
    (mlbuild.folder / "file").write_text("")
    words, message = WRONG[case]
    done = mlbuild("package", "fare", *words)
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_a_model_that_is_not_as_it_was_built_is_not_packaged(mlbuild: Command, project: Path) -> None:
    for number, (name, content, message) in enumerate(
        [
            ("model.onnx", b"", "'{}/model.onnx' was not written by mlbuild, or is incomplete"),
            (
                "contract.json",
                b"[",
                "'{}/model.onnx' cannot be used: the contract.json next to it cannot be read",
            ),
            (
                "contract.json",
                b"{}",
                "'{}/model.onnx' cannot be used: the contract.json next to it cannot be read",
            ),
            ("parity.json", None, "'{}/model.onnx' is not proven: there is no parity.json next to it"),
            (
                "examples.json",
                b'{"model": "0", "examples": []}',
                "'{}/model.onnx' does not match the examples.json next to it",
            ),
            (
                "examples.json",
                None,
                "'{}/model.onnx' cannot be used: the examples.json next to it cannot be read",
            ),
        ]
    ):
        folder = f"copy{number}"
        shutil.copytree(project / "dist/fare", mlbuild.folder / folder)
        file = mlbuild.folder / folder / name
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        done = mlbuild("package", folder, "--as", "triton")
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith(f"mlbuild: {message.format(folder)}")
        assert done.err.endswith("  help: build the output again\n")


@pytest.mark.parametrize(
    ("name", "module"), [("class", "model_class"), ("json", "model_json"), ("7 up", "model_7_up")]
)
def test_a_name_that_a_module_cannot_have_is_another_one(
    project: Path, tmp_path: Path, name: str, module: str
) -> None:
    shutil.copytree(project / "dist/zone", tmp_path / name)
    folder = written(tmp_path, str(tmp_path / name), "python", tmp_path / "package")
    assert (folder / module / "__init__.py").is_file()
