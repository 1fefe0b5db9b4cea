"""`predict` answers rows of a file, and says what is wrong with a file in words."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from mlbuild.cli.row_files import SUFFIXES
from mlbuild.data.contracts import Column
from mlbuild.data.formats.by_suffix import NAMED
from tests.cli.running import Command
from tests.projects import built, one_model

MODEL = "dist/one/model.onnx"


@pytest.fixture
def model(mlbuild: Command) -> Path:
    """A line through a few points, built in the folder of the test."""
    rows = "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(9))
    built(
        one_model(
            mlbuild.folder,
            "x: float, y: float",
            rows,
            "type: sklearn.linear_regression, features: [x], target: y",
        )
    )
    return mlbuild.folder / MODEL


def test_answers_that_are_no_finite_numbers_are_null_in_json(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x,z\n1,a\ninf,b\n,c\n")
    done = mlbuild("predict", MODEL, "rows.csv", "--json")
    assert done.code == 0
    first, *others = json.loads(done.out)["rows"]
    assert isinstance(first["prediction"], float)
    assert others == [{"prediction": None}] * 2


def test_answers_go_into_a_file(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "answers.csv", "--json")
    assert json.loads(done.out)["file"] == "answers.csv"
    assert (mlbuild.folder / "answers.csv").read_text().startswith("prediction\n")


@pytest.mark.parametrize("suffix", NAMED)
def test_rows_and_answers_have_any_format(mlbuild: Command, model: Path, suffix: str) -> None:
    rows = pl.DataFrame({"x": [1.0, 2.5, None], "note": ["a", None, "c"]})
    wanted = None
    for name in ("rows.csv", f"rows{suffix}"):
        with (mlbuild.folder / name).open("wb") as stream:
            NAMED[Path(name).suffix]().write(rows, stream)
        done = mlbuild("predict", MODEL, name, "-o", f"answers{suffix}")
        assert (done.code, done.out, done.err) == (0, "", "")
        file = mlbuild.folder / f"answers{suffix}"
        found = NAMED[suffix]().read(file, {"prediction": Column(dtype="float", nullable=True)})
        assert wanted is None or found[0].equals(wanted)
        wanted, faults = found
        assert faults == [] and wanted.height == 3


@pytest.mark.parametrize("name", ["answers", "answers.xlsx", "answers.csv.gz", "answers.tsv"])
def test_what_cannot_be_written_is_refused_with_what_can(mlbuild: Command, model: Path, name: str) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", name)
    assert (done.code, done.out) == (2, "")
    assert (
        done.err == f"mlbuild: cannot write '{name}'\n  help: the name of the file must end in {SUFFIXES}\n"
    )
    assert not (mlbuild.folder / name).exists()


def test_options_of_a_format_are_flags(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x;n\n1;2\n-;3\n")
    words = ("predict", MODEL, "rows.csv", "--delimiter", ";")
    assert "'-' (row 2)" in mlbuild(*words).err
    done = mlbuild(*words, "--null-value", "-", "--null-value", "?")
    assert (done.code, done.err) == (0, "")
    (mlbuild.folder / "rows.tsv").write_text("x\tn\n1\t2\n")
    assert mlbuild("predict", MODEL, "rows.tsv", "--delimiter", r"\t").code == 0


BAD_OPTIONS = {
    "of another format": (["rows.ndjson", "--delimiter", ";"], "--delimiter is for csv files"),
    "too long": (["rows.csv", "--delimiter", ";;"], "--delimiter takes one ASCII character"),
}


@pytest.mark.parametrize(("words", "message"), BAD_OPTIONS.values(), ids=list(BAD_OPTIONS))
def test_an_option_that_means_nothing_is_refused(
    mlbuild: Command, model: Path, words: list[str], message: str
) -> None:
    for name in ("rows.csv", "rows.ndjson"):
        (mlbuild.folder / name).write_text("")
    done = mlbuild("predict", MODEL, *words)
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_a_file_that_cannot_be_written(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "nowhere/answers.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == "mlbuild: cannot write 'nowhere/answers.csv': no such file or directory\n"


def test_files_that_are_no_model(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    content = model.read_bytes()
    incomplete = "was not written by mlbuild, or is not complete: there is no checksum at its end"
    for other, why in [
        (b"", incomplete),
        (content[:500], incomplete),
        (content + b"\n", incomplete),
        (content.replace(b"CumSum", b"NoSuch"), "is damaged, or was changed after mlbuild wrote it"),
    ]:
        (mlbuild.folder / "other.onnx").write_bytes(other)
        done = mlbuild("predict", "other.onnx", "rows.csv")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"mlbuild: 'other.onnx' {why}")
