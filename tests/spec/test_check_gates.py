"""What is reported about gates and baselines, before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import FLIGHTS, checked

GATE = "{gate: metric, metric: roc_auc, min: 0.6, split: valid}"
#: The baseline is in line 53, and the gates begin in line 55. The dataset has no test rows.
GATES = FLIGHTS.replace(
    "outputs:\n  late: {model: late}\n",
    f"""\
  simple:
    type: sklearn.logistic_regression
    dataset: departures
    features: [distance]
    target: late
outputs:
  late:
    model: late
    baseline: {{type: model, model: simple}}
    gates:
      - {GATE}
      - {{gate: churn, max: 0.1, split: valid}}
""",
)
BASELINE = "{type: model, model: simple}"

CASES = {
    "a metric that is not measured": (
        [("metric: roc_auc, min", "metric: accuracy, min")],
        [
            "55:32 metric-mismatch the model does not measure the metric 'accuracy' | metrics of the model: roc_auc"
        ],
    ),
    "a metric with other options": (
        [
            ("metric: roc_auc, min", "metric: {metric: f_beta, beta: 2}, min"),
            ("metrics: [roc_auc]", "metrics: [roc_auc, f_beta]"),
        ],
        [
            "55:32 metric-mismatch the model does not measure the metric 'f_beta(beta=2)' | did you mean 'f_beta'?"
        ],
    ),
    "a part without rows": (
        [("min: 0.6, split: valid", "min: 0.6")],
        ["55:9 no-effect there are no test rows: the split of the dataset has none"],
    ),
    "slices that are not measured": (
        [("min: 0.6, split: valid", "min: 0.6, split: valid, slices: [carier]")],
        ["55:74 metric-mismatch the model does not measure the slice 'carier' | slices of the model: none"],
    ),
    "no bound": ([(", min: 0.6", "")], ["55:9 missing-key the gate needs 'min' or 'max'"]),
    "bounds without a number": (
        [("min: 0.6", "min: 0.6, max: 0.5")],
        ["55:46 contradiction 'min' 0.6 is greater than 'max' 0.5"],
    ),
    "a margin of the wrong sign": (
        [(GATE, "{gate: no_worse, metric: roc_auc, margin: -0.1, split: valid}")],
        ["55:51 out-of-range 'margin' must be a number >= 0, not -0.1"],
    ),
    "no baseline to compare with": (
        [(f"    baseline: {BASELINE}\n", "")],
        [
            "55:9 missing-key gate 'churn' needs a baseline to compare with"
            " | add 'baseline' to the output, such as {type: model, model: NAME}",
        ],
    ),
    "no worse than nothing": (
        [
            (f"    baseline: {BASELINE}\n", ""),
            (
                "{gate: churn, max: 0.1, split: valid}",
                "{gate: no_worse, metric: roc_auc, margin: 0.1, split: valid}",
            ),
        ],
        [
            "55:9 missing-key gate 'no_worse' needs a baseline to compare with"
            " | add 'baseline' to the output, such as {type: model, model: NAME}",
        ],
    ),
    "a baseline that nothing compares with": (
        [("      - {gate: churn, max: 0.1, split: valid}\n", "")],
        [
            "53:5 no-effect 'baseline' has no effect: no gate compares the output with it | add a gate such as 'no_worse', or remove it"
        ],
    ),
    "an unknown model": (
        [(BASELINE, "{type: model, model: simpel}")],
        [
            "53:36 unknown-model unknown model 'simpel' | did you mean 'simple'?",
        ],
    ),
    "the model itself": (
        [(BASELINE, "{type: model, model: late}")],
        ["53:36 no-effect the baseline is the model of the output itself, 'late' | choose another model"],
    ),
    "another target": (
        [
            ("    features: [distance]\n    target: late", "    features: [carrier]\n    target: far"),
            ("sklearn.logistic_regression\n", "lightgbm.classifier\n    preprocessing: tabular\n"),
        ],
        ["54:36 contradiction model 'simple' has another target than 'late', so they cannot be compared"],
    ),
    "a missing file": (
        [(BASELINE, "{type: file, path: old.onnx}")],
        ["53:34 missing-file there is no file 'old.onnx' | paths are relative to the folder of the spec"],
    ),
    "churn of numbers": (
        [
            ("lightgbm.classifier", "lightgbm.regressor"),
            ("sklearn.logistic_regression", "sklearn.ridge"),
            (
                "    target: late\n    metrics: [roc_auc]\n    early_stopping: {rounds: 5}\n",
                "    target: arr_delay\n    metrics: [r2]\n",
            ),
            ("    target: late\noutputs", "    target: arr_delay\noutputs"),
            ("metric: roc_auc", "metric: r2"),
        ],
        ["55:16 no-effect 'churn' is about predicted classes, but the model predicts a number"],
    ),
    "the interval of a median": (
        [
            ("lightgbm.classifier", "lightgbm.regressor"),
            ("sklearn.logistic_regression", "sklearn.ridge"),
            (
                "    target: late\n    metrics: [roc_auc]\n    early_stopping: {rounds: 5}\n",
                "    target: arr_delay\n    metrics: [median_absolute_error]\n",
            ),
            ("    target: late\noutputs", "    target: arr_delay\noutputs"),
            (GATE, "{gate: metric, metric: median_absolute_error, max: 9, evidence: interval, split: valid}"),
            (
                "{gate: churn, max: 0.1, split: valid}",
                "{gate: no_worse, metric: median_absolute_error, margin: 1, split: valid}",
            ),
        ],
        [
            "54:73 metric-mismatch 'median_absolute_error' has no confidence interval | use 'evidence: point'",
            "55:34 metric-mismatch the difference of 'median_absolute_error' cannot be judged, because it has no standard error"
            " | metrics that have one: none",
        ],
    ),
    "a size without a unit": (
        [(GATE, "{gate: size, max: '2'}")],
        [
            "55:27 bad-format 'max' must be a size such as 500kB or 2MB, with the unit B, kB, MB or GB, not '2'"
        ],
    ),
    "a slice that is not measured": (
        [(GATE, "{gate: spread, metric: roc_auc, slice: carrier, max_difference: 0.1, split: valid}")],
        ["55:48 metric-mismatch the model does not measure the slice 'carrier' | slices of the model: none"],
    ),
    "an unknown gate": (
        [("gate: churn", "gate: churns")],
        [
            "56:16 not-allowed 'gate' must be one of metric, better, no_worse, spread, churn, latency, size, not 'churns' | did you mean 'churn'?"
        ],
    ),
}


@pytest.mark.parametrize(("changes", "wanted"), CASES.values(), ids=CASES)
def test_what_is_wrong_with_a_gate_is_told_at_its_place(
    tmp_path: Path, changes: list[tuple[str, str]], wanted: list[str]
) -> None:
    text = GATES
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    assert checked(tmp_path, text) == wanted


def test_a_published_file_is_no_baseline(tmp_path: Path) -> None:
    (tmp_path / "dist/late").mkdir(parents=True)
    (tmp_path / "dist/late/model.onnx").touch()
    text = GATES.replace(BASELINE, "{type: file, path: dist/late/model.onnx}")
    (found,) = [line for line in checked(tmp_path, text) if "unused" not in line]
    assert found.endswith(
        " contradiction 'dist/late/model.onnx' is published by the build, which would change its own baseline"
        " | copy the file to another folder"
    )


def test_gates_that_fit_are_good(tmp_path: Path) -> None:
    assert checked(tmp_path, GATES) == []
