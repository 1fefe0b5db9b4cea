"""`mlbuild explain` prints the page of a code, from a checkout and from a wheel."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from mlbuild.cli.output.problems.explanations import as_text, explanations
from mlbuild.diagnostics import CODES, WARNINGS
from tests.cases import PAGE, ROOT, cases
from tests.cli.running import Command


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained_as_its_case_says(mlbuild: Command, code: str) -> None:
    done = mlbuild("explain", code)
    severity = "warning" if code in WARNINGS else "error"
    assert done.out.startswith(f"{severity}[{code}]: {CODES[code]}\n\n")
    _, _, body = cases()[code].text.partition("\n\n")
    prose = re.split("```|<!--", body)[0].strip()  # a comment says which library the case is without
    assert prose in done.out
    assert "```" not in done.out
    for line in cases()[code].told.splitlines():
        assert f"    {line}".rstrip() in done.out.splitlines()


def test_without_a_code_all_are_listed(mlbuild: Command) -> None:
    lines = mlbuild("explain").out.splitlines()
    assert [line.split()[1] for line in lines] == [*CODES]
    assert all(line.endswith(meaning) for line, meaning in zip(lines, CODES.values(), strict=True))


def test_a_document_of_one_or_all(mlbuild: Command) -> None:
    one = json.loads(mlbuild("explain", "unused", "--json").out)
    assert {key: one[key] for key in ("schema_version", "command", "ok", "exit_code")} == {
        "schema_version": 1,
        "command": "explain",
        "ok": True,
        "exit_code": 0,
    }
    (code,) = one["codes"]
    assert code == {
        "code": "unused",
        "severity": "warning",
        "meaning": CODES["unused"],
        "explanation": explanations()["unused"],
    }
    whole = json.loads(mlbuild("explain", "--json").out)
    assert [code["code"] for code in whole["codes"]] == [*CODES]


def test_code_is_indented_below_the_name_of_its_file() -> None:
    markdown = "Why.\n\n```yaml mlbuild.yaml\na:\n\n  b: 1\n```\n\n```text\n$ mlbuild check\n```"
    assert as_text(markdown) == "Why.\n\nmlbuild.yaml:\n    a:\n\n      b: 1\n\n    $ mlbuild check"


def test_the_wheel_carries_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included[str(PAGE.relative_to(ROOT))] == "mlbuild/cli/output/problems/errors.md"
