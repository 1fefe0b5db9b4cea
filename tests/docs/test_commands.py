"""Tests what pages say about commands and the artifact, on copies of the example projects."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from mlbuild import api
from mlbuild.cli.main import main
from tests.docs.examples import project_of
from tests.docs.markdown import DOCS, ROOT, Block, blocks, pages, tables

#: Commands that only need a spec.
CHEAP = ("check", "plan", "why", "graph", "render", "schema", "explain")
CONSOLES = [page for page in pages() if any(block.language == "console" for block in blocks(page))]
#: Pages whose sessions use the files and the code that the page shows before them.
STORIES = (DOCS / "tutorial.md", DOCS / "databases.md")
SHELL = [block for page in pages() for block in blocks(page) if block.language == "sh"]
JSON = [block for page in pages() for block in blocks(page) if block.language == "json"]
#: A snippet of packages is run in the session that writes one.
PYTHON = [
    block
    for page in pages()
    for block in blocks(page)
    if block.language == "python" and page != DOCS / "packages.md"
]


def copied(name: str, folder: Path) -> Path:
    """Return a copy of an example project, at the same place as in a checkout."""
    target = folder / "specs" / name
    shutil.copytree(ROOT / "specs" / name, target, ignore=shutil.ignore_patterns("dist", ".mlbuild"))
    return target


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBUILD_JOBS", "1")
    monkeypatch.setenv("MLBUILD_THREADS", "1")
    monkeypatch.delenv("MLBUILD_PROFILE", raising=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the penguins example."""
    project = copied("penguins", tmp_path_factory.mktemp("built"))
    code, printed = ran(f"mlbuild -C {project} build --jobs 1 --threads 1")
    assert code == 0, printed
    return project


def ran(command: str) -> tuple[int, str]:
    """Return the exit code of a command, and its output on both streams."""
    words = shlex.split(command, comments=True)
    words = words[: words.index(">")] if ">" in words else words
    printed = io.StringIO()
    with (
        contextlib.chdir(Path.cwd()),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        code = main(words[1:])
    return code, printed.getvalue()


@pytest.mark.parametrize("page", CONSOLES, ids=lambda page: page.name)
def test_a_session_prints_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    project = copied("penguins", tmp_path)
    if page == DOCS / "packages.md":  # packages are of built models
        project = Path(shutil.copytree(request.getfixturevalue("built"), tmp_path / "built"))
    if page == DOCS / "tutorial.md":  # it starts with nothing but the data
        project = Path(shutil.move(project / "data/penguins.csv", tmp_path)).parent
        shutil.rmtree(tmp_path / "specs")
    monkeypatch.chdir(project)
    for block in blocks(page):
        if block.language == "console":
            check_session(block)
        elif page in STORIES and " " in block.language:  # a file of the reader
            Path(block.language.split()[1]).write_text(block.text)
        elif page == DOCS / "packages.md" and block.language == "python":
            monkeypatch.syspath_prepend(project / "packages/python/trees")
            exec(compile(block.text, str(block), "exec"), {})
        elif page in STORIES and block.language == "python":
            exec(compile(block.text, str(block), "exec"), {})


def check_session(block: Block) -> None:
    """Check that each `$ command` prints what is below it; `...` matches any text."""
    for session in block.text.split("$ ")[1:]:
        command, _, wanted = session.partition("\n")
        _, printed = ran(command)
        pattern = ".*".join(map(re.escape, wanted.split("...")))
        assert re.fullmatch(pattern, printed, re.DOTALL), f"{block}: {command}\n{printed}"


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_a_command_about_a_spec_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [line for line in block.text.splitlines() if line.split()[:1] == ["mlbuild"]]
    cheap = [command for command in commands if command.split()[1] in CHEAP]
    if block.page == ROOT / "README.md":
        monkeypatch.chdir(copied("flights", tmp_path))
    else:
        project_of(block.page if block.page.parent.name == "spec" else DOCS / "spec.md", tmp_path)
        monkeypatch.chdir(tmp_path)
    for command in cheap:
        code, printed = ran(command)
        assert code == 0, f"{command}\n{printed}"


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_snippet_runs(block: Block, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built.parents[1] if block.page == ROOT / "README.md" else built)
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.parametrize("block", JSON, ids=str)
def test_json_is_json(block: Block) -> None:
    assert json.loads(block.text)


def test_the_metadata_of_the_artifact_are_those_of_the_page(built: Path) -> None:
    session = onnxruntime.InferenceSession(built / "dist/linear/model.onnx")
    told = {cells[0].strip("`") for _, cells in tables(DOCS / "artifact.md", "metadata", "holds")}
    assert told == set(session.get_modelmeta().custom_metadata_map)


def test_the_folder_of_an_output_holds_the_files_of_the_page(built: Path) -> None:
    told = {cells[0].strip("`") for _, cells in tables(DOCS / "artifact.md", "file", "holds")}
    assert told == {file.name for file in (built / "dist/linear").iterdir()}


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        pytest.param(*(cell.replace("`", "") for cell in cells), id=cells[0])
        for _, cells in tables(DOCS / "cli.md", "command", "its keys")
    ],
)
def test_a_json_document_has_the_keys_of_the_page(
    command: str, keys: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built)
    arguments = {
        "why": "train:linear",
        "query": "train:linear",
        "predict": "dist/linear/model.onnx data/penguins.csv --null-value NA",
        "apply": "linear data/penguins.csv --null-value NA",
        "init": "-f drafted.mlbuild.yaml",
        "store": "verify",
        "rows": "birds",
        "describe": "birds",
        "diff": "last last",
        "importance": "trees",
        "report": "trees",
        "promote": "linear prod",
        "rollback": "prod",
        "contract infer": "data/penguins.csv",
        "contract diff": "mlbuild.yaml",
    }
    for output in ("trees", "linear") if command == "rollback" else ():
        assert ran(f"mlbuild promote {output} prod")[0] == 0
    _, printed = ran(f"mlbuild {command} {arguments.get(command, '')} --json")
    document: dict[str, Any] = json.loads(printed)
    told = keys.partition(";")[0].split(", ")
    assert [*document] == ["schema_version", "command", "ok", "exit_code", *told]


def test_what_pages_say_about_flights_is_about_its_spec() -> None:
    """They show lines of it, and how its metrics differ; to build it here would take too long."""
    file = ROOT / "specs/flights/mlbuild.yaml"
    (at,) = (
        number for number, line in enumerate(file.read_text().splitlines(), 1) if "num_leaves: 63" in line
    )
    said = [
        int(line)
        for page in pages()
        for line in re.findall(
            r"models\.late\.params\.num_leaves\b.*mlbuild\.yaml:(\d+)", page.read_text(encoding="utf-8")
        )
    ]
    assert said and {*said} == {at}
    (compared,) = (one.text for one in blocks(DOCS / "cli.md") if "### late: test" in one.text)
    rows = compared.partition("| metric |")[2].partition("\n\n")[0].splitlines()[2:]
    metrics = api.load(file).models["late"].metrics
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [one.label for one in metrics]
