"""CI systems see which gates, tests and rules of contracts failed, at the lines of the spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator, Draft7Validator

from mlbuild.cli.exits import DATA, GATE, OK, UNREACHABLE
from tests.cli.running import Command
from tests.node import packages
from tests.verdicts.loans import SPEC, TESTS, edited, loans, rows

#: One gate of each outcome.
GATES = """\
  trees:
    model: trees
    baseline: {type: file, path: production.onnx}
    gates:
      - {gate: size, max: 1MB}
      - {gate: metric, metric: roc_auc, min: 0.99999, severity: warn}
      - {gate: churn, max: 0.1}
      - {gate: metric, metric: accuracy, min: 0.99999}
"""
WRONG = ("label: true, probability: {min: 0.8}", "label: false, probability: {min: 0.8}")


def project(folder: Path, *changes: tuple[str, str], data: Any = None) -> list[str]:
    """Write a project with gates, and return the lines of its spec."""
    (folder / "production.onnx").write_bytes(b"no model")
    file = loans(folder, TESTS, data, ("  trees: {model: trees}\n", GATES), *changes)
    return file.read_text().splitlines()


def line_of(lines: list[str], fragment: str) -> int:
    (found,) = [number for number, line in enumerate(lines, 1) if fragment in line]
    return found


def shown_by_github(out: str) -> list[tuple[str, str, int, str]]:
    """Return the level, the title, the line and the message of each workflow command."""
    found = []
    for line in out.splitlines():
        if line.startswith("::"):
            head, _, message = line[2:].partition("::")
            level, _, properties = head.partition(" ")
            about = dict(one.split("=", 1) for one in properties.split(","))
            assert about["file"] == "mlbuild.yaml"
            found.append((level, about["title"], int(about["line"]), message))
    return found


def test_github_shows_each_failed_gate_and_test_at_its_line(tmp_path: Path, mlbuild: Command) -> None:
    lines = project(tmp_path, WRONG)
    done = mlbuild("build", "-k", "-j", "1", "--format", "github")
    assert done.code == GATE, done.err
    found = sorted(shown_by_github(done.out))
    assert [one[:3] for one in found] == [
        ("error", "failed-gate", line_of(lines, "metric: accuracy, min: 0.99999")),
        ("error", "failed-test", line_of(lines, "  rich:")),
        ("warning", "failed-gate", line_of(lines, "severity: warn")),
        ("warning", "miscalibrated", lines.index("  trees:") + 1),
    ]
    assert found[0][3].startswith("gate:trees: FAIL  metric accuracy >= 0.99999: 0.")
    assert found[1][3].startswith("test:rich: label true, expected false")
    edited(tmp_path / "mlbuild.yaml", ("min: 0.99999}", "min: 0.5}"), WRONG[::-1])
    done = mlbuild("build", "-j", "1", "--format", "github")
    assert done.code == OK
    warned = line_of(lines, "metric: roc_auc, min: 0.99999")
    trees = ("warning", "miscalibrated", lines.index("  trees:") + 1)
    assert [one[:3] for one in shown_by_github(done.out)] == [trees, ("warning", "failed-gate", warned)]


def test_github_shows_each_violated_rule_at_its_line(tmp_path: Path, mlbuild: Command) -> None:
    data = rows().with_columns(income=-rows()["income"])
    data = data.with_columns(city=data["city"].replace("Rome", "Bonn"))
    lines = project(tmp_path, data=data)
    done = mlbuild("build", "-j", "1", "--format", "github")
    assert done.code == DATA
    found = sorted(shown_by_github(done.out))
    assert [one[:3] for one in found] == sorted(
        ("error", "contract-violation", line_of(lines, column)) for column in ("      income:", "      city:")
    )
    assert "column 'income' violates 'min 0' in 600 rows: -6251.0 (row 1)" in found[0][3]
    private = sorted(shown_by_github(mlbuild("build", "-j", "1", "--format", "github", "--no-samples").out))
    assert [one[:3] for one in private] == [one[:3] for one in found]
    assert "column 'income' violates 'min 0' in 600 rows: row 1, row 2" in private[0][3]


def test_test_annotates_too(tmp_path: Path, mlbuild: Command) -> None:
    lines = project(
        tmp_path, WRONG, ("direction: decreasing\n", "direction: increasing\n    severity: warn\n")
    )
    for words in (["--format", "github"], ["--format", "github", "-q"]):
        done = mlbuild("test", "-j", "1", *words)
        assert done.code == GATE
        assert {one[:3] for one in shown_by_github(done.out)} == {
            ("error", "failed-test", line_of(lines, "  rich:")),
            ("warning", "failed-test", line_of(lines, "  more_debt:")),
        }
        assert "5 tests: 3 passed, 1 failed, 1 warned" in done.out


def schema() -> Any:
    """Return the JSON Schema of SARIF 2.1.0 in a package of its editors."""
    folder = packages("editor") / "@microsoft/jest-sarif/lib/schemas"
    (file,) = folder.glob("sarif-2.1.0*.json")
    return json.loads(file.read_text())


@pytest.mark.parametrize("words", [("build", "-k"), ("test",), ("check",), ("build", "--profile", "no")])
def test_a_sarif_log_is_valid(tmp_path: Path, mlbuild: Command, words: tuple[str, ...]) -> None:
    lines = project(tmp_path, WRONG)
    jobs = () if words == ("check",) else ("-j", "1")
    done = mlbuild(*words, *jobs, "--format", "sarif")
    log, definition = json.loads(done.out), schema()
    validator = Draft4Validator if "draft-04" in definition["$schema"] else Draft7Validator
    assert [error.message for error in validator(definition).iter_errors(log)] == []
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found = {
        (one["ruleId"], one["level"], one["locations"][0]["physicalLocation"]["region"]["startLine"])
        for one in run["results"]
    }
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    failed = {("failed-test", "error", line_of(lines, "  rich:"))}
    if words[0] == "build" and len(words) == 2:
        failed.add(("failed-gate", "error", line_of(lines, "metric: accuracy, min: 0.99999")))
        failed.add(("failed-gate", "warning", line_of(lines, "severity: warn")))
        failed.add(("miscalibrated", "warning", lines.index("  trees:") + 1))
    assert found == (
        failed if done.code == GATE else {("unknown-profile", "error", 1)} if done.code else set()
    )


def cases(file: Path) -> dict[str, tuple[str, str, str]]:
    """Return the class of each test case of a JUnit file, how it ended and what is said about it."""
    suite = ElementTree.parse(file).getroot()  # our own file
    found = {}
    for case in suite:
        (told,) = case
        found[str(case.get("name"))] = (str(case.get("classname")), told.tag, str(told.text))
        assert case.get("file") == "mlbuild.yaml" and int(str(case.get("line"))) > len(SPEC.splitlines()) - 9
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (
        str(len(suite)),
        *(str(sum(tag == wanted for _, tag, _ in found.values())) for wanted in ("failure", "skipped")),
    )
    return found


def test_build_writes_tests_and_gates_as_junit(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, WRONG)
    for _ in range(2):  # the second time, everything is remembered
        assert mlbuild("build", "-k", "-j", "1", "--junit", "found.xml").code == GATE
        found = cases(tmp_path / "found.xml")
        assert {name: told[:2] for name, told in found.items()} == {
            "rich": ("trees", "failure"),
            "poor": ("trees", "system-out"),
            "nobody_moves": ("trees", "system-out"),
            "more_debt": ("line", "system-out"),
            "scaled": ("line", "system-out"),
            "size <= 1MB": ("trees", "system-out"),
            "metric roc_auc >= 0.99999": ("trees", "system-out"),
            "churn <= 0.1": ("trees", "skipped"),
            "metric accuracy >= 0.99999": ("trees", "failure"),
        }
        assert found["churn <= 0.1"][2].startswith("NO_BASELINE  churn <= 0.1: the file was not written by")
    edited(tmp_path / "mlbuild.yaml", ("max: 0.1}", "max: 0.1, no_baseline: fail}"))
    mlbuild("build", "-k", "-j", "1", "--junit", "found.xml")
    assert cases(tmp_path / "found.xml")["churn <= 0.1"][1] == "failure"


def test_gates_of_a_published_output_are_written_even_if_nothing_is_to_do(
    tmp_path: Path, mlbuild: Command
) -> None:
    project(tmp_path, ("min: 0.99999}", "min: 0.5}"))
    assert mlbuild("build", "-j", "1").code == OK
    assert mlbuild("build", "-j", "1", "--junit", "found.xml", "--json").code == OK
    assert cases(tmp_path / "found.xml")["metric accuracy >= 0.5"][1] == "system-out"
    (tmp_path / "link.xml").symlink_to(tmp_path / "mlbuild.yaml")
    for place, why in ((".", "it is a folder, not a file"), ("link.xml", "it is a link")):
        done = mlbuild("build", "-j", "1", "--junit", place)
        assert done.code == UNREACHABLE and f"cannot write '{place}': {why}" in done.err


def test_gates_that_were_not_judged_are_skipped(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, data=rows().with_columns(income=-rows()["income"]))
    assert mlbuild("build", "-k", "-j", "1", "--junit", "found.xml").code == DATA
    assert {told[1] for told in cases(tmp_path / "found.xml").values()} == {"skipped"}
