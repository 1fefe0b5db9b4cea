"""A table in a local file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import missing
from mlbuild.data.locators.variables import expand
from mlbuild.diagnostics import Rejected
from mlbuild.engine.decide.files import LocalFile, name_in
from mlbuild.frozen import frozen
from mlbuild.params import Text, field


@frozen
class File(Locator):
    """A local file."""

    path: str = field(Text(), "Path of the file, relative to the folder of the spec.")

    @property
    def name(self) -> str:
        return self.path

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        at = ("path",)
        try:
            path = expand(self.path, environment)
        except Rejected as rejected:
            problems = tuple(problem.under(*at) for problem in rejected.problems)
            return Located(self.path, {}, os.path.normpath(root / self.path), problems=problems)
        file = root / path.text
        # Messages and caches must not contain the values of variables, but defaults are part of the spec.
        default = path.names and not any(environment.get(name) for name in path.names)
        shown = path.text if default else self.path
        problem = missing(file, shown, at, "the folder of the spec")
        called = self.path if path.names else name_in(root, file.absolute())
        return Located(
            called=self.path,
            externals={FILE: LocalFile(file.absolute(), called, bool(path.names))},
            place=os.path.normpath(file),
            variables=path.names,
            sample=file,
            problems=(problem,) if problem else (),
        )
