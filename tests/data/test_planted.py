"""All faults that are planted in real flights are found in one run, before any training, and no others."""

from __future__ import annotations

import random
from pathlib import Path

from mlbuild import api
from mlbuild.data.rules import RULES, TABLE_RULES
from tests.budget import examples, seed, tell
from tests.data.planted import CELLS, clean, plant


def test_all_planted_faults_are_found_and_no_others(tmp_path: Path) -> None:
    count = examples(50, 1000)
    wanted = plant(tmp_path, count, random.Random(seed()), every=examples(60, 6))
    spec = api.load(tmp_path / "mlbuild.yaml")
    result = api.build(spec, threads=1)
    assert [*result.failures] == ["contract:flights"]
    kinds = {name.partition(":")[0] for name in result.ran}
    assert kinds <= {"source", "clock", "contract", "describe"}
    details = result.failures["contract:flights"].details["violations"]
    found = {(tuple(one["columns"]), one["rule"]): one for one in details}
    assert found.keys() == wanted.keys()
    for key, rows in wanted.items():
        assert found[key]["count"] == len(rows), key
        samples = [sample[0] for sample in found[key]["samples"]]
        # Of many values that do not parse, only the first rows are known, so that not all others are known as missing.
        unparsed = [
            len(some) for (columns, rule), some in wanted.items() if columns == key[0] and "parses" in rule
        ]
        some_known = key[1] in ("not null", "max_null_share 0.0") and sum(unparsed) > 5
        assert samples == rows[: len(samples) if some_known else 5], key
    tell(
        f"{count} planted faults in {sum(map(len, wanted.values())):,} rows of {len(wanted)} rules found, and no others"
    )


def test_the_planted_faults_are_about_every_rule() -> None:
    planted = {rule.split(" ")[0] for _, _, rule in CELLS} | {"unique", "monotone", "max_age", "rows"}
    renamed = {"not": "nullable", "check": "checks"}
    names = {renamed.get(one, one) for one in planted} - {"parses"}
    assert names == {cls.rule for cls in RULES} | {cls.rule for cls in TABLE_RULES}


def test_the_flights_without_faults_pass(tmp_path: Path) -> None:
    plant(tmp_path, 0, random.Random(0), every=60)
    clean(60).write_csv(tmp_path / "flights.csv")
    assert api.build(api.load(tmp_path / "mlbuild.yaml"), ["contract:flights"], threads=1).ok
