"""The base class of locators: where a table is, and what can be known about it without reading it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from mlbuild.data.locators.remote import Remote
from mlbuild.diagnostics import Problem
from mlbuild.engine.decide.external import External
from mlbuild.frozen import frozen
from mlbuild.params import Described


@frozen
class Located:
    """A table that was located.

    `called` is its name in the spec. `externals` are what a build reads, by slot. `place` identifies the table: the
    same place is the same table. `variables` are the environment variables that it depends on. `sample` is a local
    file with its header, if there is one, and `looked_at` are all local files and folders that were looked at.
    `remote` is what has to be fetched before it can be read; then there are no externals. `key` is the key of the
    source that says where the table is. `partitions` are the columns that are in the paths of several files; None for one file. `problems` say why the
    table cannot be read, each with the path inside the source.
    """

    called: str
    externals: Mapping[str, External]
    place: str
    variables: tuple[str, ...] = ()
    sample: Path | None = None
    looked_at: tuple[Path, ...] = ()
    partitions: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    remote: Remote | None = None
    key: str = "path"


@frozen
class Locator(Described):
    """The location of a table. The fields are keys of a source.

    The `type` of a source starts with the `scheme` of its locator, as in `SCHEME.csv`. Only files have none.
    """

    scheme: ClassVar[str] = ""
    #: Whether its tables have only one format, which mlbuild chooses.
    only: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name of the file with the table; empty if it does not say anything about the format."""
        return ""

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        """Locate the table, relative to the folder of the spec, without reading it."""
        raise NotImplementedError
