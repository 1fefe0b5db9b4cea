"""Errors in a spec as text, JSON, GitHub workflow commands and SARIF, from every command that reads a spec."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.cli.commands import VERBS
from mlbuild.cli.main import main
from mlbuild.cli.output.printing import Paint
from mlbuild.cli.output.problems.diagnostics import diagnostics_text
from mlbuild.cli.output.problems.excerpt import Texts
from mlbuild.diagnostics import CODES, Diagnostic, Severity, Span
from tests.cli.running import Command
from tests.cli.small import ROWS, small

#: Two errors, one with a note, and a warning.
FAULTY = """\
mlbuild: 1
project: penguins
sources:
  penguins: {path: penguins.csv, contract: penguin}
contracts:
  penguin:
    columns: {mass: float, mass: int}
preprocessing:
  tabular:
    - {op: imput, columns: mass, strategy: median}
"""
WARNED = """\
mlbuild: 1
project: penguins
contracts:
  penguin: {columns: {mass: float}}
"""
COMMANDS = [
    ["check"],
    ["plan"],
    ["build"],
    ["build", "-n"],
]

_PLACE = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {"required": ["uri"], "properties": {"uri": {"pattern": "^[^ \\\\]+$"}}},
                "region": {
                    "required": ["startLine", "startColumn", "endLine", "endColumn"],
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            },
        }
    },
}
#: A summary of what viewers and code scanning require of SARIF 2.1.0.
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "required": ["tool", "results", "columnKind", "invocations"],
                "properties": {
                    "columnKind": {"const": "unicodeCodePoints"},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "semanticVersion", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {
                                                "id": {"enum": [*CODES]},
                                                "help": {"required": ["text", "markdown"]},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["error", "warning"]},
                                "message": {"required": ["text"]},
                                "locations": {"items": _PLACE},
                                "relatedLocations": {"items": _PLACE},
                            },
                        }
                    },
                },
            },
        },
    },
}


@pytest.fixture
def faulty(mlbuild: Command) -> Command:
    (mlbuild.folder / "mlbuild.yaml").write_text(FAULTY)
    (mlbuild.folder / "penguins.csv").touch()
    return mlbuild


@pytest.fixture
def warned(mlbuild: Command) -> Command:
    (mlbuild.folder / "mlbuild.yaml").write_text(WARNED)
    return mlbuild


def sarif(text: str) -> Any:
    """Return the run of a log, which must be valid."""
    log = json.loads(text)
    assert [error.message for error in Draft7Validator(SARIF).iter_errors(log)] == []
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_text_goes_to_standard_error(faulty: Command, words: list[str]) -> None:
    done = faulty(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "mlbuild.yaml:7:28: error[duplicate-key]: duplicate key 'mass' on line 7\n"
        "  7 |     columns: {mass: float, mass: int}\n"
        "    |                            ^^^^\n"
        "  note: first defined here, at mlbuild.yaml:7:15\n"
        "  7 |     columns: {mass: float, mass: int}\n"
        "    |               ^^^^\n"
        "  help: remove or rename one of them\n"
        "mlbuild.yaml:10:12: error[unknown-op]: unknown op 'imput'\n"
        "  10 |     - {op: imput, columns: mass, strategy: median}\n"
        "     |            ^^^^^\n"
        "  help: did you mean 'impute'?\n"
        "2 errors\n"
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_json_is_one_document(faulty: Command, words: list[str]) -> None:
    done = faulty(*words, "--json")
    document = json.loads(done.out)
    assert (done.code, done.err) == (2, "")
    assert {key: document[key] for key in ("schema_version", "command", "ok", "exit_code")} == {
        "schema_version": 1,
        "command": words[0],
        "ok": False,
        "exit_code": 2,
    }
    first, second = document["diagnostics"]
    assert first["related"] == [
        {
            "message": "first defined here",
            "file": "mlbuild.yaml",
            "line": 7,
            "column": 15,
            "end_line": 7,
            "end_column": 19,
        }
    ]
    assert second == {
        "lines": [],
        "code": "unknown-op",
        "severity": "error",
        "message": "unknown op 'imput'",
        "help": "did you mean 'impute'?",
        "file": "mlbuild.yaml",
        "line": 10,
        "column": 12,
        "end_line": 10,
        "end_column": 17,
        "related": [],
    }


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_github_shows_them_beside_their_lines(faulty: Command, words: list[str]) -> None:
    done = faulty(*words, "--format", "github")
    assert (done.code, done.err) == (2, "2 errors\n")
    assert done.out.splitlines() == [
        "::error file=mlbuild.yaml,line=7,endLine=7,col=28,endColumn=32,title=duplicate-key"
        "::duplicate key 'mass' on line 7 (remove or rename one of them)",
        "::error file=mlbuild.yaml,line=10,endLine=10,col=12,endColumn=17,title=unknown-op"
        "::unknown op 'imput' (did you mean 'impute'?)",
    ]


def test_github_reads_texts_as_they_are_meant(mlbuild: Command) -> None:
    file = mlbuild.folder / "50%,a:b.mlbuild.yaml"
    file.write_text('mlbuild: 1\nproject: penguins\n"100%\\n::error::": 1\n')
    done = mlbuild("check", "--format", "github")
    assert done.out.startswith(
        "::error file=50%25%2Ca%3Ab.mlbuild.yaml,line=3,endLine=3,col=1,endColumn=18,title=unknown-key"
        "::unknown key '100%25\\n::error::' in the spec"
    )
    assert done.out.count("\n") == 1


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_sarif_is_one_log(faulty: Command, words: list[str]) -> None:
    done = faulty(*words, "--format", "sarif")
    assert (done.code, done.err) == (2, "")
    run = sarif(done.out)
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    first, second = run["results"]
    assert first["relatedLocations"][0]["message"] == {"text": "first defined here"}
    assert second["message"] == {"text": "unknown op 'imput'; did you mean 'impute'?"}
    assert second["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "mlbuild.yaml"},
        "region": {"startLine": 10, "startColumn": 12, "endLine": 10, "endColumn": 17},
    }


def test_sarif_names_files_by_their_addresses(mlbuild: Command) -> None:
    folder = mlbuild.folder / "my specs"
    folder.mkdir()
    (folder / "é.yaml").write_text("mlbuild: 2\nproject: x\n")
    (result,) = sarif(mlbuild("check", "-f", "my specs/é.yaml", "--format", "sarif").out)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "my%20specs/%C3%A9.yaml"}


@pytest.mark.parametrize(
    ("words", "out", "err"),
    [
        (["check"], r"mlbuild.yaml: ok \(.*\)\n", r"mlbuild.yaml:4:3: warning\[unused\].*\n1 warning\n"),
        (["check", "-q"], r"mlbuild.yaml: ok \(.*\)\n", ""),
        (["plan"], r"nothing to do.*\n", r"mlbuild.yaml:4:3: warning\[unused\].*\n1 warning\n"),
        (["plan", "-q"], r"nothing to do.*\n", ""),
        (["check", "--format", "github"], r"::warning file=mlbuild.yaml,line=4.*\n", "1 warning\n"),
        (
            ["plan", "--format", "github"],
            r"::warning file=mlbuild.yaml,line=4.*\nnothing to do.*\n",
            "1 warning\n",
        ),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_warnings_end_nothing(warned: Command, words: list[str], out: str, err: str) -> None:
    done = warned(*words)
    assert done.code == 0
    assert re.fullmatch(out, done.out, re.DOTALL), done.out
    assert re.fullmatch(err, done.err, re.DOTALL), done.err


@pytest.mark.parametrize("words", [["check"], ["plan"], ["build"]], ids=" ".join)
def test_sarif_tells_warnings_of_a_command_that_goes_on(warned: Command, words: list[str]) -> None:
    done = warned(*words, "--format", "sarif")
    run = sarif(done.out)
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [("unused", "warning")]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_warnings_are_in_the_document_of_check(warned: Command) -> None:
    document = json.loads(warned("check", "--json").out)
    assert document["ok"] is True
    assert [one["severity"] for one in document["diagnostics"]] == ["warning"]


@pytest.mark.parametrize("words", [["plan"], ["build"]], ids=" ".join)
def test_unknown_targets_are_told_in_every_format(warned: Command, words: list[str]) -> None:
    line = f"mlbuild {words[0]} modl:x"
    done = warned(*words, "modl:x")
    assert done.code == 2
    assert f"  1 | {line}\n    | {' ' * line.index('modl')}^^^^^^\n" in done.err
    assert (
        "::error title=unknown-target::unknown target 'modl:x'"
        in warned(*words, "modl:x", "--format", "github").out
    )
    document = json.loads(warned(*words, "modl:x", "--json").out)
    assert [(one["file"], one["column"]) for one in document["diagnostics"]] == [
        ("<command line>", line.index("modl") + 1)
    ]
    run = sarif(warned(*words, "modl:x", "--format", "sarif").out)
    assert [one["locations"] for one in run["results"] if one["ruleId"] == "unknown-target"] == [[]]


def test_words_of_the_command_line_are_shown_as_a_shell_takes_them(warned: Command) -> None:
    done = warned("plan", "model:a b", "x")
    assert "<command line>:1:14: error[unknown-target]: unknown target 'model:a b'" in done.err
    assert "  1 | mlbuild plan 'model:a b' x\n    |              ^^^^^^^^^^^\n" in done.err
    assert "<command line>:1:26: error[unknown-target]: unknown target 'x'" in done.err


FORMATS = ["text", "json", "github", "sarif"]
SOME = {"serve": ["text"], "check": FORMATS, "plan": FORMATS, "build": FORMATS, "test": FORMATS}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_format_that_makes_no_sense_is_refused(warned: Command, verb: str, format_: str) -> None:
    if format_ not in SOME.get(verb, ["text", "json"]):
        needed = {
            "why": "x",
            "query": "x",
            "contract": "infer x",
            "describe": "x",
            "rows": "x",
            "importance": "x",
            "report": "x",
            "predict": "model.onnx rows.csv",
            "apply": "one rows.csv",
            "monitor": "one --log log",
            "log": "compact log -o log.parquet",
            "store": "verify",
            "bisect": "--metric x a..b",
            "export": "openlineage",
            "promote": "one prod",
            "release": "one --to prod",
            "package": "one --as triton",
            "adopt": "one",
            "rollback": "prod",
        }
        done = warned(verb, *needed.get(verb, "").split(), "--format", format_)
        assert (done.code, done.err) == (2, "")
        assert ended(done.out, format_).startswith(f"'{verb}' does not support the format '{format_}'")


def ended(text: str, format_: str) -> str:
    """Return what a document or workflow command says about the end of a command, followed by its help."""
    if format_ == "json":
        document = json.loads(text)
        assert (document["schema_version"], document["ok"], document["exit_code"]) == (1, False, 2)
        return f"{document['error']['message']}; {document['error']['help']}"
    if format_ == "github":
        told = re.fullmatch(r"::error title=mlbuild::(.*) \((.*)\)\n", text)
        assert told
        return f"{told[1]}; {told[2]}"
    run = sarif(text)
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["level"] == "error"
    return str(notice["message"]["text"])


@pytest.mark.parametrize("format_", ["json", "github", "sarif"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chekc"], "unknown command 'chekc'; did you mean 'check'?"),
        (["check", "--bad"], "unrecognized arguments: --bad; run 'mlbuild check --help' for usage"),
        (
            ["check", "-f"],
            "argument -f/--file: expected one argument; run 'mlbuild check --help' for usage",
        ),
        (["-q"], "no command given; available commands: init, check"),
        (["-C", "empty", "plan"], "there is no mlbuild.yaml in this folder; change to a project with -C DIR"),
        (["build", "-j", "0"], "argument -j/--jobs: "),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_wrong_command_line_is_told_in_every_format(
    warned: Command, words: list[str], told: str, format_: str
) -> None:
    (warned.folder / "empty").mkdir()
    for line in ([*words, "--format", format_], ["--format", format_, *words]):
        done = warned(*line)
        assert (done.code, done.err) == (2, "")
        assert ended(done.out, format_).startswith(told)


@pytest.fixture
def failing(mlbuild: Command) -> Command:
    """A project whose data violates the contract in one row."""
    small(mlbuild.folder, ROWS.replace("0,False", "zero,False", 1))
    return mlbuild


def test_github_shows_failed_tasks_beside_their_definitions(failing: Command) -> None:
    done = failing("build", "-j", "1", "--format", "github")
    assert (done.code, done.out) == (
        3,
        "::error file=mlbuild.yaml,line=4,endLine=4,col=29,endColumn=30,title=contract-violation"
        "::contract:rows: column 'x' violates 'parses as float' in 1 row: 'zero' (line 2)"
        "%0Aaffects model one and output one\n",
    )
    assert "failed  contract:rows" in done.err


def test_sarif_tells_violations_beside_their_columns(failing: Command) -> None:
    done = failing("build", "-j", "1", "--format", "sarif")
    assert done.code == 3
    (result,) = sarif(done.out)["results"]
    assert (result["ruleId"], result["level"]) == ("contract-violation", "error")
    assert result["message"]["text"].startswith("contract:rows: column 'x' violates 'parses as float'")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "mlbuild.yaml"} and place["region"]["startColumn"] == 29


def test_sarif_tells_failed_tasks_that_are_no_results_in_notices(mlbuild: Command) -> None:
    small(mlbuild.folder, "x,y\n" + "1,False\n" * 60)
    done = mlbuild("build", "-j", "1", "--format", "sarif")
    run = sarif(done.out)
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (done.code, run["results"], notice["level"]) == (3, [], "error")
    assert notice["message"]["text"].startswith("target:one: ")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "variables", "flags", "colored"),
    [
        (True, {}, [], True),
        (False, {}, [], False),
        (True, {"NO_COLOR": "1"}, [], False),
        (True, {"NO_COLOR": ""}, [], True),
        (True, {}, ["--no-color"], False),
    ],
)
def test_color_is_for_terminals(
    faulty: Command,
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    variables: dict[str, str],
    flags: list[str],
    colored: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.chdir(faulty.folder)
    assert main(["check", *flags]) == 2
    text = stream.getvalue()
    assert ("\x1b[31;1merror[unknown-op]:\x1b[0m" in text) == colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", text).startswith(
        "mlbuild.yaml:7:28: error[duplicate-key]: duplicate key"
    )


def test_what_a_spec_quotes_cannot_write_to_the_terminal(mlbuild: Command) -> None:
    text = 'mlbuild: 1\nproject: penguins\n"a\\e[2Jb\\n": 1\n'
    (mlbuild.folder / "mlbuild.yaml").write_text(text)
    done = mlbuild("check")
    assert "unknown key 'a\\x1b[2Jb\\n' in the spec" in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"a\x00b",
        b"mlbuild: 1\r\n\tx: 1\r\n",
        "mlbuild: 1\nproject: \u202eabc\n".encode(),
        b"- \xe9",
    ],
)
def test_every_file_is_told_with_a_place(mlbuild: Command, content: bytes) -> None:
    (mlbuild.folder / "mlbuild.yaml").write_bytes(content)
    for one in json.loads(mlbuild("check", "--json").out)["diagnostics"]:
        assert one["line"] >= 1 and one["column"] >= 1 and one["end_column"] >= one["column"]
        assert one["file"] == "mlbuild.yaml"


def test_diagnostics_are_in_order_of_place(mlbuild: Command) -> None:
    lines = ["mlbuild: 1", "project: 3", "x: 1", "y: 2", "seed: -1", "contracts: {a: {columns: {b: flot}}}"]
    (mlbuild.folder / "mlbuild.yaml").write_text("\n".join(lines))
    found = json.loads(mlbuild("check", "--json").out)["diagnostics"]
    assert [one["line"] for one in found] == [2, 3, 4, 5, 6]


def test_paths_are_told_as_seen_from_here(mlbuild: Command) -> None:
    folder = mlbuild.folder / "project"
    folder.mkdir()
    (folder / "mlbuild.yaml").write_text("mlbuild: 2\nproject: x\n")
    assert mlbuild("check", "-f", "project/mlbuild.yaml").err.startswith("project/mlbuild.yaml:1:10: ")
    assert mlbuild("check", "-f", str(folder / "mlbuild.yaml")).err.startswith("project/mlbuild.yaml:1:10: ")
    assert mlbuild("-C", "project", "check").err.startswith("mlbuild.yaml:1:10: ")
    other = Path("..") / mlbuild.folder.name / "project/mlbuild.yaml"
    assert mlbuild("check", "-f", str(other)).err.startswith(f"{other}:1:10: ")


def test_people_are_told_the_first_hundred_mistakes_and_programs_all(mlbuild: Command) -> None:
    datasets = "\n".join(f"  d{number}: {{from: nowhere}}" for number in range(130))
    (mlbuild.folder / "mlbuild.yaml").write_text(f"mlbuild: 1\nproject: x\ndatasets:\n{datasets}\n")
    told = mlbuild("check").err
    assert told.count("error[unknown-table]") == 100
    assert told.endswith("\nand 30 errors more (use --json to see all)\n130 errors\n")
    assert "d99:" in told and "d100:" not in told
    assert len(json.loads(mlbuild("check", "--json").out)["diagnostics"]) == 130
    assert len(sarif(mlbuild("check", "--format", "sarif").out)["results"]) == 130


def test_warnings_do_not_keep_errors_from_being_told() -> None:
    def diagnostic(line: int, severity: Severity) -> Diagnostic:
        return Diagnostic("unused", f"number {line}", Span("x", line, 1, line, 2), severity=severity)

    found = [diagnostic(line, "warning") for line in range(98)]
    found += [diagnostic(line, "error") for line in range(98, 100)] + [diagnostic(100, "warning")]
    lines = diagnostics_text(found, Paint(None), Texts())
    assert lines[-3:] == [
        "x:98:1: error[unused]: number 98",
        "x:99:1: error[unused]: number 99",
        "and 1 warning more (use --json to see all)",
    ]
    assert len(lines) == 101
