"""What is reported about columns that steps drop and rename: their dependencies remain visible."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked, diagnosed, spec_of

FEATURES = "[carrier, distance, seats]"
LATE = "late: arr_delay > 15"
SPLIT = "    split: {type: time"
LEAVE = "remove it from 'features'"
AFTERWARDS = "has 'serving: false': it is not known at prediction time"


def then(*steps: str) -> tuple[str, str]:
    """Return the change that adds steps at the end of the dataset."""
    return SPLIT, "".join(f"      - {{{step}}}\n" for step in steps) + SPLIT


def first(*steps: str) -> tuple[str, str]:
    """Return the change that adds steps at its start."""
    return "    steps:\n", "    steps:\n" + "".join(f"      - {{{step}}}\n" for step in steps)


CASES = {
    "a feature computed from a dropped column that is known afterwards": (
        [
            ("far: distance > 1000", "far: arr_delay > distance"),
            (LATE, "late: far OR distance > 3"),
            ("      - op: derive\n", "      - op: derive\n        columns: {far: arr_delay > distance}\n      - op: derive\n"),
            ("          far: arr_delay > distance\n", ""),
            then("op: select, columns: {except: arr_delay}"),
            (FEATURES, "[carrier, far]"),
        ],
        [f"42:25 not-serving feature 'far' depends on 'arr_delay', which {AFTERWARDS} | {LEAVE}"],
    ),
    "a feature computed from a renamed column that is known afterwards": (
        [
            (LATE, "late: arr_delay > distance"),
            then("op: rename, columns: {arr_delay: delay}", "op: derive, columns: {hours: delay / 60}"),
            (FEATURES, "[carrier, hours]"),
        ],
        [f"42:25 not-serving feature 'hours' depends on 'delay', which {AFTERWARDS} | {LEAVE}"],
    ),
    "the only column that the target comes from, renamed": (
        [
            (LATE, "late: distance > 15"),
            then("op: rename, columns: {distance: miles}"),
            (FEATURES, "[carrier, miles]"),
        ],
        [f"41:25 target-leak feature 'miles' is the only column that the target 'late' is computed from | {LEAVE}"],
    ),
    "what was computed from a dropped column that alone gives the target": (
        [
            (LATE, "late: distance > 15"),
            then("op: select, columns: {except: distance}"),
            (FEATURES, "[carrier, far]"),
        ],
        [
            f"41:25 target-leak feature 'far' depends on 'distance', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "what was computed from the target under its former name": (
        [
            then(
                "op: derive, columns: {both: late AND far}",
                "op: rename, columns: {late: is_late}",
                "op: rename, columns: {far: late}",
            ),
            ("target: late", "target: is_late"),
            (FEATURES, "[carrier, both]"),
        ],
        [f"43:25 target-leak feature 'both' depends on the target 'is_late' | {LEAVE}"],
    ),
    "a target that was dropped": (
        [then("op: select, columns: {except: late}")],
        [
            "43:13 unknown-column unknown column 'late'"
            " | available columns: day, carrier, tailnum, distance, arr_delay, seats, far"
        ],
    ),
    "the column of a split that was dropped": (
        [then("op: select, columns: {except: day}")],
        [
            "32:33 unknown-column unknown column 'day'"
            " | available columns: carrier, tailnum, distance, arr_delay, seats, late, far"
        ],
    ),
    "the target found again by way of a renamed key and column": (
        [
            ("      day: date\n", "      day: {dtype: date, unique: true}\n"),
            (
                "datasets:\n",
                "datasets:\n  same:\n    from: flights\n    steps:\n"
                "      - {op: rename, columns: {day: date, distance: miles}}\n"
                "      - {op: select, columns: [date, miles]}\n",
            ),
            then("op: rename, columns: {day: date}", "op: join, with: same, using: date"),
            ("column: day", "column: date"),
            (LATE, "late: distance > 15"),
            (FEATURES, "[carrier, miles]"),
        ],
        [
            f"47:25 target-leak feature 'miles' depends on 'distance', the only column that the target 'late' is computed from | {LEAVE}"
        ],
    ),
    "what is known afterwards, dropped, and found again through a contract that does not say so": (
        [
            ("      day: date\n", "      day: {dtype: date, unique: true}\n"),
            ("sources:\n", "sources:\n  again: {path: ./flights.csv, contract: again}\n"),
            (
                "contracts:\n",
                "contracts:\n  again: {unique: [day], columns: {day: date, arr_delay: float}}\n",
            ),
            (LATE, "late: arr_delay > distance"),
            then("op: select, columns: {except: arr_delay}", "op: join, with: again, using: day"),
            (FEATURES, "[carrier, arr_delay]"),
        ],
        [f"44:25 not-serving feature 'arr_delay' depends on 'arr_delay', which {AFTERWARDS} | {LEAVE}"],
    ),
    "a row of the past, whose outcome is known": (
        [
            ("      day: date\n", "      day: {dtype: date, unique: true}\n      past: date\n"),
            ("sources:\n", "sources:\n  again: {path: ./flights.csv, contract: again}\n"),
            (
                "contracts:\n",
                "contracts:\n  again: {unique: [day], columns: {day: date, arr_delay: float}}\n",
            ),
            (
                "datasets:\n",
                "datasets:\n  before: {from: again, steps: [{op: rename, columns:"
                " {day: past, arr_delay: past_delay}}]}\n",
            ),
            then("op: join, with: before, using: past"),
            (FEATURES, "[carrier, past_delay]"),
        ],
        [],
    ),
    "two inputs of one name": (
        [
            then("op: select, columns: {except: distance}", "op: rename, columns: {seats: distance}"),
            (FEATURES, "[carrier, far, distance]"),
        ],
        [
            "42:15 duplicate-column with these features, the artifact would have two inputs named 'distance'"
            " | rename one of the columns before it is dropped: inputs get the last name of their column"
        ],
    ),
    "an input with the name of an output, which was dropped": (
        [
            first("op: rename, columns: {distance: label}"),
            ("far: distance > 1000", "far: label > 1000"),
            then("op: select, columns: {except: label}"),
            (FEATURES, "[carrier, far]"),
        ],
        [
            "42:25 reserved-name feature 'far' needs column 'label' as an input of the artifact, but 'label' is the name of an output | rename the column in the data and in the contract"
        ],
    ),
    "a misspelt column of a selection is one mistake": (
        [
            then("op: select, columns: [day, carrier, distanse, seats, late]", "op: derive, columns: {far: seats > 9}"),
            (FEATURES, "[carrier, distance, seats, far]"),
        ],
        ["31:46 unknown-column unknown column 'distanse' | did you mean 'distance'?"],
    ),
    "a misspelt column to leave out is one mistake": (
        [
            then("op: select, columns: {except: [fars, distance]}", "op: derive, columns: {far: seats > 9}"),
            (FEATURES, "[carrier, seats, far]"),
        ],
        ["31:41 unknown-column unknown column 'fars' | did you mean 'far'?"],
    ),
    "a misspelt column to rename is one mistake": (
        [
            then("op: rename, columns: {distanse: miles, seats: chairs}", "op: derive, columns: {seats: miles / 2}"),
            (FEATURES, "[carrier, miles, chairs, seats]"),
        ],
        ["31:32 unknown-column unknown column 'distanse' | did you mean 'distance'?"],
    ),
    "a rename to a name that is taken": (
        [then("op: rename, columns: {distance: seats}")],
        [
            "31:42 duplicate-column there is already a column 'seats'"
            " | choose another name for one of them"
        ],
    ),
    "an expression over a name that was dropped": (
        [then("op: select, columns: {except: seats}", "op: filter, where: seats > 3"), (FEATURES, "[carrier]")],
        [
            "32:29 unknown-column unknown column 'seats'"
            " | available columns: day, carrier, tailnum, distance, arr_delay, late, far"
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_dropped_and_renamed_columns(case: str, tmp_path: Path) -> None:
    changes, said = CASES[case]
    assert checked(tmp_path, changed(*changes)) == said


@pytest.mark.parametrize(
    ("changes", "code", "notes"),
    [
        pytest.param(
            [
                then("op: rename, columns: {distance: miles}", "op: derive, columns: {miles: seats * 2}"),
                (FEATURES, "[carrier, miles]"),
            ],
            "duplicate-column",
            ["13:17 'miles' is declared here as 'distance'"],
            id="a renamed column",
        ),
        pytest.param(
            [
                (LATE, "late: distance > 15"),
                then("op: select, columns: {except: distance}"),
                (FEATURES, "[far]"),
            ],
            "target-leak",
            ["30:16 'far' is defined here", "29:17 'late' is defined here"],
            id="what comes from a dropped column",
        ),
        pytest.param(
            [
                then("op: select, columns: {except: distance}", "op: rename, columns: {seats: distance}"),
                (FEATURES, "[far, distance]"),
            ],
            "duplicate-column",
            ["13:17 'distance' is declared here", "17:39 'distance' is declared here as 'seats'"],
            id="two inputs of one name",
        ),
    ],
)
def test_where_dropped_and_renamed_columns_come_from(
    changes: list[tuple[str, str]], code: str, notes: list[str], tmp_path: Path
) -> None:
    _, found = diagnosed(tmp_path, changed(*changes))
    (told,) = [one for one in found if one.code == code]
    assert [f"{one.span.line}:{one.span.column} {one.message}" for one in told.related] == notes


def test_an_artifact_takes_what_features_come_from_under_the_last_name(tmp_path: Path) -> None:
    changes = [
        first("op: rename, columns: {distance: km}"),
        ("far: distance > 1000", "far: km > 1000"),
        then("op: select, columns: [day, late, far, seats]", "op: rename, columns: {seats: chairs}"),
        (FEATURES, "[far, chairs]"),
        ("    - op: category\n      columns: {dtype: string}\n", "    []\n"),
    ]
    spec = spec_of(tmp_path, changed(*changes))
    assert [one.name for one in spec.outputs["late"].serving.inputs] == ["km", "chairs"]
