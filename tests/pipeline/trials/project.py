"""A project whose model is trained in a few milliseconds, with several settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.projects import DELAYS, delays

MATRIX = "    matrix: {params: {num_leaves: [3, 7], learning_rate: [0.1, 0.3]}}\n"
CHOOSE = MATRIX + "    choose: log_loss\n"
SEARCH = """\
    search:
      type: random
      trials: 6
      together: 2
      metric: log_loss
      space: {params: {num_leaves: {type: int, min: 2, max: 9, log: true}, learning_rate: {type: float, min: 0.02, max: 0.5}}}
"""
#: The same search, whose trials are compared on folds.
FOLDED = (
    SEARCH.replace("      metric: log_loss\n", "      metric: log_loss\n      on: folds\n")
    + "    cross_validation: true\n"
)
#: A space of which one setting is only for positive targets.
OBJECTIVES = "{params: {objective: {type: choice, values: [gamma, regression]}}}"
_SPLIT = "valid: 0.2, test: 0.2}\n"
_PARAMS = "    params: {num_iterations: 25, num_leaves: 15, min_data_in_leaf: 5}\n"
_FIXED = "    metrics: [roc_auc, log_loss]\n    params: {num_iterations: 12, min_data_in_leaf: 5}\n"


def with_trials(text: str, output: str = "late") -> str:
    """Return the spec with these keys of the model, with folds if they need them, and an output of one of its models."""
    assert DELAYS.count(_PARAMS) == 1
    spec = DELAYS.replace(_PARAMS, f"{_FIXED}{text}")
    if "cross_validation" in text:
        assert spec.count(_SPLIT) == 1
        spec = spec.replace(_SPLIT, f"{_SPLIT}    folds: {{type: random, count: 3}}\n")
    return spec.replace("outputs:\n  late: {model: late}\n", f"outputs:\n  late: {{model: '{output}'}}\n")


def project(folder: Path, text: str, output: str = "late") -> Path:
    """Write the project with few rows; return the spec file."""
    return delays(folder, with_trials(text, output), every=400)


def regressing(spec: str) -> str:
    """Return the spec with a model of the delays, which can be negative."""
    changes = {
        "lightgbm.classifier": "lightgbm.regressor",
        "metrics: [roc_auc, log_loss]": "metrics: [r2]",
        "target: late": "target: arr_delay",
    }
    for old, new in changes.items():
        assert spec.count(old) == 1
        spec = spec.replace(old, new)
    return spec


def ran(names: tuple[str, ...], kind: str) -> list[str]:
    """Return what follows the model in the names of the tasks of a kind that ran."""
    return sorted(name.partition("@")[2] for name in names if name.startswith(f"{kind}:"))


def trials(folder: Path) -> Any:
    """Return the trials of the output that was built."""
    return json.loads((folder / "dist/late/trials.json").read_text())
