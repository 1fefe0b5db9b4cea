"""The workflow and the lines of cron in `docs/releasing.md` run, in a repository with a project whose table grows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.stays import customers, stays, until
from tests.docs.markdown import DOCS, blocks
from tests.docs.test_ci import git
from tests.monitoring.logs import records, write_log


def block(language: str) -> str:
    (found,) = (one for one in blocks(DOCS / "releasing.md") if one.language.startswith(language))
    return found.text


#: How GitHub runs a step, by the shell that a workflow names, and how cron runs a line.
STEPS = {
    None: ("bash", "-e", "-c"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"),
}
CRON = ("sh", "-c")


def run(command: str, folder: Path, summary: Path, shell: tuple[str, ...]) -> tuple[int, str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLBUILD_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(summary),
        "MLBUILD_JOBS": "1",
    }
    done = subprocess.run(
        [*shell, command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def channel(folder: Path) -> Any:
    return json.loads((folder / "channels/prod.json").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone of a repository, with rows of the last 120 days."""
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    folder, today = tmp_path / "clone", date.today()  # as `date` of the workflow
    stays(folder)
    until(folder, today - timedelta(days=120), today, today)
    (folder / ".gitignore").write_text(".mlbuild\ndist\nlogs\n")
    git(folder, "checkout", "--quiet", "-B", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "start")
    git(folder, "push", "--quiet", "--set-upstream", "origin", "main")
    return folder


def test_the_workflow_and_the_lines_of_cron(project: Path, tmp_path: Path) -> None:
    workflow = yaml.safe_load(block("yml "))
    steps = workflow["jobs"]["release"]["steps"]
    release, commit = (one["run"] for one in steps if "run" in one and "pip install" not in one["run"])
    shell = STEPS[workflow.get("defaults", {}).get("run", {}).get("shell")]
    summary = tmp_path / "summary.md"
    for command in (release, commit, commit):  # the second time, nothing is new
        code, printed = run(command, project, summary, shell)
        assert code == 0, printed
    first = channel(project)
    assert (first["why"], first["action"]) == ("weekly release", "promote")
    assert f"prod is now stays {first['digest'][7:19]}" in summary.read_text()
    told = git(project, "log", "--format=%s", "origin/main")
    assert told.splitlines()[0].startswith("prod  ") and told.endswith("start")
    assert "channels/prod/model.onnx" in git(project, "ls-files")

    # The next night: the model gets the rows that it was trained for, and then others.
    weekly, nightly = (line.split(maxsplit=5) for line in block("crontab").splitlines())
    assert weekly[:5] == ["17", "4", "*", "*", "1"] and nightly[:5] == ["17", "3", "*", "*", "*"]
    here = [line[5].replace("/srv/stays", str(project)) for line in (weekly, nightly)]
    for summer in (False, True):
        rows = [
            {name: row[name] for name in ("country", "orders", "spent")}
            for row in customers(date(2025, 5, 2), 2000, summer=summer)
        ]
        write_log(project / "logs/stays", records(project / "channels/prod", rows))
        code, printed = run(here[1], project, summary, CRON)
        assert code == 0, printed
        assert ("the build made the same model" in printed) == summer, "only drift starts a release"
    code, printed = run(here[0], project, summary, CRON)
    assert code == 0 and "the build made the same model" in printed
    assert channel(project) == first, "drift promotes nothing"

    # A challenger that is worse fails the run.
    spec = project / "mlbuild.yaml"
    spec.write_text(
        spec.read_text().replace("    target: stays\n", "    target: stays\n    params: {C: 0.000001}\n")
    )
    code, printed = run(release, project, summary, shell)
    assert code == 4, printed
    assert "the new model is refused" in summary.read_text() and channel(project) == first
