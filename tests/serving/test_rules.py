"""The server finds the same violations in single values as a build does in a table."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from mlbuild.data.contracts import COLUMN
from mlbuild.data.rules import RULES
from mlbuild.data.rules.pattern import Pattern
from mlbuild.data.rules.rule import Example, Rule
from mlbuild.params import read
from mlbuild.serving.columns import COLUMNS
from mlbuild.serving.rules import checks_of, violations
from tests.projects import built, one_model
from tests.serving.rides import RIDE
from tests.serving.servers import Server, served

#: The rules that a value alone can violate.
ALONE = ["min", "max", "categories", "pattern", "min_length", "max_length", "finite"]
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples if rule.rule in ALONE]
NAT = -(2**63)


def in_artifact(value: Any) -> Any:
    """Return a value as the artifact has it."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1)) // (datetime.resolution)
    if isinstance(value, date):
        return in_artifact(datetime(value.year, value.month, value.day))
    return value if isinstance(value, str) else float(value)


@pytest.mark.parametrize(
    ("rule", "example"), EXAMPLES, ids=[f"{rule.rule}-{example.column}" for rule, example in EXAMPLES]
)
def test_a_rule_is_violated_as_in_a_build(rule: type[Rule], example: Example) -> None:
    keys = read(COLUMN, example.column)
    dtype = example.column["dtype"]
    keywords = keys.rule(rule).keywords(dtype)
    if not keywords:
        assert example.column.get("categories", {}) == {"values": ["a"], "open": True, "max_new_share": 0.25}
        return
    missing = {"string": "", "date": NAT, "datetime": NAT}.get(dtype, math.nan)
    column = COLUMNS[dtype]("x", True, missing)
    checks = checks_of(0, column, {rule.rule: keywords})
    values = [*map(in_artifact, [*example.keeps, *example.breaks]), missing]
    wrong = range(len(example.keeps), len(values) - 1)
    assert [(one.row, one.rule) for one in violations(checks, [values])] == [
        (row, rule.rule) for row in wrong
    ]


def test_rules_about_several_rows_are_not_told() -> None:
    told = {
        rule.rule
        for rule in RULES
        for example in rule.examples
        if read(COLUMN, example.column).rule(rule).keywords(example.column["dtype"])
    }
    assert told == {*ALONE}


PATTERNS = {
    "[A-Z]{2}[0-9]+": True,
    "a|b": True,
    r"x\.y": True,
    "[^,]*": True,
    "[+-]?[0-9]{1,3}": True,
    "[A-Z][a-z-]?": True,
    "": True,
    r"\d+": False,
    ".*": False,
    "(a)": False,
    "(a+)+": False,
    "a+b+": False,
    "a?b?c?": False,
    "a{2,}": False,
    "^a$": False,
    "[[:alpha:]]": False,
    "[a&&b]": False,
    "ä": False,
}


@pytest.mark.parametrize(("pattern", "told"), PATTERNS.items())
def test_only_patterns_that_mean_the_same_everywhere_are_told(pattern: str, told: bool) -> None:
    wanted = {"pattern": f"^(?:{pattern})$"} if told else {}
    assert Pattern(pattern=pattern).keywords("string") == wanted


def test_the_contract_of_an_output_has_the_rules(project: Path) -> None:
    inputs = json.loads((project / "dist/fare/contract.json").read_text())["inputs"]
    finite = {"minimum": -1.7976931348623157e308, "maximum": 1.7976931348623157e308}
    assert {one["name"]: one.get("rules") for one in inputs} == {
        "zone": {"categories": {"enum": ["north", "south", "öst"]}},
        "note": {"max_length": {"maxLength": 20}},
        "km": {"min": {"minimum": 0}, "max": {"maximum": 100}, "finite": finite},
        "stops": {"min": {"minimum": 0}},
        "shared": None,
        "day": None,
        "start": {"min": {"formatMinimum": "2020-01-01"}},
    }


def test_a_column_that_a_join_finds_has_the_rules_of_its_source(tmp_path: Path) -> None:
    rows = "k,y\n" + "".join(f"{i % 3},{i * 7 % 5}\n" for i in range(20))
    file = one_model(
        tmp_path, "k: int, y: float", rows, "type: sklearn.linear_regression, features: [z, w], target: y"
    )
    (tmp_path / "more.csv").write_text("k,z,w\n0,1,1\n1,2,2\n2,5,3\n")
    spec = file.read_text()
    spec = spec.replace("sources: {", "sources: {more: {path: more.csv, contract: more}, ")
    more = "more: {unique: [k], columns: {k: int, z: {dtype: int, min: 1}, w: {dtype: int, max: 9, severity: {max: warn}}}}"
    spec = spec.replace("contracts: {", f"contracts: {{{more}, ")
    join = "steps: [{op: join, with: more, using: [k], how: inner, cardinality: many_to_one}], "
    file.write_text(spec.replace("split:", f"{join}split:"))
    built(file)
    inputs = json.loads((tmp_path / "dist/one/contract.json").read_text())["inputs"]
    assert {one["name"]: one.get("rules") for one in inputs} == {"z": {"min": {"minimum": 1}}, "w": None}


WRONG = RIDE | {"zone": "west", "km": 100.5, "stops": -1, "start": "2019-12-31T23:59:59"}
VIOLATIONS = [("zone", "categories"), ("km", "max"), ("stops", "min"), ("start", "min")]


def test_violations_are_reported_with_the_answers(server: Server) -> None:
    told = server.ask("/predict/fare", [RIDE, WRONG]).told
    assert told["violations"] == [{"row": 1, "column": column, "rule": rule} for column, rule in VIOLATIONS]
    assert [*told["rows"][1]] == ["prediction"]
    infinite = server.ask(
        "/predict/fare",
        ",".join(RIDE).encode() + b"\nsouth,,inf,1,false,2024-01-01,",
        content_type="text/csv",
    ).told
    assert [one["rule"] for one in infinite["violations"]] == ["finite", "max"]


def test_they_refuse_a_request_of_a_strict_server(project: Path) -> None:
    with served(project, "--strict") as server:
        answer = server.ask("/predict/fare", [RIDE, WRONG])
        message = "'zone' in row 1 violates the rule 'categories' of the contract"
        assert (answer.status, answer.told) == (
            400,
            {"error": message, "row": 1, "column": "zone", "rule": "categories"},
        )
        assert server.ask("/predict/fare", RIDE).status == 200
