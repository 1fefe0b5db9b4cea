"""Each code of a diagnostic has a page with an example, which prints exactly what the page says."""

from __future__ import annotations

import os
import re

import pytest

from mlbuild.diagnostics import CODES
from tests.cases import COMMAND, PAGE, cases, page, write

CASES = cases()


@pytest.fixture(scope="module", autouse=True)
def _renewed() -> None:
    if os.environ.get("MLBUILD_UPDATE_CASES"):
        CASES.update({code: case.renewed() for code, case in CASES.items()})
        write(CASES)


def test_every_code_has_a_case_and_every_case_is_of_a_code() -> None:
    assert set(CASES) == set(CODES)


@pytest.mark.parametrize("code", CASES)
def test_a_case_prints_what_its_page_says(code: str) -> None:
    case = CASES[code]
    assert case.printed() == case.told, f"review it, then run: {COMMAND}"


@pytest.mark.parametrize("code", CASES)
def test_a_case_shows_its_code_and_nothing_else(code: str) -> None:
    assert set(re.findall(r"^\S.*?: (?:error|warning)\[(.*?)\]:", CASES[code].told, re.MULTILINE)) == {code}


@pytest.mark.parametrize("code", CASES)
def test_a_page_says_what_it_means_why_and_what_to_do(code: str) -> None:
    heading, _, body = CASES[code].text.partition("\n")
    assert heading == f"# {code}"
    assert body.split("```")[0].strip().count("\n\n") >= 1, "first what it means and why, then what to do"


def test_the_page_of_all_codes_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(CASES), f"run: {COMMAND}"
