"""The models of a draft: trees whose parameters suit the number of rows, a linear model, and which comes first."""

from __future__ import annotations

import json
import random
from typing import Any

import polars as pl
import pytest

from mlbuild.spec.check import check
from mlbuild.spec.spec import Spec
from tests.cli.running import Command


def drafted(mlbuild: Command, rows: int, **more: list[Any]) -> Spec:
    """Draft a table whose target depends on a number and a text, some of which are missing."""
    chance = random.Random(1)
    size = [round(chance.gauss(0, 1), 3) for _ in range(rows)]
    columns: dict[str, list[Any]] = {
        "size": [None if row % 11 == 0 else value for row, value in enumerate(size)],
        "colour": [None if row % 13 == 0 else "red green blue".split()[row % 3] for row in range(rows)],
        "new": [row % 4 == 0 for row in range(rows)],
        "y": [value + row % 3 for row, value in enumerate(size)],
    }
    pl.DataFrame({**columns, **more}).write_csv(mlbuild.folder / "rows.csv")
    assert mlbuild("init", "rows.csv", "--target", "y").code == 0
    spec, found = check(mlbuild.folder / "mlbuild.yaml")
    assert spec is not None and found == []
    return spec


@pytest.mark.parametrize(
    ("kinds", "learner"),
    [(None, "sklearn.ridge"), (["a", "b"], "sklearn.logistic_regression"), (["a", "b", "c"], "sklearn.logistic_regression")],
)  # fmt: skip
def test_a_small_file_has_a_linear_model_beside_the_trees(
    mlbuild: Command, kinds: list[str] | None, learner: str
) -> None:
    target: dict[str, list[Any]] = {"y": [kinds[row * 7 % len(kinds)] for row in range(180)]} if kinds else {}
    born = {"born": [f"19{60 + row % 40}-0{row % 9 + 1}-01" for row in range(180)]}
    spec = drafted(mlbuild, 180, **born, **target)
    assert [model.learner.type for model in spec.models.values()][1:] == [learner]
    assert spec.models["y"].features == spec.models["y_linear"].features == ("size", "colour", "new", "born")
    assert mlbuild("build", "-q").code == 0
    assert sorted(path.parent.name for path in mlbuild.folder.glob("dist/*/model.onnx")) == ["y", "y_linear"]


@pytest.mark.parametrize(("more", "alpha", "c"), [(0, 3.0, 0.33), (30, 18.0, 0.056)])
def test_the_linear_model_is_regularized_for_each_of_its_columns(
    mlbuild: Command, more: int, alpha: float, c: float
) -> None:
    """A text has a column for each of its values, and for missing ones."""
    chance = random.Random(2)
    others: dict[str, list[Any]] = {
        f"x{index}": [round(chance.gauss(0, 1), 3) for _ in range(180)] for index in range(more)
    }
    spec = drafted(mlbuild, 180, **others)
    (ridge,) = (model.learner for model in spec.models.values() if model.learner.type == "sklearn.ridge")
    assert getattr(ridge, "alpha") == alpha  # noqa: B009  # the class is that of all learners
    (mlbuild.folder / "mlbuild.yaml").unlink()
    spec = drafted(mlbuild, 180, **others, y=["ab"[row * 7 % 2] for row in range(180)])
    (logistic,) = (one.learner for one in spec.models.values() if "logistic" in one.learner.type)
    assert getattr(logistic, "C") == c  # noqa: B009


RARE = ["a" if row % 10 else "b" for row in range(200)]
OFTEN = ["a" if row % 3 else "b" for row in range(200)]


@pytest.mark.parametrize(
    ("rows", "target", "first", "why"),
    [
        (30, None, "sklearn.ridge", "24 rows for 3 features are too few for trees"),
        (60, None, "lightgbm.regressor", ""),
        (200, RARE, "sklearn.logistic_regression", "16 rows of the rarest class for 3 features are too few for trees"),
        (200, OFTEN, "lightgbm.classifier", ""),
    ],
)  # fmt: skip
def test_with_few_rows_for_each_feature_the_linear_model_comes_first(
    mlbuild: Command, rows: int, target: list[str] | None, first: str, why: str
) -> None:
    """Few rows of the rarest class, if there are classes."""
    spec = drafted(mlbuild, rows, **({"y": target} if target else {}))
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    other = "y_trees" if why else "y_linear"
    assert [*spec.models] == [*spec.outputs] == ["y", other]
    assert spec.models["y"].learner.type == first
    assert (f"type: {first}" + (f"  # {why}" if why else "")) + "\n" in text
    better = "the trees" if why else "the linear model"
    assert f"dist/y/model.onnx, verified against the trained model; {better} may be better" in text


def test_remarks_are_on_the_first_model(mlbuild: Command) -> None:
    drafted(mlbuild, 30, id=[f"r{row}" for row in range(30)])
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert text.count("# left out of the features:") == 1
    assert text.index("type: sklearn.ridge") < text.index("# left out of") < text.index("y_trees:")


def test_a_large_file_has_trees_only(mlbuild: Command) -> None:
    assert list(drafted(mlbuild, 1200).models) == ["y"]


def test_numbers_of_the_future_have_a_linear_model_that_extrapolates(mlbuild: Command) -> None:
    chance = random.Random(1)
    rows = [(1 + row // 10, row * 0.01 + chance.gauss(0, 1)) for row in range(1500)]
    pl.DataFrame(rows, schema=["week", "y"], orient="row").write_csv(mlbuild.folder / "rows.csv")
    assert mlbuild("init", "rows.csv", "--target", "y").code == 0
    assert mlbuild("build", "-q").code == 0
    trees, linear = (
        json.loads((mlbuild.folder / "dist" / name / "metrics.json").read_text())["metrics"]["test"]["r2"]
        for name in ("y", "y_linear")
    )
    assert trees < linear and linear > -0.1


def test_a_number_with_infinities_is_for_trees_only(mlbuild: Command) -> None:
    spec = drafted(mlbuild, 100, wild=[float("inf") if row % 9 == 0 else row % 7 / 2 for row in range(100)])
    assert "wild" in spec.models["y"].features and "wild" not in spec.models["y_linear"].features


@pytest.mark.parametrize("each", [10, 40, 300])
def test_a_text_that_carries_signal_is_used_in_a_file_of_any_size(mlbuild: Command, each: int) -> None:
    chance, level = random.Random(1), dict(zip("abcdef", [3, -2, 7, 0, -5, 4], strict=True))
    names = [chance.choice("abcdef") for _ in range(6 * each)]
    pl.DataFrame(
        {
            "colour": names,
            "size": [round(chance.gauss(0, 1), 3) for _ in names],
            "y": [level[name] + chance.gauss(0, 0.2) for name in names],
        }
    ).write_csv(mlbuild.folder / "rows.csv")
    assert mlbuild("init", "rows.csv", "--target", "y").code == 0
    assert mlbuild("build", "-q").code == 0
    metrics = json.loads((mlbuild.folder / "dist/y/metrics.json").read_text())["metrics"]
    assert metrics["test"]["r2"] > 0.8
