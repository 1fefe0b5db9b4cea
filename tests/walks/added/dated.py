"""The locator of tables that have one file for each day."""

from __future__ import annotations

from mlbuild.frozen import frozen

from collections.abc import Mapping
from pathlib import Path

from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import missing
from mlbuild.engine.decide.files import LocalFile
from mlbuild.params import Text, field


@frozen
class Dated(Locator):
    """The file of one day in a folder."""

    scheme = "dated"

    folder: str = field(Text(), "Folder with one file for each day.", examples=("days",))
    day: str = field(Text(), "Name of the file without its suffix.", examples=("2013-10-01",))
    suffix: str = field(Text(), "Suffix of the file.", default=".csv")

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        called = f"{self.folder}/{self.day}{self.suffix}"
        file = root / called
        problem = missing(file, called, ("day",), "the folder of the spec")
        return Located(
            called=called,
            externals={FILE: LocalFile(file.absolute(), called, False)},
            place=str(file),
            sample=file,
            problems=(problem,) if problem else (),
        )
