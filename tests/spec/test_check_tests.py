"""What is reported about tests, before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.data.formats.by_suffix import KNOWN
from tests.spec.checking import FLIGHTS, checked

#: The inputs of the output `late`: carrier, distance, tailnum (nullable) for the seats of the plane, and no others.
TESTS = f"""{FLIGHTS}tests:
  short:
    output: late
    given: {{carrier: AA, distance: 187, seats: 100}}
    expect: {{label: false}}
"""
ROW = "{carrier: AA, distance: 187, seats: 100}"
EXPECT = "{label: false}"
INPUTS = "inputs: carrier, distance, seats"
#: Another kind of test, whose keys begin in line 50.
OTHER = f"    given: {ROW}\n    expect: {EXPECT}\n"
MANY = [
    ("[AA, UA]", "[AA, UA, BB]"),
    ("target: late", "target: carrier"),
    ("[carrier, distance", "[distance"),
]
MANY += [
    ("    metrics: [roc_auc]\n    early_stopping: {rounds: 5}\n", ""),
    ("preprocessing: tabular", "preprocessing: []"),
]

CASES = {
    "an unknown output": (
        [("    output: late", "    output: latte")],
        ["49:13 unknown-output unknown output 'latte' | did you mean 'late'?"],
    ),
    "a missing file": (
        [(OTHER, "    path: cases.csv\n")],
        ["50:11 missing-file there is no file 'cases.csv' | did you mean 'planes.csv'?"],
    ),
    "a file of an unknown format": (
        [(OTHER, "    path: mlbuild.yaml\n")],
        [
            "50:11 bad-format the suffix of 'mlbuild.yaml' does not say how to read it"
            f" | add 'format', or use one of the suffixes {', '.join(KNOWN)}"
        ],
    ),
    "a file of a format that is named": (
        [(OTHER, "    path: mlbuild.yaml\n    format: {type: csv, delimiter: ';'}\n")],
        [],
    ),
    "a format without a file": (
        [(OTHER, f"{OTHER}    format: {{type: csv}}\n")],
        ["52:5 no-effect 'format' has no effect without 'path' | remove it"],
    ),
    "an option of another format": (
        [(OTHER, "    path: planes.csv\n    format: {type: parquet, delimiter: ';'}\n")],
        ["51:29 unknown-key unknown key 'delimiter' in parquet format | available keys: read"],
    ),
    "an unknown format": (
        [(OTHER, "    path: planes.csv\n    format: {type: parket}\n")],
        ["51:20 unknown-type unknown format type 'parket' | did you mean 'parquet'?"],
    ),
    "a file and a row": (
        [(OTHER, f"    path: mlbuild.yaml\n{OTHER}")],
        ["51:5 contradiction 'given' and 'path' cannot be used together"],
    ),
    "an unknown column": (
        [(ROW, "{carrier: AA, distans: 187, distance: 1, seats: 100}")],
        ["50:26 unknown-column 'distans' is not an input of the artifact | did you mean 'distance'?"],
    ),
    "a column that is not an input": (
        [(ROW, "{carrier: AA, distance: 187, seats: 100, day: 2013-01-01}")],
        [f"50:53 unknown-column 'day' is not an input of the artifact | {INPUTS}"],
    ),
    "a wrong dtype": (
        [(ROW, "{carrier: 7, distance: far, seats: 1.5}")],
        [
            "50:22 wrong-value 'carrier' must be a string, because its column is of dtype string",
            "50:35 wrong-value 'distance' must be a finite number, because its column is of dtype float",
            "50:47 wrong-value 'seats' must be an integer, because its column is of dtype int",
        ],
    ),
    "a missing value that cannot be missing": (
        [(ROW, "{carrier: null, distance: 187, seats: 100}")],
        ["50:22 wrong-value 'carrier' cannot be missing, because its column is not nullable"],
    ),
    "an input that is left out": (
        [(ROW, "{seats: 100}")],
        [
            "50:5 missing-key the row needs 'carrier', 'distance': inputs that cannot be missing",
        ],
    ),
    "a category outside the contract": (
        [(ROW, "{carrier: ZZ, distance: 187, seats: 100}")],
        [
            "warning 50:22 unlisted-category 'carrier' is not one of the categories of its contract, so the model treats it as an"
            " unknown value | categories: AA, UA"
        ],
    ),
    "a label of another dtype": (
        [(EXPECT, "{label: late}")],
        ["51:21 wrong-value 'label' must be true or false, because the target is of dtype bool"],
    ),
    "a number of a classifier": (
        [(EXPECT, "{value: {min: 1}}")],
        [
            "51:14 no-effect 'value' is for predicted numbers, but the model predicts classes"
            " | use 'label', 'probability' or 'probabilities'"
        ],
    ),
    "a class of a regression": (
        [
            ("lightgbm.classifier", "lightgbm.regressor"),
            ("target: late", "target: distance"),
            ("distance, seats]\n", "seats]\n"),
            ("    metrics: [roc_auc]\n    early_stopping: {rounds: 5}\n", ""),
            (ROW, "{carrier: AA, seats: 100}"),
        ],
        ["49:14 no-effect 'label' is for classes, but the model has none | outputs of the model: prediction"],
    ),
    "no expectation": (
        [(EXPECT, "{}")],
        ["51:5 missing-key 'expect' needs something to expect, such as 'label'"],
    ),
    "an empty range": (
        [(EXPECT, "{probability: {}}")],
        ["51:14 missing-key a range needs 'min' or 'max'"],
    ),
    "a range without numbers": (
        [(EXPECT, "{probability: {min: 0.5, max: 0.2}}")],
        ["51:33 contradiction 'min' 0.5 is greater than 'max' 0.2"],
    ),
    "an unknown class": (
        [(EXPECT, "{probabilities: {maybe: {min: 0.5}}}")],
        ["51:30 wrong-value 'maybe' is not one of the classes of the target | classes: false, true"],
    ),
    "one probability of three": (
        [*MANY, (ROW, "{distance: 187, seats: 100}"), (EXPECT, "{probability: {min: 0.5}}")],
        ["49:14 no-effect 'probability' is for two classes, but the target has 3 | use 'probabilities'"],
    ),
    "near, but how": (
        [(EXPECT, "{near: short}")],
        ["51:14 missing-key 'near' needs 'within'"],
    ),
    "an unknown test": (
        [(EXPECT, "{near: shirt, within: 0.1}")],
        ["51:20 unknown-test unknown test 'shirt' | defined: short"],
    ),
    "a row without an expectation": (
        [(f"    expect: {EXPECT}\n", "")],
        ["48:3 missing-key the test needs 'expect'"],
    ),
    "a row and rows": (
        [
            (
                f"    expect: {EXPECT}\n",
                f"    expect: {EXPECT}\n    rows: [{{given: {ROW}, expect: {EXPECT}}}]\n",
            )
        ],
        ["50:5 contradiction 'given' and 'rows' cannot be used together"],
    ),
    "monotone in a text": (
        [(OTHER, "    test: monotone\n    column: carrier\n    direction: increasing\n")],
        ["51:13 wrong-dtype 'carrier' must be a number, but it is of dtype string"],
    ),
    "monotone in a column that is not an input": (
        [(OTHER, "    test: monotone\n    column: arr_delay\n    direction: increasing\n")],
        [
            "51:13 no-effect 'arr_delay' is not an input of the artifact, so changing it has no effect | "
            + INPUTS
        ],
    ),
    "monotone in an unknown column": (
        [(OTHER, "    test: monotone\n    column: distances\n    direction: increasing\n")],
        ["51:13 unknown-column unknown column 'distances' | did you mean 'distance'?"],
    ),
    "monotone in which class": (
        [*MANY, (OTHER, "    test: monotone\n    column: distance\n    direction: increasing\n")],
        ["46:3 missing-key the test needs 'class', because the target has 3 classes"],
    ),
    "invariant to a column that is not an input": (
        [(OTHER, "    test: invariant\n    columns: [seats, day]\n")],
        ["51:22 no-effect 'day' is not an input of the artifact, so changing it has no effect | " + INPUTS],
    ),
    "invariant to nothing": (
        [(OTHER, "    test: invariant\n")],
        ["48:3 missing-key the test needs 'columns' or 'change'"],
    ),
    "labels within": (
        [(OTHER, "    test: invariant\n    columns: [seats]\n    of: label\n    within: 0.1\n")],
        ["53:5 no-effect 'within' has no effect on labels | use 'allow'"],
    ),
    "a change to another dtype": (
        [
            (
                OTHER,
                "    test: directional\n    change: {distance: carrier}\n    expect: {at_most: 0}\n",
            )
        ],
        ["51:24 type-mismatch 'distance' is of dtype float, but its new value is of dtype string"],
    ),
    "a change with an unknown column": (
        [
            (
                OTHER,
                "    test: directional\n    change: {distance: distance + arr_delay}\n    expect: {at_most: 0}\n",
            )
        ],
        ["51:35 unknown-column unknown column 'arr_delay' | available columns: carrier, distance, seats"],
    ),
    "a rise without bounds": (
        [(OTHER, "    test: directional\n    change: {distance: distance + 1}\n    expect: {}\n")],
        ["52:5 missing-key a rise needs 'at_least' or 'at_most'"],
    ),
    "a column that the learner does not get": (
        [(OTHER, f"    test: features\n    given: {ROW}\n    expect: {{seat: 100}}\n")],
        ["52:14 unknown-column the learner does not get a column 'seat' | did you mean 'seats'?"],
    ),
    "a text for a code": (
        [(OTHER, f"    test: features\n    given: {ROW}\n    expect: {{carrier: AA}}\n")],
        [
            "52:23 wrong-value 'carrier' must be a number or null, because the learner gets numbers"
            " | the code of a category counts from 1, in the order of the contract or else in sorted order"
        ],
    ),
    "an unknown kind": (
        [(OTHER, "    test: monotonic\n")],
        [
            "48:3 missing-key monotone test needs 'column'",
            "48:3 missing-key monotone test needs 'direction' | one of increasing, decreasing",
            "50:11 not-allowed 'test' must be one of expect, monotone, directional, invariant, features, not 'monotonic'"
            " | did you mean 'monotone'?",
        ],
    ),
    "two tests of one name": (
        [(OTHER, f"{OTHER}  short: {{output: late, given: {ROW}, expect: {EXPECT}}}\n")],
        ["52:3 duplicate-key duplicate key 'short' on lines 48 and 52 | remove or rename one of them"],
    ),
}


@pytest.mark.parametrize(("changes", "wanted"), CASES.values(), ids=CASES)
def test_what_is_wrong_with_a_test_is_told_at_its_place(
    tmp_path: Path, changes: list[tuple[str, str]], wanted: list[str]
) -> None:
    text = TESTS
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    assert checked(tmp_path, text) == wanted


def test_a_test_may_be_without_its_kind_and_with_missing_values(tmp_path: Path) -> None:
    assert checked(tmp_path, TESTS) == []
