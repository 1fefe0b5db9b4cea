"""How commands end: 0 for success, 2 if the command line or the spec is wrong, and never a traceback."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import pytest

from mlbuild import __version__
from mlbuild.cli.commands import VERBS
from tests.cli.running import Command, Ran
from tests.projects import one_model

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
    """A folder with a valid spec, an invalid one, and one with a warning."""
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
        ("biuld", "mlbuild: unknown command 'biuld'\n  help: did you mean 'build'?\n"),
        (
            "-q xyz",
            "mlbuild: unknown command 'xyz'\n  help: available commands: init, check, adopt, render, schema, ",
        ),
        ("-q", "mlbuild: no command given\n  help: available commands: init, check, "),
        (
            "check --no-col",
            "mlbuild: unrecognized arguments: --no-col\n  help: run 'mlbuild check --help' for ",
        ),
        ("--nope", "mlbuild: unrecognized arguments: --nope\n  help: run 'mlbuild --help' for "),
        ("query dataset:all dataset:all", "unrecognized arguments: dataset:all"),
        ("build --check-det", "unrecognized arguments: --check-det"),
        ("check --nope", "unrecognized arguments: --nope"),
        ("check --format xml", "argument --format: invalid choice: 'xml'"),
        ("-C nowhere check", "mlbuild: cannot change to 'nowhere': No such file or directory"),
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
        ("build --threads 0", "argument --threads: '0' is not an integer >= 1"),
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
    assert not done.out
    if "--format" not in line:
        told_in_a_document(project(*line.split(), "--json"), done)


def told_in_a_document(as_json: Ran, as_text: Ran) -> None:
    """Check that the same end is reported in a document, and nothing else."""
    document = json.loads(as_json.out)
    assert as_json.code == as_text.code
    assert "error" not in as_json.err and as_json.err.rstrip("\n") in as_text.err  # warnings
    assert [*document][:4] == ["schema_version", "command", "ok", "exit_code"]
    assert document["command"] in (*VERBS, None)
    assert (document["schema_version"], document["ok"], document["exit_code"]) == (1, False, as_text.code)
    if "error" in document:
        assert as_text.err.startswith(f"mlbuild: {document['error']['message']}\n")
        assert document["error"]["help"] is None or f"  help: {document['error']['help']}\n" in as_text.err
    else:
        assert document["diagnostics"]
        for one in document["diagnostics"]:
            assert f"{one['severity']}[{one['code']}]: {one['message']}\n" in as_text.err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["check", "--format", "json", "--nope"], "check"),
        (["--json", "-C", "build", "validate"], "check"),
        (["-f", "plan", "--format=json", "graph", "-f", "none"], "graph"),
        (["check", "--format", "text", "--json", "--nope"], "check"),
        (["--json"], None),
        (["--json", "chek"], None),
        (["check", "--set", "--json"], "check"),
    ],
)
def test_a_document_is_printed_though_the_command_line_cannot_be_read(
    project: Command, words: list[str], command: str | None
) -> None:
    done = project(*words)
    document = json.loads(done.out)
    assert (done.code, done.err, document["exit_code"]) == (2, "", 2)
    assert document["command"] == command
    assert [*document["error"]] == ["message", "help", "lines"]


@pytest.mark.parametrize(
    "words", [["check", "--json", "--format", "text", "--nope"], ["check", "--set", "x=--json", "--nope"]]
)
def test_no_document_is_printed_where_none_is_asked_for(project: Command, words: list[str]) -> None:
    done = project(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("mlbuild: ")


def test_an_internal_error_is_told_in_a_document_too(
    project: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(args: argparse.Namespace) -> int:
        sys.stdout.write("a document that nobody shall see")
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr("mlbuild.cli.commands.building.graph.run", broken)
    done = project("graph", "--json")
    document = json.loads(done.out)
    assert (done.code, document["exit_code"], document["command"]) == (70, 70, "graph")
    assert document["error"]["message"] == f"internal error (version {__version__})"
    assert done.err.splitlines()[-1] == "ZeroDivisionError: of our own making"
    as_text = project("graph")
    assert as_text.code == 70
    assert as_text.err.endswith(
        f"mlbuild: internal error (version {__version__})\n"
        "  help: please report it with the output on standard error\n"
    )


def test_an_interrupt_is_told_in_a_document_too(project: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlbuild.cli.commands.building.graph.run", interrupted)
    as_text, as_json = project("graph"), project("graph", "--json")
    assert (as_text.code, as_text.err) == (130, "mlbuild: interrupted; finished tasks are kept\n")
    told_in_a_document(as_json, as_text)


def test_what_is_wrong_with_rows_is_told_in_a_document_too(mlbuild: Command) -> None:
    model = "type: sklearn.linear_regression, features: [x], target: y"
    one_model(mlbuild.folder, "x: int, y: float", "x,y\n" + "1,2.5\n3,4.5\n2,1\n" * 9, model)
    assert mlbuild("build").code == 0
    (mlbuild.folder / "new.csv").write_text("x\n1\ntwo\n")
    words = ["predict", "dist/one/model.onnx", "new.csv"]
    as_text, as_json = mlbuild(*words), mlbuild(*words, "--json")
    assert as_text.code == 3
    told_in_a_document(as_json, as_text)
    lines = json.loads(as_json.out)["error"]["lines"]
    assert lines and all(f"  {line}\n" in as_text.err for line in lines)


def test_a_variable_of_the_environment_can_be_wrong(
    project: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLBUILD_THREADS", "many")
    done = project("build")
    assert done.code == 2
    assert "mlbuild: MLBUILD_THREADS: 'many' is not an integer >= 1" in done.err


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


def streams(project: Command, line: str, out: str = "", err: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as a process whose streams were redirected by a shell."""
    script = f'"$0" -m mlbuild {line} {out} {err}'
    return subprocess.run(
        ["sh", "-c", script, sys.executable],
        cwd=project.folder,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "graph --json",
        "build --format github",
        "plan --format sarif",
        "explain",
        "--version",
        "check --help",
    ],
)
def test_results_that_cannot_be_written_end_with_7(project: Command, line: str) -> None:
    done = streams(project, line, out="> /dev/full")
    assert done.returncode == 7
    assert done.stderr.splitlines()[-1] == "mlbuild: cannot write the results: No space left on device"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("out", ["", "> /dev/full", ">&-"])
@pytest.mark.parametrize("err", ["2> /dev/full", "2>&-"])
def test_only_results_matter_to_the_end(project: Command, out: str, err: str) -> None:
    for line, code in (("build", 0), ("plan --exit-code", 0), ("check --nope", 2)):
        done = streams(project, line, out, err)
        assert done.returncode == (7 if out == "> /dev/full" and line[:4] == "plan" else code)
        assert done.stderr == "" and bool(done.stdout) == (line[:4] == "plan" and not out)


def test_nobody_has_to_read_to_the_end(project: Command) -> None:
    assert streams(project, "explain", "| head -n 1").stderr == ""
