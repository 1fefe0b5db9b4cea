from __future__ import annotations

from mlbuild.columns import ColumnType
from tests.data.test_lineage import FLIGHTS, derived


def test_tables_that_go_on_from_the_same_one_keep_apart() -> None:
    first = derived(FLIGHTS, speed="distance / air_time")
    late, early = derived(first, late="arr_delay > 15"), derived(first, early="arr_delay < 0")
    later = derived(late, both="late AND speed > 8")
    assert [*first.columns] == [*FLIGHTS.columns, "speed"]
    assert [*late.columns] == [*first.columns, "late"]
    assert [*early.columns] == [*first.columns, "early"]
    assert [*later.columns] == [*late.columns, "both"]
    assert "late" not in first.columns and "late" not in early.served and len(late.trained) == 6
    assert later.served["both"] == ColumnType("bool", nullable=True)
