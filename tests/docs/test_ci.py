"""The workflow of `docs/ci.md` runs: its commands, in a repository with an example project and a pull request."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from mlbuild.cli.exits import GATE, OK
from tests.docs.markdown import DOCS, blocks
from tests.docs.test_commands import copied

_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
#: What GitHub knows about the run.
_KNOWN = ("github.workspace", "github.event.pull_request.base.sha", "github.sha", "runner.os", "runner.temp")
_CONDITIONS = {
    "github.event_name == 'pull_request'": False,
    "github.event_name == 'pull_request' && !cancelled()": True,
    "${{ !cancelled() }}": True,
}


def workflow() -> Any:
    (block,) = (one for one in blocks(DOCS / "ci.md") if one.language.startswith("yml "))
    return yaml.safe_load(block.text)


def git(folder: Path, *words: str) -> str:
    setup = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *setup, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(folder: Path, *changes: tuple[str, str]) -> str:
    """Change the spec of a repository, commit everything, and return the name of the commit."""
    file = folder / "mlbuild.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "change")
    return git(folder, "rev-parse", "HEAD")


def commands(job: Any) -> Iterator[tuple[str, bool]]:
    """Yield the commands of a workflow without that which installs mlbuild, and whether they run after a failure."""
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step) and step.get("if") in (None, *_CONDITIONS), step
        if "run" in step and not step["run"].startswith("pip install "):
            yield step["run"], _CONDITIONS.get(step.get("if"), False)


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Return a folder for the files of the machine that runs the workflow."""
    (tmp_path / "runner").mkdir()
    return tmp_path / "runner"


def run(project: Path, runner: Path, base: str) -> tuple[int, str, str]:
    """Run the workflow. Return the exit code of the first command that fails, what was printed, and the summary."""
    (job,) = workflow()["jobs"].values()
    known = dict(
        zip(
            _KNOWN, (str(project), base, git(project, "rev-parse", "HEAD"), "Linux", str(runner)), strict=True
        )
    )
    summary = runner / "summary.md"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLBUILD_")},
        **{name: _EXPRESSION.sub(lambda one: known[one[1]], text) for name, text in job["env"].items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(runner),
        "GITHUB_STEP_SUMMARY": str(summary),
        "MLBUILD_JOBS": "1",
    }
    code, printed = 0, ""
    for command, always in commands(job):
        if code and not always:
            continue
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        printed += done.stdout + done.stderr
        code = code or done.returncode
    return code, printed, summary.read_text(encoding="utf-8") if summary.exists() else ""


def test_the_workflow_builds_and_compares_a_pull_request(tmp_path: Path, runner: Path) -> None:
    project = copied("penguins", tmp_path)
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / ".gitignore").write_text(".mlbuild-cache\n")
    committed(project)
    subprocess.run(
        [sys.executable, "-m", "mlbuild", "build", "-q", "-j", "1"], cwd=project, check=True, timeout=600
    )
    base = committed(project)  # with the lock file
    git(project, "switch", "--quiet", "--detach", base)  # as a checkout of a pull request
    committed(project, ("min_data_in_leaf: 5", "min_data_in_leaf: 8"))
    code, printed, summary = run(project, runner, base)
    assert code == OK, printed
    assert "problems of its own" not in printed and "::error" not in printed
    assert "| models.trees.params.min_data_in_leaf | 5 | 8 |" in summary, summary
    assert "| log_loss |" in summary
    suite = ElementTree.parse(runner / "models.xml").getroot()  # our own file
    assert suite.get("failures") == "0" and int(str(suite.get("tests"))) > 0
    assert (project / "dist/trees/model.onnx").exists()

    committed(project, ("num_iterations: 200", "num_iterations: 1"))
    (runner / "summary.md").unlink()
    code, printed, summary = run(project, runner, base)
    assert code == GATE, printed
    assert "::error file=mlbuild.yaml,line=" in printed and ",title=failed-" in printed
    assert "| models.trees.params.num_iterations | 200 | 1 |" in summary, (
        "a reviewer still sees the difference"
    )
