"""Places that explain a mistake are shown with it: where columns come from, through steps, joins and other
datasets.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, diagnosed

FEATURES = "[carrier, distance, seats]"
OTHER = (
    "datasets:\n",
    "datasets:\n  old: {from: planes, steps: [{op: derive, columns: {big: seats > 100}}]}\n",
)


@pytest.mark.parametrize(
    ("changes", "code", "notes"),
    [
        pytest.param(
            [("far: distance > 1000", "seats: distance > 1000")],
            "duplicate-column",
            ["17:39 'seats' is declared here"],
            id="a column that a join brought",
        ),
        pytest.param(
            [
                (
                    "        using: [tailnum]\n",
                    "        using: [tailnum]\n      - {op: derive, columns: {late: TRUE OR distance > 0}}\n",
                )
            ],
            "duplicate-column",
            ["25:38 'late' is defined here"],
            id="a column that a step made",
        ),
        pytest.param(
            [
                ("    using: [tailnum]\n", "    using: [tailnum]\n        prefix: plane_\n"),
                ("far: distance", "plane_seats: distance"),
            ],
            "duplicate-column",
            ["17:39 'plane_seats' is declared here as 'seats'"],
            id="a column that a join renamed",
        ),
        pytest.param(
            [
                (
                    "columns: {tailnum: string, seats: int}",
                    "columns: {tailnum: string, seats: int, distance: float}",
                )
            ],
            "duplicate-column",
            ["13:17 'distance' is declared here", "17:54 'distance' of 'planes' is declared here"],
            id="a join that brings a second one",
        ),
        pytest.param(
            [("columns: {tailnum: string, seats: int}", "columns: {tailnum: int, seats: int}")],
            "type-mismatch",
            ["12:7 'tailnum' is declared here", "17:24 'tailnum' of 'planes' is declared here"],
            id="a join on unequal types",
        ),
        pytest.param(
            [("    unique: [tailnum]\n", "")],
            "not-unique",
            ["15:3 the contract of 'planes'"],
            id="no promise of a source",
        ),
        pytest.param(
            [OTHER, ("with: planes", "with: old"), ("    unique: [tailnum]\n", "")],
            "not-unique",
            ["18:3 'old' is defined here"],
            id="no promise of a dataset",
        ),
        pytest.param(
            [("arr_delay IS NOT NULL", "distance > 0")],
            "nullable-target",
            ["29:17 'late' is defined here"],
            id="a target that can be missing",
        ),
        pytest.param(
            [(FEATURES, "[carrier, arr_delay, seats]")],
            "target-leak",
            ["29:17 'late' is defined here"],
            id="what the target comes from",
        ),
        pytest.param(
            [
                (
                    "far: distance > 1000",
                    "far: distance > 1000\n      - {op: derive, columns: {both: late OR far}}",
                ),
                (FEATURES, "[both]"),
            ],
            "target-leak",
            ["31:38 'both' is defined here"],
            id="what comes from the target",
        ),
        pytest.param([(FEATURES, "[late]")], "target-leak", [], id="the target itself"),
        pytest.param(
            [("distance: float", "distance: {dtype: float, serving: false}"), (FEATURES, "[far]")],
            "not-serving",
            ["30:16 'far' is defined here", "13:7 'distance' is declared here"],
            id="what comes from a column known afterwards",
        ),
        pytest.param(
            [
                ("    target: late\n", "    target: tailnum\n"),
                ("arr_delay IS NOT NULL", "tailnum IS NOT NULL"),
                (FEATURES, "[carrier, seats]"),
            ],
            "target-leak",
            ["22:9 a row of another table is joined here"],
            id="what the target finds",
        ),
        pytest.param(
            [
                ("seats: int}", "seats: int, scrapped: {dtype: bool, serving: false}}"),
                (
                    "datasets:\n",
                    "datasets:\n  scrap:\n    from: planes\n    steps:\n      - op: filter\n        where: scrapped\n"
                    "      - {op: filter, where: seats > 3}\n",
                ),
                ("        with: planes\n", "        with: scrap\n"),
            ],
            "not-serving",
            [
                "28:9 a row of another table is joined here",
                "22:9 rows are filtered here",
                "17:44 'scrapped' is declared here",
            ],
            id="what is found in a table that was filtered",
        ),
        pytest.param(
            [("late: arr_delay > 15", "late: arr_delay > distance"), (FEATURES, "[far]")],
            "shared-with-target",
            ["30:16 'far' is defined here", "29:17 'late' is defined here"],
            id="what shares a column with the target",
        ),
    ],
)
def test_where_columns_come_from_is_told(
    changes: list[tuple[str, str]], code: str, notes: list[str], tmp_path: Path
) -> None:
    _, found = diagnosed(tmp_path, changed(*changes))
    (told,) = [one for one in found if one.code == code]
    assert [f"{one.span.line}:{one.span.column} {one.message}" for one in told.related] == notes
