"""How commands end: 0 where all is well, 2 where the command line or the spec is at fault, and never a traceback."""

from __future__ import annotations

import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: penguins
sources:
  penguins: {path: penguins.csv, contract: penguin}
contracts:
  penguin: {columns: {mass: float}}
datasets:
  all: {from: penguins}
"""
WARNED = "mlbuild: 1\nproject: penguins\ncontracts: {penguin: {columns: {mass: float}}}\n"
FAULTY = "mlbuild: 1\nprojct: penguins\n"


@pytest.fixture
def project(mlbuild: Command) -> Command:
    """A folder with a good spec, a faulty one and one that is warned of."""
    (mlbuild.folder / "mlbuild.yaml").write_text(SPEC)
    (mlbuild.folder / "penguins.csv").write_text("mass\n3700\n")
    (mlbuild.folder / "warned.yaml").write_text(WARNED)
    (mlbuild.folder / "faulty.yaml").write_text(FAULTY)
    (mlbuild.folder / "empty").mkdir()
    several = mlbuild.folder / "several"
    several.mkdir()
    (several / "a.mlbuild.yaml").write_text(WARNED)
    (several / "b.mlbuild.yaml").write_text(WARNED)
    return mlbuild


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--help",
        "--version",
        "check --help",
        "check",
        "validate",
        "check --json",
        "check --format github",
        "check --format sarif",
        "-f warned.yaml check",
        "check -f warned.yaml -q",
        "-C several check -f a.mlbuild.yaml",
        "plan",
        "plan dataset:all",
        "plan -f warned.yaml",
        "build -n",
        "build -f warned.yaml",
        "why dataset:all",
        "graph",
        "graph --dot",
        "schema",
        "explain",
        "explain unknown-op",
        "explain --json",
    ],
)
def test_what_is_well_ends_with_0(project: Command, line: str) -> None:
    done = project(*line.split())
    assert done.code == 0, done.err
    assert done.out or done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("biuld", "invalid choice: 'biuld'"),
        ("--json", ""),
        ("check --nope", "unrecognized arguments: --nope"),
        ("check --format xml", "argument --format: invalid choice: 'xml'"),
        ("graph --format sarif", "mlbuild: 'graph' has no format 'sarif'"),
        ("schema --format github", "mlbuild: 'schema' has no format 'github'"),
        ("-C nowhere check", "mlbuild: cannot enter 'nowhere': No such file or directory"),
        ("-C empty check", "mlbuild: there is no mlbuild.yaml in this folder"),
        ("-C several plan", "mlbuild: this folder has several specs: a.mlbuild.yaml, b.mlbuild.yaml"),
        ("-f none.yaml check", "mlbuild: there is no spec 'none.yaml'"),
        ("-f empty check", "mlbuild: there is no spec 'empty'"),
        ("-f faulty.yaml check", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml check -q", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml plan", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml plan --exit-code", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml build", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml build -k", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml why all", "faulty.yaml:2:1: error[unknown-key]"),
        ("-f faulty.yaml graph", "faulty.yaml:2:1: error[unknown-key]"),
        ("plan dataset:al", "<command line>:1:14: error[unknown-target]"),
        ("build dataset:al", "<command line>:1:15: error[unknown-target]"),
        ("why dataset:al", "<command line>:1:13: error[unknown-target]"),
        ("graph dataset:al", "<command line>:1:15: error[unknown-target]"),
        ("why", "the following arguments are required: TARGET"),
        ("build --threads 0", "argument --threads: '0' is not a number"),
        ("explain unknwn-op", "mlbuild: unknown code 'unknwn-op'\n  help: did you mean 'unknown-op'?"),
        ("explain 17", "mlbuild: unknown code '17'\n  help: 'mlbuild explain' lists all codes"),
        ("predict none.onnx penguins.csv", "mlbuild: there is no file 'none.onnx'"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(project: Command, line: str, said: str) -> None:
    done = project(*line.split())
    assert done.code == 2, done.out
    assert said in done.err
    assert "Traceback" not in done.err
    assert not done.out or line == "--json"


def test_a_variable_of_the_environment_can_be_wrong(
    project: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLBUILD_THREADS", "many")
    done = project("build")
    assert done.code == 2
    assert "mlbuild: MLBUILD_THREADS: 'many' is not a number" in done.err


def test_a_warning_that_is_raised_ends_with_2(project: Command) -> None:
    (project.folder / "warned.yaml").write_text(WARNED + "warnings: {unused: error}\n")
    done = project("check", "-f", "warned.yaml")
    assert (done.code, done.out) == (2, "")
    assert "warned.yaml:3:13: error[unused]: nothing uses the contract 'penguin'" in done.err


def test_what_is_stale_ends_with_6_where_that_is_asked(project: Command) -> None:
    assert project("plan").code == 0
    assert project("plan", "--exit-code").code == 6
    assert project("build").code == 0
    assert project("plan", "--exit-code").code == 0
