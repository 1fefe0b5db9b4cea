"""Lists the commits between two revisions, and writes the files of one into a folder.

The repository is not changed: there is no worktree to remove, and its index and configuration are not used.
"""

from __future__ import annotations

from pathlib import Path

from mlbuild.frozen import frozen
from mlbuild.pipeline.builds.git import Git, NoAnswer, Repository, opened
from mlbuild.regular import real

#: Seconds for writing the files of a commit, which can be large.
_PATIENCE = 600.0
_MARK = "\x1f"


@frozen
class Commit:
    """A commit: its full name, and the first line of its message."""

    name: str
    subject: str


@frozen(eq=False)
class Commits:
    """The commits after an old revision up to a new one, the oldest first; of a merge, only the first parent counts.

    `old` is the old revision itself.
    """

    old: Commit
    after: tuple[Commit, ...]


def commits_between(folder: Path, old: str, new: str) -> Commits | None:
    """Return the commits between two revisions; None if there are no such revisions, or the old one is not an ancestor."""
    if old.startswith("-") or new.startswith("-"):
        return None
    try:
        with opened(folder) as found:
            if found is None:
                return None
            git, _, _ = found
            git.ask("merge-base", "--is-ancestor", f"{old}^{{commit}}", f"{new}^{{commit}}")
            words = ("log", "--first-parent", "--no-show-signature", f"--format=%H{_MARK}%s")
            [first] = _commits(git.ask(*words, "-1", f"{old}^{{commit}}"))
            return Commits(first, tuple(_commits(git.ask(*words, "--reverse", f"{old}..{new}"))))
    except (OSError, NoAnswer):
        return None


def _commits(log: str) -> list[Commit]:
    parts = (line.partition(_MARK) for line in log.split("\n") if line)
    return [Commit(name, subject) for name, _, subject in parts]


def write_commit(folder: Path, commit: str, target: Path) -> Path | None:
    """Write the files of a commit into an empty folder. Return what `folder` is there; None if this is not possible."""
    try:
        with opened(folder, _PATIENCE) as found:
            if found is None:
                return None
            git, repository, own = found
            _write(git, own / "of-commit", commit, target)
            return target / _below(repository, folder)
    except (OSError, NoAnswer):
        return None


def _write(git: Git, index: Path, commit: str, target: Path) -> None:
    git.ask("read-tree", commit, index=index)
    git.ask("checkout-index", "--all", f"--prefix={target}/", index=index)


def _below(repository: Repository, folder: Path) -> Path:
    return real(folder).relative_to(real(repository.tree))
