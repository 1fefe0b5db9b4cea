"""The cost of long specs is proportional to their length, even with mistakes in them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mlbuild.expressions import syntax
from tests.spec.checking import changed, checked

CATEGORIES = "categories: [AA, UA]"
MANY = ", ".join(f"c{number}" for number in range(60_000))


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(f"{MANY}, c5", "duplicate-item 'c5' is listed twice", id="one listed twice"),
        pytest.param(f"{MANY}, 5", "wrong-value category 5 is not of dtype string", id="one of another type"),
    ],
)
def test_a_mistake_in_a_long_list_is_found_at_once(tmp_path: Path, items: str, expected: str) -> None:
    start = time.process_time()
    (line,) = checked(tmp_path, changed((CATEGORIES, f"categories: [{items}]")))
    assert expected in line
    assert time.process_time() - start < 5, "each item is compared with each"


def test_many_mistakes_in_one_line(tmp_path: Path) -> None:
    start = time.process_time()
    items = ", ".join(map(str, range(15_000)))
    assert len(checked(tmp_path, changed((CATEGORIES, f"categories: [{items}]")))) == 15_000
    assert time.process_time() - start < 5, "the line is read again for each"


def test_each_step_on_the_step_before_and_all_of_them_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    parse_sql = syntax._parse_sql

    def counted(text: str) -> Any:
        parsed.append(text)
        return parse_sql(text)

    monkeypatch.setattr(syntax, "_parse_sql", counted)
    count = 2_500
    steps = "".join(
        f"      - {{op: derive, columns: {{z{number}: {f'z{number - 1}' if number else 'distance'} + {number}}}}}\n"
        for number in range(count)
    )
    start = time.process_time()
    assert not checked(
        tmp_path,
        changed(
            ("    split: {type: time", f"{steps}    split: {{type: time"),
            (
                "features: [carrier",
                f"features: [{', '.join(f'z{number}' for number in range(count))}, carrier",
            ),
        ),
    )
    assert time.process_time() - start < 4, "each column looks through all others"
    assert len(parsed) <= count + 10


@pytest.mark.parametrize("misspelt", ["fature_{}", "feature_{}x", "no_such_{}"])
def test_many_unknown_features_of_a_wide_table(tmp_path: Path, misspelt: str) -> None:
    columns = "".join(f"      feature_{number}: float\n" for number in range(2_000))
    features = ", ".join(misspelt.format(number) for number in range(2_000))
    start = time.process_time()
    told = checked(
        tmp_path,
        changed(
            ("      distance: float\n", f"      distance: float\n{columns}"),
            ("[carrier, distance, seats]", f"[{features}]"),
        ),
    )
    assert len(told) == 2_000
    assert time.process_time() - start < 5, "each is compared with each"
    assert max(map(len, told)) < 600


def test_a_thousand_profiles(tmp_path: Path) -> None:
    profiles = "".join(
        f"  p{number}: {{models: {{late: {{params: {{num_leaves: {number + 2}}}}}}}}}\n"
        for number in range(1_000)
    )
    start = time.process_time()
    assert not checked(tmp_path, changed(("models:\n", f"profiles:\n{profiles}models:\n")))
    assert time.process_time() - start < 5, "all of the spec is looked at again for each"
