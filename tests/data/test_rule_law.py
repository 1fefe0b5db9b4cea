"""The properties of the rules of contracts, for every rule in the catalogue; and the tests find planted faults."""

from __future__ import annotations

import random

import pytest
from polars.exceptions import PolarsError

from mlbuild.columns import DTYPES
from mlbuild.data.contracts import COLUMN, CONTRACT, Column, Contract
from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.rule import Rule
from mlbuild.params import params_of, read
from tests.budget import examples, seed
from tests.data import rule_law
from tests.data.rule_faults import FAULTS
from tests.data.rule_law import LAWS, law


@pytest.mark.parametrize("cls", RULES, ids=lambda cls: cls.rule)
def test_every_rule_keeps_every_law(cls: type[Rule]) -> None:
    for number in range(examples(6, 300)):
        law(cls, random.Random(f"{seed()} {cls.rule} {number}"))


@pytest.mark.parametrize("cls", FAULTS, ids=lambda cls: cls.__name__)
def test_a_fault_is_found(cls: type[Rule]) -> None:
    name, message = FAULTS[cls]
    with pytest.raises((AssertionError, PolarsError), match=message):
        for number in range(30):
            getattr(rule_law, name)(cls, random.Random(f"fault {number}"))


def test_every_law_finds_a_fault() -> None:
    assert {one.__name__ for one in LAWS} == {name for name, _ in FAULTS.values()}


@pytest.mark.parametrize("cls", RULES, ids=lambda cls: cls.rule)
def test_keys_of_a_rule_have_no_effect_on_other_dtypes(cls: type[Rule]) -> None:
    for dtype in DTYPES:
        column = read(COLUMN, {**cls.examples[0].column, "dtype": dtype})
        found = {problem.at for problem in column.check() if problem.code == "no-effect"}
        assert all(type(one.rule) is not cls for one in column.rules()) or dtype in cls.dtypes
        changed = [key for key in params_of(cls) if key in cls.examples[0].column]
        assert {(key,) in found for key in changed} <= {dtype not in cls.dtypes}


def test_each_key_belongs_to_one_rule() -> None:
    for whole, base, rules in ((COLUMN, Column, RULES), (CONTRACT, Contract, TABLE_RULES)):
        keys = [*params_of(base), *(key for rule in rules for key in params_of(rule))]
        assert sorted(keys) == sorted(params_of(whole))
