"""A spec and its includes must be in its project. Nothing of other files is shown, whatever a spec says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.cli.small import small

#: Typical files on machines that check pull requests. Nobody may see `SECRET`.
SECRETS = {
    "credentials": "[default]\naws_access_key_id = SECRET\naws_secret_access_key = SECRET\n",
    "config.json": '{"auths": {"ghcr.io": {"auth": "SECRET"}}}\n',
    ".netrc": "machine github.com login bot password SECRET\n",
    "tokens.yaml": "tokens:\n  github: SECRET\nSECRET: 1\n",
    "id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----\n",
    "broken.yaml": "SECRET: [\n",
    "latin.txt": "SECRET \xff\n",
}
COMMANDS = [
    "check",
    "check --json",
    "check --format github",
    "check --format sarif",
    "render",
    "render --json",
    "build",
    "plan --format github",
    "status",
    "why train:one",
    "graph",
    "gc",
    "schema --project",
]


@pytest.fixture
def project(mlbuild: Command) -> Path:
    """A project next to a folder of secrets, without a git repository. Commands run in it."""
    small(mlbuild.folder)
    (mlbuild.folder / "project").mkdir()
    for name in ("mlbuild.yaml", "rows.csv"):
        (mlbuild.folder / name).rename(mlbuild.folder / "project" / name)
    (mlbuild.folder / "elsewhere").mkdir()
    for name, text in SECRETS.items():
        (mlbuild.folder / "elsewhere" / name).write_text(text, encoding="latin-1")
    mlbuild.folder = mlbuild.folder / "project"
    return mlbuild.folder


def include(name: str) -> Callable[[Path, str], None]:
    """Return a change that includes a file with this name, in which SECRET is the name of the secret."""

    def apply(project: Path, secret: str) -> None:
        file = project / "mlbuild.yaml"
        file.write_text(f"{file.read_text()}include: {json.dumps(name.replace('SECRET', secret))}\n")

    return apply


def absolute(project: Path, secret: str) -> None:
    include(str(project.parent / "elsewhere" / secret))(project, secret)


def linked(project: Path, secret: str) -> None:
    (project / "part.yaml").symlink_to(f"../elsewhere/{secret}")
    include("part.yaml")(project, secret)


def linked_folder(project: Path, secret: str) -> None:
    (project / "parts").symlink_to("../elsewhere")
    include("parts/SECRET")(project, secret)


def through_another(project: Path, secret: str) -> None:
    (project / "part.yaml").write_text(f"include: ../elsewhere/{secret}\n")
    include("part.yaml")(project, secret)


def as_the_spec(project: Path, secret: str) -> None:
    (project / "mlbuild.yaml").unlink()
    (project / "mlbuild.yaml").symlink_to(f"../elsewhere/{secret}")


def kept_by_git(project: Path, secret: str) -> None:
    """`actions/checkout` stores its token there."""
    (project / ".git").mkdir()
    (project / ".git" / "config").write_text(SECRETS[secret], encoding="latin-1")
    include(".git/config")(project, secret)


WAYS = [
    include("../elsewhere/SECRET"),
    absolute,
    linked,
    linked_folder,
    through_another,
    as_the_spec,
    kept_by_git,
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_shown_of_files_elsewhere(
    mlbuild: Command, project: Path, way: Callable[[Path, str], None], secret: str
) -> None:
    way(project, secret)
    for words in COMMANDS:
        ran = mlbuild(*words.split())
        told = ran.out + ran.err
        assert "SECRET" not in told, (words, told)
        assert "OPENSSH" not in told, (words, told)
        if words != "schema --project" or way is as_the_spec:
            assert ran.code == 2, (words, told)
        if words == "check":
            assert "error[outside-project]" in told


@pytest.mark.parametrize(
    "words", ["check .", "check a.mlbuild.yaml", "check . --json", "check . --format github"]
)
def test_links_that_are_found_in_a_folder_are_not_followed_out_of_it(
    mlbuild: Command, project: Path, words: str
) -> None:
    (project / "a.mlbuild.yaml").symlink_to("../elsewhere/tokens.yaml")
    ran = mlbuild(*words.split())
    assert ran.code == 2
    assert "SECRET" not in ran.out + ran.err
    assert "outside-project" in ran.out + ran.err
    assert "the spec is a symlink to a file outside this project" in ran.out + ran.err


def test_a_schema_is_written_into_no_spec_elsewhere(mlbuild: Command, project: Path) -> None:
    (project / "a.mlbuild.yaml").symlink_to("../elsewhere/tokens.yaml")
    for words in ("schema --write", "schema --write --project"):
        ran = mlbuild("-f", "a.mlbuild.yaml", *words.split())
        assert (ran.code, ran.out) == (2, "")
        assert "a symlink to a file outside this project" in ran.err
    assert (project.parent / "elsewhere/tokens.yaml").read_text() == SECRETS["tokens.yaml"]


def test_headers_of_files_elsewhere_are_not_shown(mlbuild: Command, project: Path) -> None:
    file = project / "mlbuild.yaml"
    (project.parent / "elsewhere/rows.csv").write_text("x,y,SECRET\n1,true,2\n")
    file.write_text(file.read_text().replace("path: rows.csv", "path: ../elsewhere/rows.csv"))
    assert "SECRET" not in mlbuild("schema", "--project").out
    assert "SECRET" in mlbuild("schema", "--project", "--allow-outside").out


def test_a_git_repository_is_one_project(mlbuild: Command, project: Path) -> None:
    """Specs in a repository share definitions, by paths and by links. If `.git` is a file, it is a worktree."""
    root = project.parent
    (root / "common").mkdir()
    (root / "common/part.yaml").write_text("x-own: 1\n")
    (project / "linked.yaml").symlink_to("../common/part.yaml")
    (project / "other.mlbuild.yaml").symlink_to("../project/mlbuild.yaml")
    text = (project / "mlbuild.yaml").read_text()
    for named in ("../common/part.yaml", "linked.yaml", str(root / "common/part.yaml")):
        (project / "mlbuild.yaml").write_text(f"{text}include: {named}\n")
        assert mlbuild("check").code == 2
        assert mlbuild("check", "--allow-outside").code == 0
        (root / ".git").write_text("gitdir: /elsewhere\n")
        assert mlbuild("check", ".").code == 0
        (root / ".git").unlink()


@pytest.mark.parametrize("home", [True, False])
def test_a_home_that_is_kept_in_git_is_no_project(
    mlbuild: Command, project: Path, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.parent / ".git").mkdir()
    if home:
        monkeypatch.setenv("HOME", str(project.parent))
    include("../elsewhere/SECRET")(project, "tokens.yaml")
    ran = mlbuild("check")
    assert ran.code == 2
    assert ("SECRET" in ran.err) is not home  # it is a file of the project if it is in the repository


def test_a_spec_that_is_trusted_can_include_any_file(mlbuild: Command, project: Path) -> None:
    (project.parent / "elsewhere/part.yaml").write_text("x-own: 1\n")
    (project.parent / "elsewhere/faulty.yaml").write_text("modles: {}\n")
    include("../elsewhere/part.yaml")(project, "")
    assert mlbuild("build").code == 2
    for words in ("build", "plan", "status", "why train:one", "render", "gc"):
        assert mlbuild(*words.split(), "--allow-outside").code == 0, words
    assert mlbuild("build").code == 2
    file = project / "mlbuild.yaml"
    file.write_text(file.read_text().replace("part.yaml", "faulty.yaml"))
    ran = mlbuild("--allow-outside", "check")
    assert (ran.code, ran.err.splitlines()[1]) == (2, "  1 | modles: {}")
