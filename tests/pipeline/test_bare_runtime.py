"""The artifact answers raw rows where there is nothing but onnxruntime and numpy, as the trained pipeline does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlbuild import api
from mlbuild.bundle import parity
from mlbuild.bundle.session import Arrays, encode
from mlbuild.bundle.trained import Trained
from mlbuild.pipeline.tasks import verify as verify_task
from tests.budget import examples, tell
from tests.projects import SPECS, delays

SCRIPT = Path(__file__).with_name("answer_rows.py")


def test_the_artifact_answers_all_rows_alone(tmp_path: Path) -> None:
    """In a soak: the flights example, all of its rows, in a new environment with two packages."""
    soak = bool(examples(0, 1))
    if soak:
        folder = tmp_path / "flights"
        shutil.copytree(SPECS / "flights", folder, ignore=shutil.ignore_patterns(".mlbuild", "dist"))
        project, python = folder / "mlbuild.yaml", bare_environment(tmp_path / "bare")
    else:
        project, python = delays(tmp_path), Path(sys.executable)
    trained, raw = trained_and_rows(project)
    np.savez(tmp_path / "rows.npz", allow_pickle=False, **plain(encode(raw, trained.recipe.inputs)))
    model = project.parent / "dist/late/model.onnx"
    command: list[str | Path] = [python, "-I", SCRIPT, model, tmp_path / "rows.npz", tmp_path / "answers.npz"]
    subprocess.run(command, check=True, cwd=tmp_path)
    with np.load(tmp_path / "answers.npz") as answers:
        scores = trained.score(trained.transform(raw), 1)
        difference = np.abs(answers["probabilities"] - scores).max()
        assert (answers["label"] == trained.answers(scores)["label"]).all()
    assert difference <= 1e-9
    tell(
        f"{len(raw):,} raw rows answered by {python.name} with two packages, largest difference {difference:.3g}"
    )
    assert not soak or len(raw) == 327_346


def plain(feed: Arrays) -> Arrays:
    """Texts as numpy's own, so that the file needs no pickle."""
    return {name: value.astype(str) if value.dtype == object else value for name, value in feed.items()}


def trained_and_rows(project: Path) -> tuple[Trained, pl.DataFrame]:
    """Build; the trained pipeline and the raw rows as the proof saw them, all of them."""
    text = project.read_text()
    project.write_text(
        re.sub(
            r"late: *\{model: late\}|late:\n +model: late", "late: {model: late, verify: {rows: all}}", text
        )
    )
    seen: list[tuple[Trained, pl.DataFrame]] = []

    def watched(trained: Trained, model: bytes, blocks: Iterable[parity.Real], threads: int = 1) -> bytes:
        (real,) = blocks
        seen.append((trained, real.raw))
        return parity.verify(trained, model, [real], threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_task, "verify", watched)
        assert api.build(api.load(project), threads=1).ok
    return seen[0]


def bare_environment(folder: Path) -> Path:
    """A new virtual environment with onnxruntime and numpy; returns its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "onnxruntime", "numpy"], check=True)
    return python
