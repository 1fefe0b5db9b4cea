"""Finds the git revision of a project, without letting git run programs that the repository names.

The configuration of a repository can name programs that git runs: file system monitors, filters, hooks, ssh
commands. A project from a stranger may contain such a configuration. Therefore git never reads it. It works in a
temporary folder that links to what is only data (objects, refs, the index) and has its own configuration. The
configuration of the user applies.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import remove
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.regular import real

#: Seconds for all questions together. A record can do without the answers.
_PATIENCE = 5.0
#: The bytes that git may allocate: a forged repository must not exhaust the memory.
_MEMORY = 1 << 30
#: The most files of a revision that are read, the endings of their names, and the folder for git between them.
_MOST, _YAML, _OWN = 2000, (".yaml", ".yml"), ".mlbuild-git"

#: Settings about how files and objects are read, which cannot run anything.
_HARMLESS = frozenset(
    "core.autocrlf core.checkstat core.eol core.filemode core.ignorecase core.precomposeunicode core.symlinks"
    " core.trustctime extensions.objectformat extensions.refstorage".split()
)
#: Settings without which git cannot tell whether a file has changed, and that mlbuild ignores.
_DECISIVE = re.compile(r"filter\.|include\.|includeif\.|core\.(attributesfile|worktree)$")

#: Variables with which users configure git. The others could point git to another repository.
_USERS = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}


def checked_out(root: Path, files: Iterable[str], contents: Contents) -> Json | None:
    """Return the revision that is checked out, and whether tracked files differ from it or one of `files` is not
    tracked.

    None outside a repository. `dirty` is None if only programs that the repository names could tell.
    """
    try:
        repository = _Repository.around(real(root))
        own = real(contents.scratch()) if repository else None
    except (OSError, Unwritable):
        return None
    if repository is None or own is None:
        return None
    try:
        return _asked(repository, own, real(root), files)
    except (OSError, _NoAnswer):
        return None
    finally:
        with suppress(OSError):
            remove(own)


def commit_at(folder: Path, revision: str) -> str | None:
    """Return the full name of the commit that a revision of the repository around a folder means; None if there is none."""
    repository = _Repository.around(real(folder))
    if repository is None or revision.startswith("-"):
        return None
    with suppress(OSError, _NoAnswer), TemporaryDirectory() as own:
        repository.link(Path(own))
        git = _Git(Path(own), repository.tree, real(folder))
        return git.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    return None


def specs_at(file: Path, revision: str, path: str | None, folder: Path) -> Path | None:
    """Write all YAML files of a revision into an empty folder, and return the one at `path` there.

    A path starts at the root of the repository, or else in the folder of the spec `file`, which also says which
    repository is asked. Without a path, it is the same spec. None if there is no such repository, revision or file.
    """
    spec = real(file)
    repository = _Repository.around(spec.parent)
    if repository is None or revision.startswith("-"):
        return None
    own = folder / _OWN
    own.mkdir()
    try:
        repository.link(own)
        git = _Git(own, repository.tree, spec.parent)
        git.write(revision, folder, _YAML)
    except (OSError, _NoAnswer):
        return None
    finally:
        remove(own)
    root = repository.tree
    places = [spec.relative_to(root)] if path is None else [Path(path), spec.parent.relative_to(root) / path]
    return next((folder / place for place in places if (folder / place).is_file()), None)


def _asked(repository: _Repository, own: Path, root: Path, files: Iterable[str]) -> Json:
    repository.link(own)
    git = _Git(own, repository.tree, root)
    settings = [
        one for file in repository.configs() for one in git.settings(file) if not repository.here(*one)
    ]
    _configure(own, [(name, value) for name, value in settings if name in _HARMLESS])
    revision = git.ask("rev-parse", "--verify", "--quiet", "HEAD").strip()
    dirty = None
    if not any(_DECISIVE.match(name) for name, _ in settings):
        with suppress(_NoAnswer):
            # A submodule also has a configuration. For submodules, git compares only which revision is checked out.
            words = ("--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
            dirty = bool(git.ask("status", *words)) or not git.tracks(files)
    return {"revision": revision, "dirty": dirty}


@frozen
class _Repository:
    """A repository: the folder of its files, the git directory of this folder, and the common git directory."""

    tree: Path
    own: Path
    common: Path

    @staticmethod
    def around(folder: Path) -> _Repository | None:
        """Return the repository that contains a folder.

        Bare repositories are ignored, because a clone can contain such folders.
        """
        for tree in (folder, *folder.parents):
            place = tree / ".git"
            own = place if place.is_dir() else tree / _line(place).removeprefix("gitdir: ")
            common = own / _line(own / "commondir")
            if own != tree and _line(own / "HEAD") and (common / "objects").is_dir():
                return _Repository(tree, own, common)
        return None

    def configs(self) -> list[Path]:
        """Return the configuration files, with the most specific one last."""
        return [file for file in (self.common / "config", self.own / "config.worktree") if file.is_file()]

    def here(self, name: str, value: str) -> bool:
        """Whether a setting only says where the files are, as in every submodule."""
        return name == "core.worktree" and real(self.own / value) == self.tree

    def link(self, folder: Path) -> None:
        """Make a folder the same repository, without its configuration, hooks and attributes."""
        _configure(folder, [])
        (folder / "HEAD").write_text(_line(self.own / "HEAD") + "\n")
        shared = [self.common / name for name in ("objects", "refs", "packed-refs", "reftable", "shallow")]
        particular = [self.own / "index", *self.own.glob("sharedindex.*")]
        for place in (*shared, *particular):
            if place.is_dir() or place.is_file():
                base = self.common if place in shared else self.own
                (folder / place.relative_to(base)).symlink_to(place)


class _Git:
    """Runs git on a repository, with one time limit for all commands."""

    def __init__(self, folder: Path, tree: Path, root: Path) -> None:
        kept = {
            name: value for name, value in os.environ.items() if name in _USERS or not name.startswith("GIT_")
        }
        self._environment = kept | {
            "GIT_DIR": str(folder),
            "GIT_WORK_TREE": str(tree),
            "GIT_OPTIONAL_LOCKS": "0",  # do not block git commands of the user
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        # A monitor of the user would watch this folder forever, and a hook of the user expects the user's
        # repository.
        safe = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
        self._command = ["git", "--no-pager", "--literal-pathspecs", *safe, "-C", str(root)]
        self._end = time.monotonic() + _PATIENCE

    def ask(self, *words: str) -> str:
        """Return what git prints.

        Raises:
            _NoAnswer: It fails, or takes too long.
        """
        return self._ask(*words).decode("utf-8", "surrogateescape")

    def write(self, revision: str, folder: Path, suffixes: tuple[str, ...]) -> None:
        """Write the regular files of a revision whose names end like this into a folder.

        Raises:
            _NoAnswer: There is no such revision, or it has more than `_MOST` such files.
            OSError: A file cannot be written.
        """
        commit = self.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
        listed = self.ask("ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
        entries = [entry.partition("\t") for entry in listed if entry.startswith("100")]
        wanted = [(about.split()[2], name) for about, _, name in entries if name.endswith(suffixes)]
        # A forged tree can have any names.
        wanted = [(one, name) for one, name in wanted if {"..", _OWN}.isdisjoint(Path(name).parts)]
        if len(wanted) > _MOST or any(Path(name).is_absolute() for _, name in wanted):
            raise _NoAnswer
        answer = io.BytesIO(self._ask("cat-file", "--batch", given="".join(f"{one}\n" for one, _ in wanted)))
        for _, name in wanted:
            _, _, size = answer.readline().split()
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(answer.read(int(size)))
            answer.read(1)

    def _ask(self, *words: str, given: str = "") -> bytes:
        process = subprocess.Popen(
            [*self._command, *words],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            _restrict(process.pid)
            try:
                left = max(0.0, self._end - time.monotonic())
                answer, _ = process.communicate(given.encode(), timeout=left)
            except BaseException as error:
                process.kill()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise _NoAnswer from None
                raise
        if process.returncode:
            raise _NoAnswer
        return answer

    def settings(self, config: Path) -> list[tuple[str, str]]:
        """Return the settings in a configuration file, with names in lower case. Included files are not read."""
        listed = self.ask("config", "--file", str(config), "--no-includes", "--null", "--list")
        pairs = [entry.partition("\n") for entry in listed.split("\0") if entry]
        return [(name.lower(), value if separator else "true") for name, separator, value in pairs]

    def tracks(self, files: Iterable[str]) -> bool:
        """Whether all files, given by their paths from the root, are tracked."""
        try:
            self.ask("ls-files", "--error-unmatch", "--", *files)
        except _NoAnswer:
            return False
        return True


class _NoAnswer(Exception):
    """Git cannot answer, or does not need to."""


def _configure(folder: Path, settings: Iterable[tuple[str, str]]) -> None:
    """Write the configuration of the temporary folder."""
    lines = ["[core]\n\trepositoryformatversion = 1\n\tbare = false\n"]
    for name, value in settings:
        section, _, key = name.partition(".")
        if re.fullmatch(r"\w+", value):
            lines.append(f"[{section}]\n\t{key} = {value}\n")
    (folder / "config").write_text("".join(lines))


def _restrict(process: int) -> None:
    """Limit the memory that a process can allocate, if the platform supports this from outside."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        resource.prlimit(process, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def _line(file: Path) -> str:
    """Return the single line of a file of git; empty if it is not a plain file."""
    if not file.is_file():
        return ""
    with suppress(OSError), file.open(encoding="utf-8", errors="surrogateescape") as text:
        return text.read(4096).strip()
    return ""
