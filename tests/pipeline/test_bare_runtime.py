"""In every supported onnxruntime, without mlbuild, the artifact gives the same results for raw rows as the trained
pipeline.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from mlbuild.bundle import parity
from mlbuild.bundle.inputs import encode
from mlbuild.bundle.trained import Trained
from mlbuild.pipeline.tasks import verify as verify_task
from tests.budget import examples, tell
from tests.projects import SPECS, delays
from tests.runtimes.exchange import Question
from tests.runtimes.installed import RUNTIMES, Runtime

SOAK = bool(examples(0, 1))
_ALL_ROWS = "  late:\n    model: late\n    verify: {rows: all}\n"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """An artifact with all raw rows of its project; in a soak, the flights example."""
    folder = tmp_path_factory.mktemp("project")
    if SOAK:
        ignored = shutil.ignore_patterns(".mlbuild", "dist")
        shutil.copytree(SPECS / "flights", folder, ignore=ignored, dirs_exist_ok=True)
        project = folder / "mlbuild.yaml"
    else:
        project = delays(folder)
    trained, raw = trained_and_rows(project)
    assert not SOAK or len(raw) == 327_346
    scores = trained.score(trained.transform(raw), 1)
    model = (folder / "dist/late/model.onnx").read_bytes()
    return Question(
        folder.name, model, encode(raw, trained.recipe.inputs), trained.answers(scores), tolerance=1e-9
    )


@pytest.mark.parametrize("runtime", RUNTIMES, ids=str)
def test_the_artifact_answers_all_rows_alone(runtime: Runtime, artifact: Question, tmp_path: Path) -> None:
    (answer,) = runtime.answers([artifact], tmp_path / "asked")
    largest = artifact.difference(answer)
    tell(f"{len(answer['label']):,} raw rows answered by {runtime}, largest difference {largest:.3g}")


def trained_and_rows(project: Path) -> tuple[Trained, pl.DataFrame]:
    """Build; return the trained pipeline and all raw rows as verification saw them."""
    text, count = re.subn(r"  late:(\n   )? \{?model: late\}?\n", _ALL_ROWS, project.read_text())
    assert count == 1
    project.write_text(text)
    seen: list[tuple[Trained, pl.DataFrame]] = []

    def watched(trained: Trained, model: bytes, blocks: Iterable[parity.Real], threads: int = 1) -> bytes:
        kept = list(blocks)
        seen.append((trained, pl.concat([block.raw for block in kept])))
        return parity.verify(trained, model, kept, threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_task, "verify", watched)
        assert api.build(api.load(project), threads=1).ok
    return seen[0]
