"""Problems with a target are reported before any training."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.data.faults import failure_lines
from tests.projects import DELAYS, delays

CLASSES = DELAYS.replace("late: arr_delay > 15", "late: '{}'").replace(
    "split: {type: hash, key: [tailnum, time_hour], valid: 0.2, test: 0.2}",
    "split: {type: time, column: time_hour, valid_from: 2013-10-01, test_from: 2013-11-01}",
)
EARLY, LATE = "time_hour < '2013-10-01'", "time_hour >= '2013-11-01'"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (
            f'"CASE WHEN {LATE} THEN 3 ELSE CASE WHEN arr_delay > 15 THEN 2 ELSE 1 END END"',
            ["the test rows have 1 class of 'late' that do not occur in the training rows", "3"],
        ),
        (
            f'"arr_delay > 15 AND NOT ({EARLY})"',
            ["the training rows have only 1 class of 'late', but a classifier needs at least 2"],
        ),
    ],
)
def test_a_class_that_train_rows_lack(tmp_path: Path, expression: str, told: list[str]) -> None:
    project = delays(tmp_path, CLASSES.replace("'{}'", expression))
    result = api.build(api.load(project), threads=1)
    failure = result.failures["target:late"]
    assert (failure.kind, [failure.message, *failure_lines(failure)]) == ("data", told)
    assert not {name for name in result.ran if name.startswith(("fit", "bin", "train"))}


def test_another_positive_class_fits_no_step_again(tmp_path: Path) -> None:
    project = delays(tmp_path)
    assert api.build(api.load(project), threads=1).ok
    text = project.read_text()
    project.write_text(text.replace("target: late\n", "target: {column: late, positive: false}\n"))
    result = api.build(api.load(project), threads=1)
    assert result.ok
    assert not {"fit:late", "features:late", "bin:late"} & set(result.ran)
    assert {"target:late", "train:late", "publish:late"} <= set(result.ran)
