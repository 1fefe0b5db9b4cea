"""Runs git on the repository of a project, without letting it run programs that the repository names.

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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mlbuild.frozen import frozen
from mlbuild.regular import real

#: Seconds for all questions together. A record can do without the answers.
PATIENCE = 5.0
#: The bytes that git may allocate: a forged repository must not exhaust the memory.
_MEMORY = 1 << 30
#: The most files of a revision that are read.
_MOST = 2000

#: Variables with which users configure git. The others could point git to another repository.
_USERS = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}


@frozen
class Repository:
    """A repository: the folder of its files, the git directory of this folder, and the common git directory."""

    tree: Path
    own: Path
    common: Path

    @staticmethod
    def around(folder: Path) -> Repository | None:
        """Return the repository that contains a folder.

        Bare repositories are ignored, because a clone can contain such folders.
        """
        for tree in (folder, *folder.parents):
            place = tree / ".git"
            own = place if place.is_dir() else tree / _line(place).removeprefix("gitdir: ")
            common = own / _line(own / "commondir")
            if own != tree and _line(own / "HEAD") and (common / "objects").is_dir():
                return Repository(tree, own, common)
        return None

    def configs(self) -> list[Path]:
        """Return the configuration files, with the most specific one last."""
        return [file for file in (self.common / "config", self.own / "config.worktree") if file.is_file()]

    def here(self, name: str, value: str) -> bool:
        """Whether a setting only says where the files are, as in every submodule."""
        return name == "core.worktree" and real(self.own / value) == self.tree

    def link(self, folder: Path) -> None:
        """Make a folder the same repository, without its configuration, hooks and attributes."""
        configure(folder, [])
        (folder / "HEAD").write_text(_line(self.own / "HEAD") + "\n")
        shared = [self.common / name for name in ("objects", "refs", "packed-refs", "reftable", "shallow")]
        particular = [self.own / "index", *self.own.glob("sharedindex.*")]
        for place in (*shared, *particular):
            if place.is_dir() or place.is_file():
                base = self.common if place in shared else self.own
                (folder / place.relative_to(base)).symlink_to(place)


class Git:
    """Runs git on a repository, with one time limit for all commands."""

    def __init__(self, folder: Path, tree: Path, root: Path, patience: float = PATIENCE) -> None:
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
        self._end = time.monotonic() + patience

    def ask(self, *words: str, index: Path | None = None) -> str:
        """Return what git prints. `index` is used instead of the index of the repository.

        Raises:
            NoAnswer: It fails, or takes too long.
        """
        more = {"GIT_INDEX_FILE": str(index)} if index else {}
        return self._ask(*words, more=more).decode("utf-8", "surrogateescape")

    def write(self, revision: str, folder: Path, suffixes: tuple[str, ...]) -> None:
        """Write the regular files of a revision whose names end like this into a folder.

        Raises:
            NoAnswer: There is no such revision, or it has more than `_MOST` such files.
            OSError: A file cannot be written.
        """
        commit = self.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
        listed = self.ask("ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
        entries = [entry.partition("\t") for entry in listed if entry.startswith("100")]
        wanted = [(about.split()[2], name) for about, _, name in entries if name.endswith(suffixes)]
        # A forged tree can have any names.
        wanted = [(one, name) for one, name in wanted if ".." not in Path(name).parts]
        if len(wanted) > _MOST or any(Path(name).is_absolute() for _, name in wanted):
            raise NoAnswer
        answer = io.BytesIO(self._ask("cat-file", "--batch", given="".join(f"{one}\n" for one, _ in wanted)))
        for _, name in wanted:
            _, _, size = answer.readline().split()
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(answer.read(int(size)))
            answer.read(1)

    def _ask(self, *words: str, given: str = "", more: Mapping[str, str] | None = None) -> bytes:
        process = subprocess.Popen(
            [*self._command, *words],
            env={**self._environment, **(more or {})},
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
                    raise NoAnswer from None
                raise
        if process.returncode:
            raise NoAnswer
        return answer

    def settings(self, config: Path) -> list[tuple[str, str]]:
        """Return the settings in a configuration file, with names in lower case. Included files are not read."""
        listed = self.ask("config", "--file", str(config), "--no-includes", "--null", "--list")
        pairs = [entry.partition("\n") for entry in listed.split("\0") if entry]
        return [(name.casefold(), value if separator else "true") for name, separator, value in pairs]

    def tracks(self, files: Iterable[str]) -> bool:
        """Whether all files, given by their paths from the root, are tracked."""
        try:
            self.ask("ls-files", "--error-unmatch", "--", *files)
        except NoAnswer:
            return False
        return True


class NoAnswer(Exception):
    """Git cannot answer, or does not need to."""


def configure(folder: Path, settings: Iterable[tuple[str, str]]) -> None:
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


@contextmanager
def opened(folder: Path, patience: float = PATIENCE) -> Iterator[tuple[Git, Repository, Path] | None]:
    """Run git on the repository around a folder: yield it with a temporary folder that is its git directory, or None."""
    repository = Repository.around(real(folder))
    with TemporaryDirectory() as own:
        if repository is None:
            yield None
            return
        repository.link(Path(own))
        yield Git(Path(own), repository.tree, real(folder), patience), repository, Path(own)
