"""`predict` says in one sentence what is wrong with a hostile or damaged model, and neither hangs nor crashes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mlbuild.lowering.checksum import checksum_holds, with_checksum
from tests.budget import examples, seed
from tests.cli.running import Command
from tests.hostile.models import hostile
from tests.projects import built, one_model

ROWS = "x,s\n1,a\n2.5,b\n,c\n"
#: A secret next to the models, and in the parent folder.
SECRET = b"the key to the kingdom !"
#: Longer than all models of a test take. A model that hangs is stopped.
PATIENCE = 240
#: Returns `{file: [exit code, standard output, standard error]}` for each model in a folder. It has 4 GB of memory.
RUN = """
import contextlib, io, json, pathlib, resource, sys
from mlbuild.cli.main import main
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
told = {}
for model in sorted(pathlib.Path().glob("*.onnx")):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["predict", str(model), "rows.csv"])
    told[model.name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Trees on a categorical string and a number."""
    folder = tmp_path_factory.mktemp("good")
    rows = "x,s,y\n" + "".join(f"{i % 17},{'abcde'[i % 5]},{i % 17 + 3 * (i % 5)}\n" for i in range(200))
    learner = "type: lightgbm.regressor, params: {num_iterations: 5, num_leaves: 6, min_data_per_group: 5}"
    model = f"{learner}, features: [x, s], target: y, preprocessing: [{{op: category, columns: s}}]"
    built(one_model(folder, "x: {dtype: float, nullable: true}, s: string, y: float", rows, model))
    return (folder / "dist/one/model.onnx").read_bytes()


def predicted(folder: Path, models: Mapping[str, bytes]) -> Iterator[tuple[str, int, str, str]]:
    """Yield name, exit code, standard output and standard error of `predict` for each model, in one process."""
    folder = folder / "models"
    folder.mkdir()
    for secret in (folder.parent / "secret.txt", folder / "secret.txt"):
        secret.write_bytes(SECRET)
    (folder / "rows.csv").write_text(ROWS)
    for number, model in enumerate(models.values()):
        (folder / f"{number:05}.onnx").write_bytes(model)
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env=os.environ | {"MLBUILD_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name, (code, out, err) in zip(models, json.loads(done.stdout).values(), strict=True):
        yield name, code, out, err


def test_hostile_models(good: bytes, tmp_path: Path) -> None:
    models = dict(hostile(good))
    assert len(models) > 100
    for name, code, out, err in predicted(tmp_path, {"good": good} | models):
        if name == "good":
            assert (code, err, out.count("\n")) == (0, "", 4)
            continue
        assert (code, out) == (2, ""), f"{name}: {out}{err}"
        assert err.startswith("mlbuild: '") and err.count("\n") == 1, f"{name}: {err}"


def flipped(model: bytes, count: int) -> Iterator[bytes]:
    """Yield the model with up to six changed bytes, `count` times."""
    chance = random.Random(seed())
    for _ in range(count):
        changed = bytearray(model)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(changed))
            changed[place] ^= 1 << chance.randrange(8)
        yield bytes(changed)


def test_damage_is_always_seen(good: bytes, tmp_path: Path) -> None:
    models = {str(number): model for number, model in enumerate(flipped(good, 150))}
    for name, code, out, err in predicted(tmp_path, models):
        assert (code, out) == (2, ""), name
        assert "mlbuild" in err and err.count("\n") == 1
    assert not any(checksum_holds(model) for model in flipped(good, examples(1000, 100_000)) if model != good)


def test_damage_below_a_checksum_that_holds(good: bytes, tmp_path: Path) -> None:
    """A random change of a model can at most change its predictions."""
    bare = good[: -len(with_checksum(b""))]
    models = {
        str(number): with_checksum(model) for number, model in enumerate(flipped(bare, examples(150, 3000)))
    }
    codes = set()
    for name, code, _, err in predicted(tmp_path, models):
        assert code in (0, 2, 3) and "Traceback" not in err, f"{name}: {err}"
        codes.add(code)
    assert 2 in codes


@pytest.fixture
def beside(mlbuild: Command, good: bytes) -> Path:
    """Write the valid model as `model.onnx` next to rows; return the path for its certificate."""
    (mlbuild.folder / "rows.csv").write_text(ROWS)
    (mlbuild.folder / "model.onnx").write_bytes(good)
    return mlbuild.folder / "parity.json"


@pytest.mark.parametrize(
    "certificate", [b"", b"{", b"[]", b"7", b"{}", b'{"model": 7}', b"[" * 100_000, b"\xff", None]
)
def test_something_else_in_place_of_the_certificate(
    mlbuild: Command, beside: Path, certificate: bytes | None
) -> None:
    beside.mkdir() if certificate is None else beside.write_bytes(certificate)
    done = mlbuild("predict", "model.onnx", "rows.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("mlbuild: 'model.onnx' ") and "parity.json" in done.err


def test_a_model_is_compared_with_the_certificate_beside_it(
    mlbuild: Command, beside: Path, good: bytes
) -> None:
    beside.write_text(json.dumps({"model": hashlib.sha256(good).hexdigest()}))
    assert mlbuild("predict", "model.onnx", "rows.csv").code == 0
    bare = good[: -len(with_checksum(b""))]
    other = with_checksum(bare.replace(b"mlbuild", b"nobody.", 1))
    (mlbuild.folder / "model.onnx").write_bytes(other)
    (mlbuild.folder / "elsewhere").mkdir()
    (mlbuild.folder / "elsewhere/model.onnx").write_bytes(other)
    done = mlbuild("predict", "model.onnx", "rows.csv")
    why = "does not match the parity.json next to it: one of them was replaced"
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: 'model.onnx' {why}\n")
    assert mlbuild("predict", "elsewhere/model.onnx", "rows.csv").code == 0


def test_files_that_are_too_large_or_no_files(mlbuild: Command, beside: Path) -> None:
    with (mlbuild.folder / "huge.onnx").open("wb") as file:
        file.truncate(3_000_000_000)
    os.mkfifo(mlbuild.folder / "pipe.onnx")
    (mlbuild.folder / "zero.onnx").symlink_to("/dev/zero")
    for name, why in {
        "huge.onnx": "'huge.onnx' cannot be read: larger than 2000 MB",
        "pipe.onnx": "there is no file 'pipe.onnx'",
        "zero.onnx": "there is no file 'zero.onnx'",
    }.items():
        done = mlbuild("predict", name, "rows.csv")
        assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {why}\n")
