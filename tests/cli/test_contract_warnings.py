"""Rules of a contract that only warn, or that a share of the rows may violate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: trips
sources: {{rows: {{path: rows.csv, contract: row}}}}
contracts:
  row:
    columns:
      kind: {{dtype: string, {kind}}}
      x: {{dtype: float, {x}}}
      y: float
datasets: {{all: {{from: rows, split: {{type: random, test: 0.2}}}}}}
models:
  one:
    type: lightgbm.regressor
    dataset: all
    features: [kind, x]
    preprocessing: [{{op: category, columns: kind}}]
    target: y
    params: {{num_iterations: 3, min_data_in_leaf: 2}}
outputs: {{one: {{model: one}}}}
warnings: {{split-overlap: ignore, no-skill: ignore, too-good: ignore, constant-model: ignore{level}}}
"""
WARNED = "x: {dtype: float, min: 0, severity: {min: warn}}"


def project(folder: Path, *, kind: str = "nullable: true", x: str = "min: 0", level: str = "") -> None:
    """Write 50 rows, of which 2 have a negative `x`, 3 have no `x`, and 4 are of the kind 'new'."""
    (folder / "mlbuild.yaml").write_text(SPEC.format(kind=kind, x=x, level=level))
    rows = [f"{'ab'[row % 2]},{row / 4},{row % 5}" for row in range(41)]
    rows += ["a,-1,1", "b,-2,2", "a,,1", "b,,2", "a,,3", *["new,1,2"] * 4]
    (folder / "rows.csv").write_text("\n".join(["kind,x,y", *rows, ""]))


def test_a_rule_that_only_warns_is_reported_by_each_build(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, x="nullable: true, min: 0, severity: {min: warn}")
    for _ in range(2):
        ran = mlbuild("build", "-j", "1")
        assert ran.code == 0 and (tmp_path / "dist/one/model.onnx").is_file()
        assert (
            "mlbuild.yaml:8:41: warning[contract-violation]: rows violate a rule of their contract" in ran.err
        )
        assert "  note: the rows of 'rows', at mlbuild.yaml:3:11\n" in ran.err
        assert "  column 'x' violates 'min 0' in 2 rows: -1.0 (row 42), -2.0 (row 43)\n" in ran.err
    told = json.loads(mlbuild("build", "--json").out)
    (one,) = told["warnings"]
    assert (one["code"], one["severity"]) == ("contract-violation", "warning")
    assert one["lines"] == ["column 'x' violates 'min 0' in 2 rows: -1.0 (row 42), -2.0 (row 43)"]
    private = mlbuild("--no-samples", "build")
    assert "violates 'min 0' in 2 rows: row 42, row 43\n" in private.err and "-1.0" not in private.err


def test_a_spec_can_ignore_warnings_or_turn_them_into_errors(tmp_path: Path, mlbuild: Command) -> None:
    warned = "nullable: true, min: 0, severity: {min: warn}"
    project(tmp_path, x=warned, level=", contract-violation: ignore")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 0 and "violat" not in ran.err
    project(tmp_path, x=warned, level=", contract-violation: error")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 3
    assert "contract:rows: the table violates its contract: 1 rule is violated" in ran.err
    assert "  column 'x' violates 'min 0' in 2 rows: -1.0 (row 42), -2.0 (row 43)\n" in ran.err


def test_a_failure_lists_errors_and_warnings(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, kind="max_length: 2", x="nullable: true, min: 0, severity: {min: warn}")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 3 and "1 rule is violated" in ran.err
    new = ", ".join(f"'new' (row {row})" for row in range(47, 51))
    assert f"  column 'kind' violates 'max_length 2' in 4 rows: {new}\n" in ran.err
    assert "in 2 rows: -1.0 (row 42), -2.0 (row 43) (only a warning)\n" in ran.err


@pytest.mark.parametrize(
    ("kind", "x", "line"),
    [
        ("", "nullable: true, min: 0, max_share: {min: 0.04}", None),
        (
            "",
            "nullable: true, min: 0, max_share: {min: 0.03}",
            "column 'x' violates 'min 0' in 2 rows (4%, at most 3% allowed): -1.0 (row 42), -2.0 (row 43)",
        ),
        ("", "nullable: true, max_null_share: 0.06", None),
        (
            "",
            "nullable: true, max_null_share: 0.05",
            "column 'x' violates 'max_null_share 0.05' in 3 rows (6%, at most 5% allowed): "
            "null (row 44), null (row 45), null (row 46)",
        ),
        ("categories: {values: [a, b], open: true}", "nullable: true", None),
        ("categories: {values: [a, b], open: true, max_new_share: 0.08}", "nullable: true", None),
        (
            "categories: {values: [a, b], open: true, max_new_share: 0.05}",
            "nullable: true",
            "column 'kind' violates 'categories' in 4 rows (8%, at most 5% allowed): "
            "'new' (row 47), 'new' (row 48), 'new' (row 49), 'new' (row 50)",
        ),
        ("categories: [a, b], severity: {categories: warn}", "nullable: true", None),
        ("categories: [a, b], max_share: {categories: 0.1}", "nullable: true", None),
    ],
)
def test_some_rows_may_violate_a_rule(
    tmp_path: Path, mlbuild: Command, kind: str, x: str, line: str | None
) -> None:
    project(tmp_path, kind=kind, x=x)
    ran = mlbuild("build", "-j", "1")
    assert ran.code == (3 if line else 0), ran.err
    if line:
        assert f"  {line}\n" in ran.err
    elif "categories" in kind:
        (tmp_path / "new.csv").write_text("kind,x\nnew,1\nother,1\n,1\n")
        answers = mlbuild("predict", "dist/one/model.onnx", "new.csv").out.splitlines()[1:]
        # New values are missing values for a learner, whether it has seen them or not.
        assert len(answers) == 3 and len({*answers}) == 1


def test_only_a_rule_that_holds_for_sure_is_a_promise(tmp_path: Path, mlbuild: Command) -> None:
    spec = """\
mlbuild: 1
project: trips
sources: {{rows: {{path: rows.csv, contract: row}}, shops: {{path: rows.csv, contract: shop}}}}
contracts:
  row: {{columns: {{kind: string, x: float}}}}
  shop: {{columns: {{kind: {{dtype: string, unique: true{more}}}, y: float}}}}
datasets: {{all: {{from: rows, steps: [{{op: join, with: shops, using: kind, how: left}}]}}}}
warnings: {{unused: ignore}}
"""
    (tmp_path / "rows.csv").write_text("kind,x,y\n")
    for more, code in (("", 0), (", severity: {unique: warn}", 2), (", max_share: {unique: 0.1}", 2)):
        (tmp_path / "mlbuild.yaml").write_text(spec.format(more=more))
        ran = mlbuild("check")
        assert ran.code == code and ("error[not-unique]" in ran.err) == bool(code), ran.err
