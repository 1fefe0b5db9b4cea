"""What is reported about features: which exist, which leak the target, and what reaches the learner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked, spec_of

FEATURES = "[carrier, distance, seats]"
DERIVED = "          far: distance > 1000\n"
#: After the steps of the preprocessing.
CATEGORY = "      columns: {dtype: string}\n"
HERE = "day, carrier, tailnum, distance, arr_delay, seats, late, far"
LEAVE = "remove it from 'features'"
AFTERWARDS = "has 'serving: false': it is not known at prediction time"
#: Each row finds itself.
SELF_JOIN = (
    ("      day: date\n", "      day: {dtype: date, unique: true}\n"),
    (
        "      - op: join\n",
        "      - {op: join, with: flights, using: [day], prefix: same_}\n      - op: join\n",
    ),
)
#: Each row finds itself, in a table that found it.
BRIDGE = (
    (
        "datasets:\n",
        "datasets:\n  bridge:\n    from: planes\n    steps:\n"
        "      - {op: join, with: flights, using: tailnum, prefix: its_}\n",
    ),
    ("  flight:\n", "  flight:\n    unique: [tailnum]\n"),
    (
        "      - op: join\n",
        "      - {op: join, with: bridge, using: tailnum, prefix: same_}\n      - op: join\n",
    ),
)

CASES = {
    "an unknown column, alone in a list": (
        [(FEATURES, "[nope]")],
        [f"40:16 unknown-column unknown column 'nope' | available columns: {HERE}"],
    ),
    "an unknown column, without a list": (
        [(FEATURES, "nope")],
        [f"40:15 unknown-column unknown column 'nope' | available columns: {HERE}"],
    ),
    "a column listed twice": (
        [(FEATURES, "[carrier, distance, distance]")],
        ["40:35 duplicate-item column 'distance' is listed twice"],
    ),
    "the only column that the target comes from": (
        [(FEATURES, "[carrier, arr_delay]")],
        [
            "40:25 target-leak feature 'arr_delay' is the only column that the target 'late' is computed from"
            f" | {LEAVE}"
        ],
    ),
    "a feature computed from the target": (
        [
            (DERIVED, DERIVED + "      - op: derive\n        columns: {late_far: late AND far}\n"),
            (FEATURES, "[carrier, late_far]"),
        ],
        [f"42:25 target-leak feature 'late_far' depends on the target 'late' | {LEAVE}"],
    ),
    "a feature computed from the only column that the target comes from": (
        [
            (
                DERIVED,
                DERIVED
                + "      - {op: derive, columns: {hours: arr_delay / 60}}\n"
                + "      - {op: derive, columns: {days: hours / 24}}\n",
            ),
            (FEATURES, "[carrier, days]"),
        ],
        [
            f"42:25 target-leak feature 'days' depends on 'arr_delay', the only column that the target 'late' is computed from (days <- hours <- arr_delay) | {LEAVE}"
        ],
    ),
    "a feature that was joined by the target": (
        [
            ("    target: late\n", "    target: tailnum\n"),
            ("arr_delay IS NOT NULL", "tailnum IS NOT NULL"),
            (FEATURES, "[carrier, seats]"),
        ],
        [f"40:25 target-leak feature 'seats' depends on the target 'tailnum' | {LEAVE}"],
    ),
    "a column that is known afterwards": (
        [("late: arr_delay > 15", "late: arr_delay > distance"), (FEATURES, "[carrier, arr_delay]")],
        [f"40:25 not-serving feature 'arr_delay' {AFTERWARDS} | {LEAVE}"],
    ),
    "a feature computed from what is known afterwards": (
        [
            ("late: arr_delay > 15", "late: arr_delay > distance"),
            (DERIVED, DERIVED + "          hours: arr_delay / 60\n"),
            (FEATURES, "[carrier, hours]"),
        ],
        [f"41:25 not-serving feature 'hours' depends on 'arr_delay', which {AFTERWARDS} | {LEAVE}"],
    ),
    "a column that the target comes from among others": (
        [("late: arr_delay > 15", "late: arr_delay > distance")],
        [
            "warning 40:25 shared-with-target feature 'distance' and the target 'late' both depend on 'distance'"
            " | make sure that the feature does not give the target away"
        ],
    ),
    "the only column behind several that the target is computed from": (
        [
            ("late: arr_delay > 15", "hours: distance / 800\n          half: distance / 2"),
            (DERIVED, "      - {op: derive, columns: {late: hours > half}}\n"),
        ],
        [
            "41:25 target-leak feature 'distance' is the only column that the target 'late' is computed from"
            f" | {LEAVE}"
        ],
    ),
    "the target of the same row, joined to itself": (
        [
            *SELF_JOIN,
            ("late: arr_delay > 15", "late: distance > 100"),
            (FEATURES, "[carrier, same_distance]"),
        ],
        [
            f"41:25 target-leak feature 'same_distance' depends on 'distance', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "what is known afterwards of the same row, from another source of the file and another contract": (
        [
            *SELF_JOIN,
            ("sources:\n", "sources:\n  again: {path: ./flights.csv, contract: again}\n"),
            (
                "contracts:\n",
                "contracts:\n  again: {unique: [day], columns: {day: date, arr_delay: float}}\n",
            ),
            ("with: flights", "with: again"),
            ("late: arr_delay > 15", "late: arr_delay > distance"),
            (FEATURES, "[carrier, same_arr_delay]"),
        ],
        [f"43:25 not-serving feature 'same_arr_delay' depends on 'arr_delay', which {AFTERWARDS} | {LEAVE}"],
    ),
    "the target of the same row, by way of another table": (
        [
            *BRIDGE,
            ("late: arr_delay > 15", "late: distance > 100"),
            (FEATURES, "[carrier, same_its_distance]"),
        ],
        [
            f"46:25 target-leak feature 'same_its_distance' depends on 'distance', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "the target of another row, by way of another table": (
        [
            *BRIDGE,
            (
                "columns: {tailnum: string",
                "columns: {carrier: {dtype: string, unique: true}, tailnum: string",
            ),
            ("with: bridge, using: tailnum", "with: bridge, using: carrier"),
            ("late: arr_delay > 15", "late: distance > 100"),
            (FEATURES, "[carrier, same_its_distance]"),
            ("        using: [tailnum]\n", "        using: [tailnum]\n        prefix: plane_\n"),
        ],
        [],
    ),
    "the target of the row that was joined before": (
        [
            ("using: [tailnum]\n", "using: [tailnum]\n        how: inner\n"),
            ("late: arr_delay > 15", "late: seats > 100"),
            (DERIVED, DERIVED + "      - {op: join, with: planes, using: tailnum, prefix: again_}\n"),
            (FEATURES, "[carrier, again_seats]"),
        ],
        [
            f"42:25 target-leak feature 'again_seats' depends on 'seats', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "what is only found where the target is true": (
        [
            ("      day: date\n", "      day: {dtype: date, unique: true}\n"),
            (
                "datasets:\n",
                "datasets:\n  delayed:\n    from: flights\n    steps:\n"
                "      - {op: filter, where: arr_delay > 15}\n",
            ),
            (
                "      - op: join\n",
                "      - {op: join, with: delayed, using: day, prefix: its_}\n      - op: join\n",
            ),
            (FEATURES, "[carrier, its_distance]"),
        ],
        [
            f"45:25 target-leak feature 'its_distance' depends on 'arr_delay', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "what is found in a table of rows that are known only afterwards": (
        [
            (
                "columns: {tailnum: string, seats: int}",
                "columns: {tailnum: string, seats: int, scrapped: {dtype: bool, serving: false}}",
            ),
            (
                "datasets:\n",
                "datasets:\n  scrap: {from: planes, steps: [{op: filter, where: scrapped}]}\n",
            ),
            ("        with: planes\n", "        with: scrap\n"),
        ],
        [f"41:35 not-serving feature 'seats' depends on 'scrapped', which {AFTERWARDS} | {LEAVE}"],
    ),
    "a selector of nothing that can be a feature": (
        [(FEATURES, "{matches: arr_*}")],
        [
            "40:15 empty-selection the selector matches no column that can be a feature"
            " | all matching columns are the target or are not known at prediction time"
        ],
    ),
    "a selector that leaves out an unknown column": (
        [(FEATURES, "{except: [nope]}")],
        [f"40:25 unknown-column unknown column 'nope' | available columns: {HERE}"],
    ),
    "an unknown preprocessing": (
        [("preprocessing: tabular", "preprocessing: tabula")],
        ["41:20 unknown-preprocessing unknown preprocessing 'tabula' | did you mean 'tabular'?"],
    ),
    "a step on a column that is no feature": (
        [(CATEGORY, "      columns: [carrier, tailnum]\n")],
        ["35:26 unknown-column unknown column 'tailnum' | available columns: carrier, distance, seats"],
    ),
    "a step at fault in two models is one mistake": (
        [
            (CATEGORY, "      columns: [carrier, nope]\n"),
            (
                "outputs:\n",
                "  b: {type: lightgbm.classifier, dataset: departures, features: carrier, target: late,"
                " preprocessing: tabular}\noutputs:\n",
            ),
        ],
        ["35:26 unknown-column unknown column 'nope' | available columns: carrier, distance, seats"],
    ),
    "a step on a column of another dtype": (
        [("    - op: category\n", "    - {op: standard, columns: carrier}\n    - op: category\n")],
        [
            "34:31 wrong-dtype 'standard' takes int or float, but column 'carrier' is string"
            " | exclude the column, or convert it in an earlier step"
        ],
    ),
    "a date that reaches the learner": (
        [(FEATURES, "[carrier, day]")],
        [
            "40:25 unsupported-feature model 'late': column 'day' is a date, but lightgbm.classifier needs numbers"
            " | extract numbers from it with 'date_parts'"
        ],
    ),
    "a date that reaches the learner behind a step that keeps it": (
        [
            (FEATURES, "[carrier, day]"),
            (CATEGORY, CATEGORY + "    - {op: date_parts, columns: day, parts: [month], keep: true}\n"),
        ],
        [
            "41:25 unsupported-feature model 'late': column 'day' is a date, but lightgbm.classifier needs numbers"
            " | extract numbers from it with 'date_parts'"
        ],
    ),
    "a text that a step adds": (
        [
            (
                CATEGORY,
                CATEGORY
                + "    - op: derive\n      columns: {word: CASE WHEN seats > 3 THEN 'a' ELSE 'b' END}\n",
            )
        ],
        [
            "37:23 unsupported-feature model 'late': column 'word' is a string, but lightgbm.classifier needs numbers"
            " | encode it with 'category', 'ordinal' or 'one_hot'"
        ],
    ),
    "columns that a learner refuses": (
        [("lightgbm.classifier", "sklearn.logistic_regression"), ("    early_stopping: {rounds: 5}\n", "")],
        [
            "40:16 unsupported-feature model 'late': column 'carrier' is a category, but sklearn.logistic_regression needs"
            " numbers | use 'one_hot' or 'ordinal' instead",
            "40:35 unsupported-feature model 'late': column 'seats' can have missing values, but sklearn.logistic_regression does not support"
            " missing values | fill missing values with 'impute'",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_features(case: str, tmp_path: Path) -> None:
    changes, said = CASES[case]
    assert checked(tmp_path, changed(*changes)) == said


@pytest.mark.parametrize(
    ("features", "steps", "selected"),
    [
        ("[seats, carrier, distance]", "{op: category, columns: carrier}", ["seats", "carrier", "distance"]),
        ("{dtype: numeric}", "", ["distance", "seats"]),
        (
            "{matches: '*', except: [day, tailnum]}",
            "{op: category, columns: carrier}",
            ["carrier", "distance", "far", "seats"],
        ),
        ("seats", "", ["seats"]),
    ],
)
def test_selectors_take_what_can_be_a_feature(
    features: str, steps: str, selected: list[str], tmp_path: Path
) -> None:
    text = changed((FEATURES, features), ("    - op: category\n" + CATEGORY, f"    [{steps}]\n"))
    assert list(spec_of(tmp_path, text).models["late"].features) == selected
