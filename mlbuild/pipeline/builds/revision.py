"""Finds the git revision of a project, and reads specs of other revisions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import remove
from mlbuild.params import Json
from mlbuild.pipeline.builds.git import Git, NoAnswer, Repository, configure, opened
from mlbuild.regular import real

#: Settings about how files and objects are read, which cannot run anything.
_HARMLESS = frozenset(
    "core.autocrlf core.checkstat core.eol core.filemode core.ignorecase core.precomposeunicode core.symlinks"
    " core.trustctime extensions.objectformat extensions.refstorage".split()
)
#: Settings without which git cannot tell whether a file has changed, and that mlbuild ignores.
_DECISIVE = re.compile(r"filter\.|include\.|includeif\.|core\.(attributesfile|worktree)$")

#: The endings of the names of specs.
_YAML = (".yaml", ".yml")


def checked_out(root: Path, files: Iterable[str], contents: Contents) -> Json | None:
    """Return the revision that is checked out, and whether tracked files differ from it or one of `files` is not
    tracked.

    None outside a repository. `dirty` is None if only programs that the repository names could tell.
    """
    try:
        repository = Repository.around(real(root))
        own = real(contents.scratch()) if repository else None
    except (OSError, Unwritable):
        return None
    if repository is None or own is None:
        return None
    try:
        return _asked(repository, own, real(root), files)
    except (OSError, NoAnswer):
        return None
    finally:
        with suppress(OSError):
            remove(own)


def commit_at(folder: Path, revision: str) -> str | None:
    """Return the full name of the commit that a revision of the repository around a folder means; None if there is none."""
    with suppress(OSError, NoAnswer), opened(folder) as found:
        if found is not None and not revision.startswith("-"):
            return found[0].ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    return None


def specs_at(file: Path, revision: str, path: str | None, folder: Path) -> Path | None:
    """Write all YAML files of a revision into an empty folder, and return the one at `path` there.

    A path starts at the root of the repository, or else in the folder of the spec `file`, which also says which
    repository is asked. Without a path, it is the same spec. None if there is no such repository, revision or file.
    """
    spec = real(file)
    with suppress(OSError, NoAnswer), opened(spec.parent) as found:
        if found is None or revision.startswith("-"):
            return None
        git, repository, _ = found
        git.write(revision, folder, _YAML)
        own = spec.relative_to(repository.tree)
        places = [own] if path is None else [Path(path), own.parent / path]
        return next((folder / place for place in places if (folder / place).is_file()), None)
    return None


def _asked(repository: Repository, own: Path, root: Path, files: Iterable[str]) -> Json:
    repository.link(own)
    git = Git(own, repository.tree, root)
    settings = [
        one for file in repository.configs() for one in git.settings(file) if not repository.here(*one)
    ]
    configure(own, [(name, value) for name, value in settings if name in _HARMLESS])
    revision = git.ask("rev-parse", "--verify", "--quiet", "HEAD").strip()
    dirty = None
    if not any(_DECISIVE.match(name) for name, _ in settings):
        with suppress(NoAnswer):
            # A submodule also has a configuration. For submodules, git compares only which revision is checked out.
            words = ("--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
            dirty = bool(git.ask("status", *words)) or not git.tracks(files)
    return {"revision": revision, "dirty": dirty}
