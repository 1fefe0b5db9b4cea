"""The cost of long specs is proportional to their length, even with mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlbuild.expressions import syntax
from tests.growth import assert_linear
from tests.spec.checking import changed, checked

CATEGORIES = "categories: [AA, UA]"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param("c5", "duplicate-item 'c5' is listed twice", id="one listed twice"),
        pytest.param("5", "wrong-value category 5 is not of dtype string", id="one of another type"),
    ],
)
def test_a_mistake_in_a_long_list_is_found_at_once(tmp_path: Path, item: str, expected: str) -> None:
    def run(count: int) -> None:
        items = ", ".join([*(f"c{number}" for number in range(count)), item])
        (line,) = checked(tmp_path, changed((CATEGORIES, f"categories: [{items}]")))
        assert expected in line

    assert_linear(run, 60_000)


def test_many_mistakes_in_one_line(tmp_path: Path) -> None:
    def run(count: int) -> None:
        items = ", ".join(map(str, range(count)))
        assert len(checked(tmp_path, changed((CATEGORIES, f"categories: [{items}]")))) == count

    assert_linear(run, 15_000)


def test_each_step_on_the_step_before_and_all_of_them_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    parse_sql = syntax.parse_sql

    def counted(text: str) -> Any:
        parsed.append(text)
        return parse_sql(text)

    monkeypatch.setattr(syntax, "parse_sql", counted)

    def run(count: int) -> None:
        steps = "".join(
            f"      - {{op: derive, columns: {{z{number}: {f'z{number - 1}' if number else 'distance'} + {number}}}}}\n"
            for number in range(count)
        )
        features = ", ".join(f"z{number}" for number in range(count))
        parsed.clear()
        assert not checked(
            tmp_path,
            changed(
                ("    split: {type: time", f"{steps}    split: {{type: time"),
                ("features: [carrier", f"features: [{features}, carrier"),
            ),
        )
        assert len(parsed) <= count + 10

    assert_linear(run, 2_400)


@pytest.mark.parametrize("misspelt", ["fature_{}", "feature_{}x", "no_such_{}"])
def test_many_unknown_features_of_a_wide_table(tmp_path: Path, misspelt: str) -> None:
    def run(count: int) -> None:
        columns = "".join(f"      feature_{number}: float\n" for number in range(count))
        features = ", ".join(misspelt.format(number) for number in range(count))
        told = checked(
            tmp_path,
            changed(
                ("      distance: float\n", f"      distance: float\n{columns}"),
                ("[carrier, distance, seats]", f"[{features}]"),
            ),
        )
        assert len(told) == count
        assert max(map(len, told)) < 600

    assert_linear(run, 2_000)


def test_a_thousand_profiles(tmp_path: Path) -> None:
    def run(count: int) -> None:
        profiles = "".join(
            f"  p{number}: {{models: {{late: {{params: {{num_leaves: {number + 2}}}}}}}}}\n"
            for number in range(count)
        )
        assert not checked(tmp_path, changed(("models:\n", f"profiles:\n{profiles}models:\n")))

    assert_linear(run, 1_000)
