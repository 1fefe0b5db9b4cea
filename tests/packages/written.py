"""Writes packages with the command."""

from __future__ import annotations

from pathlib import Path

from mlbuild.cli.main import main

#: What a kind needs besides the model.
MORE = {"kserve": ["--uri", "s3://models/here"]}


def written(project: Path, model: str, kind: str, folder: Path) -> Path:
    """Write a package of a model of the project into a new folder, and return it."""
    words = ["-C", str(project), "package", model, "--as", kind, "-o", str(folder), *MORE.get(kind, [])]
    assert main(words) == 0
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
