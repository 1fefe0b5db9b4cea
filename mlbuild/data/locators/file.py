"""A table in files: local ones, or one that a server keeps."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.file_set import FileSet
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import missing
from mlbuild.data.locators.patterns import different, is_pattern, partitions, start
from mlbuild.data.locators.remote import Refresh
from mlbuild.data.locators.url import is_url, is_url_pattern, locate_url
from mlbuild.data.locators.url_set import locate_urls
from mlbuild.data.locators.variables import Expanded, expand
from mlbuild.diagnostics import Path as At
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.engine.decide.files import LocalFile, name_in
from mlbuild.frozen import frozen
from mlbuild.params import ListOf, Text, field

_START = "the folder of the spec"
_NEVER_FETCHED = Problem(
    "no-effect", "'refresh' has no effect on local files", ("refresh",), "remove it", on="key"
)


@frozen
class File(Locator):
    """A local file, or the URL of a file; or several that have the same columns."""

    path: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, min_items=1, unique=True),
        "Path of the file, relative to the folder of the spec. With a list of paths or a pattern such as "
        "`days/*.csv`, the table consists of the rows of all these files. They can also be URLs: `https://`, `s3://`, `gs://` or `az://`.",
    )
    refresh: str | None = field(
        Refresh(),
        "When to check again whether files at URLs have changed: `always` (the default), `never`, or after a "
        "duration such as `6h`.",
        default=None,
    )

    @property
    def name(self) -> str:
        return self.path[0]

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        places: list[At] = (
            [("path",)] if len(self.path) == 1 else [("path", i) for i in range(len(self.path))]
        )
        paths: list[Expanded] = []
        problems: list[Problem] = []
        for path, at in zip(self.path, places, strict=True):
            try:
                paths.append(expand(path, environment))
            except Rejected as rejected:
                problems += [problem.under(*at) for problem in rejected.problems]
        if problems:
            return Located(", ".join(self.path), {}, self._place(root, self.path), problems=tuple(problems))
        if any(is_url(path.text) for path in paths):
            refresh = self.refresh or "always"
            if len(paths) == 1 and not is_url_pattern(paths[0].text):
                return locate_url(self.name, paths[0], refresh, environment)
            return locate_urls(self.path, paths, places, refresh, environment)
        problems = [] if self.refresh is None or any(path.names for path in paths) else [_NEVER_FETCHED]
        located = self._local(root, paths, places, environment)
        return replace(located, problems=(*problems, *located.problems)) if problems else located

    def _local(
        self, root: Path, paths: Sequence[Expanded], places: Sequence[At], environment: Mapping[str, str]
    ) -> Located:
        if len(paths) == 1 and not is_pattern(root, paths[0].text):
            return self._one(root, paths[0], environment)
        return self._several(root, paths, places)

    def _one(self, root: Path, path: Expanded, environment: Mapping[str, str]) -> Located:
        file = root / path.text
        # Messages and caches must not contain the values of variables, but defaults are part of the spec.
        default = path.names and not any(environment.get(name) for name in path.names)
        problem = missing(file, path.text if default else self.name, ("path",), _START)
        called = self.name if path.names else name_in(root, file.absolute())
        return Located(
            called=self.name,
            externals={FILE: LocalFile(file.absolute(), called, bool(path.names))},
            place=self._place(root, [path.text]),
            variables=path.names,
            sample=file,
            looked_at=(file,),
            problems=(problem,) if problem else (),
        )

    def _several(self, root: Path, paths: Sequence[Expanded], places: Sequence[At]) -> Located:
        variables = tuple(dict.fromkeys(name for path in paths for name in path.names))
        texts, called = tuple(path.text for path in paths), ", ".join(self.path)
        files = FileSet(texts, called, bool(variables))
        looked_at = [root / start(text) if is_pattern(root, text) else root / text for text in texts]
        found: list[str] = []
        problems: list[Problem] = []
        try:
            matches = files.matches(root)
        except OSError as error:
            reason = (error.strerror or "unknown error").casefold()
            problems.append(Problem("missing-file", f"cannot search for '{called}': {reason}", ("path",)))
            matches = []
        for one, at, path in zip(matches, places, self.path, strict=False):
            looked_at += [root / name for name in (*one.folders, *one.links)]
            if not one.files:
                help_ = f"paths are relative to {_START}"
                problems.append(Problem("missing-file", f"no file matches '{path}'", at, help_))
            problems += self._wrong(root, one.files, found, at, path)
            found += one.files
        known = [partitions(name) for name in found]
        other = next((index for index, some in enumerate(known) if some.keys() != known[0].keys()), None)
        if other is not None and not problems:
            message = different(found[0], known[0], found[other], known[other])
            help_ = "use the same partition folders (NAME=VALUE) for all files"
            problems.append(Problem("contradiction", message, ("path",), help_))
        return Located(
            called=called,
            externals={FILE: files},
            place=self._place(root, texts),
            variables=variables,
            sample=root / found[0] if found else None,
            looked_at=tuple(looked_at),
            partitions=tuple(known[0]) if known else (),
            problems=tuple(problems),
        )

    def _wrong(
        self, root: Path, names: Sequence[str], before: Sequence[str], at: At, path: str
    ) -> Iterator[Problem]:
        """Yield what is wrong with the files of a path. Those `before` are files of other paths."""
        for name in names:
            shown = path if len(names) == 1 and not is_pattern(root, name) and "${" in path else name
            if problem := missing(root / name, shown, at, _START):
                yield problem
        twice = {*names} & {*before}
        if twice:
            yield Problem(
                "duplicate-item", f"'{min(twice)}' is one of the files of an earlier path", at, "remove it"
            )

    def _place(self, root: Path, paths: Sequence[str]) -> str:
        return ", ".join(os.path.normpath(root / path) for path in paths)
