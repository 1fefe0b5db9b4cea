"""What is reported about models: targets, metrics, early stopping, and the inputs of their artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.models.answers.classification import Classification
from mlbuild.models.metrics import METRICS
from tests.spec.checking import changed, checked, diagnosed, spec_of
from tests.spec.written import told

FEATURES = "[carrier, distance, seats]"
TARGET = "    target: late\n"
STOPPING = "    early_stopping: {rounds: 5}\n"
#: The carrier is predicted only from numbers.
CARRIER = [(FEATURES, "[distance, seats]"), ("preprocessing: tabular", "preprocessing: []")]
THREE = [*CARRIER, ("[AA, UA]", "[AA, UA, BB]")]


def available(classes: int) -> str:
    """Return the names of the metrics for a number of classes."""
    names = METRICS.names
    return ", ".join(name for name in names if METRICS.named(name)().applies(Classification, classes))


WATCHED = "metrics that early stopping can watch: roc_auc, average_precision, log_loss, accuracy"

CASES = {
    "an unknown dataset": (
        [("dataset: departures", "dataset: departure")],
        ["39:14 unknown-dataset unknown dataset 'departure' | did you mean 'departures'?"],
    ),
    "a source for a dataset": (
        [("dataset: departures", "dataset: flights")],
        [
            "39:14 unknown-dataset 'flights' is a source, but a model needs a dataset"
            " | define a dataset with 'from: flights' and a split"
        ],
    ),
    "an unknown target": (
        [(TARGET, "    target: lat\n")],
        ["42:13 unknown-column unknown column 'lat' | did you mean 'late'?"],
    ),
    "a target that can be missing": (
        [("arr_delay IS NOT NULL", "distance > 0")],
        [
            "42:13 nullable-target the target 'late' can have missing values"
            " | add this step to dataset 'departures': {op: filter, where: late IS NOT NULL}"
        ],
    ),
    "a target that can be missing, with a name to quote": (
        [
            ("arr_delay IS NOT NULL", "distance > 0"),
            ("          late: arr", "          it's late: arr"),
            (TARGET, "    target: it's late\n"),
        ],
        [
            "42:13 nullable-target the target 'it's late' can have missing values"
            " | add this step to dataset 'departures': {op: filter, where: '\"it''s late\" IS NOT NULL'}"
        ],
    ),
    "a target that no classifier predicts": (
        [(TARGET, "    target: {column: arr_delay}\n")],
        [
            "42:22 unsupported-target model 'late': the target is a float, but lightgbm.classifier predicts bool, int or string"
            " | derive a bool, int or string from it, or use a learner for regression"
        ],
    ),
    "a learner of the other task: its metrics are not the mistake": (
        [("lightgbm.classifier", "lightgbm.regressor")],
        [
            "42:13 unsupported-target model 'late': the target is a bool, but lightgbm.regressor predicts int or float"
            " | derive a number from it, or use a learner for classification"
        ],
    ),
    "a positive value of another dtype": (
        [(TARGET, "    target: {column: late, positive: 1}\n")],
        ["42:38 wrong-value 'positive' must be a bool, like the target | write true or false"],
    ),
    "a positive value that is no category": (
        [*CARRIER, (TARGET, "    target: {column: carrier, positive: ZZ}\n")],
        ["42:41 wrong-value 'positive' is not one of the categories of 'carrier' | categories: AA, UA"],
    ),
    "a positive value of three classes": (
        [*THREE, (TARGET, "    target: {column: carrier, positive: AA}\n")],
        ["42:31 no-effect 'positive' has no effect on 3 classes"],
    ),
    "a positive value of a regression": (
        [
            ("lightgbm.classifier", "lightgbm.regressor"),
            (FEATURES, "seats"),
            ("preprocessing: tabular", "preprocessing: []"),
            (TARGET, "    target: {column: distance, positive: 3}\n"),
            ("    metrics: [roc_auc]\n", ""),
        ],
        ["42:32 no-effect 'positive' has no effect with lightgbm.regressor: it is for classification"],
    ),
    "a metric of the other task": (
        [("[roc_auc]", "[roc_auc, r2]")],
        [
            "43:24 metric-mismatch metric 'r2' is for regression, but the model does classification"
            f" | available metrics: {available(2)}"
        ],
    ),
    "a metric of two classes": (
        [*THREE, (TARGET, "    target: carrier\n"), ("metrics: [roc_auc]", "metrics: f1"), (STOPPING, "")],
        [
            "43:14 metric-mismatch metric 'f1' is for 2 classes, but the target has 3"
            f" | available metrics: {available(3)}"
        ],
    ),
    "a metric of a class without the class": (
        [*THREE, (TARGET, "    target: carrier\n"), ("[roc_auc]", "[{metric: recall}]"), (STOPPING, "")],
        [
            "43:15 metric-mismatch metric 'recall' is for 2 classes, unless it has a 'class', but the target has 3"
            f" | available metrics: {available(3)}"
        ],
    ),
    "a metric of a class that the target lacks": (
        [
            *THREE,
            (TARGET, "    target: carrier\n"),
            ("[roc_auc]", "[{metric: recall, class: ZZ}]"),
            (STOPPING, ""),
        ],
        ["43:39 wrong-value 'class' must be a class of the target, not 'ZZ' | classes: AA, UA, BB"],
    ),
    "a metric of a class of another dtype": (
        [("[roc_auc]", "[roc_auc, {metric: recall, class: late}]")],
        ["43:48 wrong-value 'class' must be of dtype bool, like the target"],
    ),
    "a metric twice, also with its defaults written out": (
        [("[roc_auc]", "[roc_auc, {metric: recall}, recall]")],
        ["43:42 duplicate-item 'recall' is listed twice"],
    ),
    "a metric that is unknown, with options": (
        [("[roc_auc]", "[roc_auc, {metric: recal, class: true}]")],
        [
            f"43:33 not-allowed 'metric' must be one of {len(METRICS)} options, not 'recal' | did you mean 'recall'?"
        ],
    ),
    "an option of another metric": (
        [("[roc_auc]", "[roc_auc, {metric: recall, beta: 2}]")],
        ["43:41 unknown-key unknown key 'beta' in recall metric | available keys: class"],
    ),
    "metrics that training cannot watch": (
        [("[roc_auc]", "[f1]")],
        [
            f"44:5 metric-mismatch early stopping cannot watch any of the model's metrics: set 'metric' | {WATCHED}"
        ],
    ),
    "a metric named that training cannot watch": (
        [("{rounds: 5}", "{rounds: 5, metric: f1}")],
        [f"44:41 metric-mismatch early stopping cannot watch the metric 'f1' | {WATCHED}"],
    ),
    "a metric named that is of the other task": (
        [("{rounds: 5}", "{rounds: 5, metric: r2}")],
        [
            "44:41 metric-mismatch metric 'r2' is for regression, but the model does classification"
            f" | available metrics: {available(2)}"
        ],
    ),
    "early stopping without validation rows, by time": (
        [("valid_from:", "test_from:")],
        [
            "44:5 no-valid-rows early stopping needs validation rows, but the split of dataset 'departures' has none"
            " | set 'valid_from' in the split"
        ],
    ),
    "early stopping without validation rows, by chance": (
        [("type: time, column: day, valid_from: 2013-10-01", "type: random, test: 0.5")],
        [
            "44:5 no-valid-rows early stopping needs validation rows, but the split of dataset 'departures' has none"
            " | set 'valid' in the split"
        ],
    ),
    "early stopping of what does not train in rounds": (
        [
            ("lightgbm.classifier", "sklearn.logistic_regression"),
            (FEATURES, "distance"),
            ("preprocessing: tabular", "preprocessing: []"),
        ],
        [
            "44:5 no-effect 'early_stopping' has no effect here: 'sklearn.logistic_regression' does not train"
            " in rounds | remove it"
        ],
    ),
    "early stopping on the test rows": (
        [(STOPPING, "    early_stopping: {rounds: 5, split: test}\n")],
        ["44:40 not-allowed 'split' must be valid, not 'test'"],
    ),
    "a threshold that is chosen on the test rows": (
        [(STOPPING, "    threshold: {type: best, metric: f1, split: test}\n")],
        ["44:41 unknown-key unknown key 'split' in best threshold | all its keys are already set"],
    ),
    "early stopping of boosting that goes back": (
        [(STOPPING, STOPPING + "    params: {boosting: dart}\n")],
        ["44:5 no-effect 'early_stopping' has no effect with these 'params' | remove it"],
    ),
    "parameters that contradict each other": (
        [(STOPPING, STOPPING + "    params: {bagging_fraction: 0.5}\n")],
        ["45:14 no-effect 'bagging_fraction' has no effect without 'bagging_freq'"],
    ),
    "an input with the name of an output": (
        [("seats: int}", "seats: int, label: int}"), (FEATURES, "[carrier, label]")],
        [
            "40:25 reserved-name feature 'label' needs column 'label' as an input of the artifact, but 'label' is the name of an output | rename the column in the data and in the contract"
        ],
    ),
    "an input with a reserved name": (
        [
            ("seats: int}", "seats: int, _mlbuild_x: int}"),
            ("far: distance > 1000", "far: _mlbuild_x > 1000"),
            (FEATURES, "[carrier, far]"),
        ],
        [
            "40:25 reserved-name feature 'far' needs column '_mlbuild_x' as an input of the artifact, but '_mlbuild_x' is a reserved"
            " name | rename the column in the data and in the contract"
        ],
    ),
    "an unknown model": (
        [("{model: late}", "{model: lat}")],
        ["46:17 unknown-model unknown model 'lat' | did you mean 'late'?"],
    ),
    "what nothing uses": (
        [
            ("  planes: {", "  more: {path: planes.csv, contract: other}\n  planes: {"),
            ("  plane:\n", "  other: {columns: {a: int}}\n  third: {columns: {a: int}}\n  plane:\n"),
            ("  departures:\n", "  idle: {from: flights}\n  departures:\n"),
            ("  tabular:", "  nothing: []\n  tabular:"),
            ("outputs:\n  late: {model: late}\n", ""),
        ],
        [
            "warning 6:3 unused nothing uses the source 'more' | remove it",
            "warning 17:3 unused nothing uses the contract 'third' | remove it",
            "warning 22:3 unused nothing uses the dataset 'idle' | remove it",
            "warning 37:3 unused nothing uses the preprocessing 'nothing' | remove it",
            "warning 42:3 unused nothing uses the model 'late' | remove it",
        ],
    ),
}


def test_outputs_are_folders_of_their_own_where_file_names_ignore_case(tmp_path: Path) -> None:
    found = diagnosed(
        tmp_path, changed(("  late: {model: late}", "  late: {model: late}\n  LATE: {model: late}"))
    )
    assert told(found[1]) == [
        "47:3 duplicate-name outputs 'LATE' and 'late' differ only in case, so case-insensitive file systems cannot hold both | rename one of them"
    ]
    (note,) = found[1][0].related
    assert (note.message, note.span.line) == ("first defined here", 46)


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_models(case: str, tmp_path: Path) -> None:
    changes, said = CASES[case]
    assert checked(tmp_path, changed(*changes)) == said


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_a_metric_of_the_other_task_is_no_input_name(metric: str, tmp_path: Path) -> None:
    """`prediction` is an output only of regressions."""
    text = changed(
        ("seats: int}", "seats: int, prediction: int}"),
        (FEATURES, "[carrier, prediction]"),
        ("roc_auc", metric),
    )
    assert checked(tmp_path, text) == []


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, changed(("    metrics: [roc_auc]\n", "")))
    model = spec.models["late"]
    assert tuple(one.label for one in model.metrics) == ("roc_auc", "log_loss", "accuracy")
    assert model.early_stopping is not None
    assert (model.early_stopping.split, model.early_stopping.metric) == ("valid", "roc_auc")
    assert model.target.answer == Classification(column="late", positive=True)
    assert model.seed == 7
    assert spec.outputs["late"].verify_rows == 20_000


@pytest.mark.parametrize(("written", "read"), [("all", None), ("12", 12)])
def test_rows_to_verify(written: str, read: int | None, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, changed(("{model: late}", f"{{model: late, verify: {{rows: {written}}}}}")))
    assert spec.outputs["late"].verify_rows == read
