"""What is long costs in proportion to its length, mistakes in it included."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

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
