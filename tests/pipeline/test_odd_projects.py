"""Valid projects that differ from the examples build, are verified, and give predictions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from tests.projects import built, one_model

NUMBERS = "x,y\n" + "".join(f"{i % 7},{i % 7 > 3}\n" for i in range(60))


@pytest.mark.parametrize("learner", ["lightgbm.classifier", "sklearn.logistic_regression"])
def test_raw_numbers_without_any_step(tmp_path: Path, learner: str) -> None:
    model = f"type: {learner}, features: [x], target: y"
    built(one_model(tmp_path, "x: float, y: bool", NUMBERS, model))
    assert (tmp_path / "dist/one/model.onnx").is_file()


def refusal(file: Path) -> tuple[str, str]:
    """Return the task of a project that fails because of the data, and its message."""
    result = api.build(api.load(file), (), threads=1)
    ((task, failure),) = result.failures.items()
    assert failure.kind == "data"
    return task, failure.message


@pytest.mark.parametrize(("row", "task", "split"), [(0, "fit:one", "train"), (59, "features:one", "test")])
def test_a_feature_beyond_two_to_the_53_is_refused(tmp_path: Path, row: int, task: str, split: str) -> None:
    rows = [f"{i},{i % 7 > 3},{'2014' if i == 59 else '2013'}-01-01" for i in range(60)]
    rows[row] = rows[row].replace(f"{row},", f"{2**53 + 1},", 1)
    model = "type: lightgbm.classifier, features: [x], target: y"
    columns = "x: int, y: bool, day: date"
    file = one_model(tmp_path, columns, "\n".join(["x,y,day", *rows, ""]), model)
    file.write_text(
        file.read_text().replace("{type: random}", "{type: time, column: day, test_from: 2014-01-01}")
    )
    message = f"feature 'x' has an integer beyond 2^53 in 1 row of {split}; declare the column as a string"
    assert refusal(file) == (task, message)


def test_a_feature_with_the_character_that_ends_texts_is_refused(tmp_path: Path) -> None:
    model = "type: lightgbm.classifier, features: [x], target: y, preprocessing: [{op: category, columns: x}]"
    file = one_model(tmp_path, "x: string, y: bool", "", model)
    file.write_text(file.read_text().replace("rows.csv", "rows.parquet"))
    texts = ["\0" if i < 2 else "b" for i in range(60)]
    pl.DataFrame({"x": texts, "y": [i % 7 > 3 for i in range(60)]}).write_parquet(tmp_path / "rows.parquet")
    message = "feature 'x' has the character U+0000 in 2 rows of train; remove it from the data"
    assert refusal(file) == ("fit:one", message)
