"""Workbooks (xlsx): an archive of XML parts, with the names of the sheets, the texts and the formats of numbers."""

from __future__ import annotations

import io
import posixpath
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from mlbuild.data.formats.expanded import MOST, RATIO
from mlbuild.data.formats.refusals import refusal, refuse_others
from mlbuild.data.formats.sheets.cell import Malformed, Shows, shown_by, unescaped
from mlbuild.hints import did_you_mean, listed
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from zipfile import ZipFile

TYPE = "xlsx"
_BLOCK = 1 << 18
Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


class Enough(Exception):
    """The reader of a part needs no more of it."""


class Workbook:
    """An open workbook."""

    def __init__(self, archive: ZipFile, size: int) -> None:
        self._archive = archive
        #: The bytes that may still be expanded, and the characters that cells may still hold.
        self._left = self.characters = max(MOST, RATIO * size)
        self.from_1904 = False
        #: The parts of the worksheets by name, in the order of the workbook.
        self.sheets: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._read_names()

    def sheet(self, wanted: str | int | None) -> str:
        """Return the name of a sheet, which is given by its name or by its number from 1. None is the first one."""
        names = [*self.sheets]
        if not names:
            raise refusal(TYPE, "the workbook has no sheet with cells")
        if isinstance(wanted, str) and wanted not in self.sheets:
            help_ = did_you_mean(wanted, names) or f"sheets: {listed(names)}"
            raise refusal(TYPE, f"there is no sheet '{wanted}'", help_, unquoted="there is no such sheet")
        if isinstance(wanted, str):
            return wanted
        number = wanted or 1
        if number > len(names):
            count = "1 sheet" if len(names) == 1 else f"{len(names)} sheets"
            raise refusal(TYPE, f"there is no sheet {number}: the workbook has {count}")
        return names[number - 1]

    def parse(self, part: str, start: Start, end: End, text: Callable[[str], None] | None = None) -> None:
        """Read a part, and call functions with the names of its elements, without their namespaces.

        Raises:
            Failed: Of kind `data`: it is damaged, or expands to too much.
        """
        parser, short = expat.ParserCreate(namespace_separator=" "), dict[str, str]()

        def local(name: str) -> str:
            return short.get(name) or short.setdefault(name, name.rpartition(" ")[2])

        def refuse(*_: object) -> None:
            raise Malformed("a part of it defines entities")

        parser.StartElementHandler = lambda name, given: start(local(name), given)
        parser.EndElementHandler = lambda name: end(local(name))
        parser.StartDoctypeDeclHandler = refuse
        parser.buffer_text = True
        if text is not None:
            parser.CharacterDataHandler = text
        info = self._archive.getinfo(part)
        self._left -= info.file_size
        if self._left < 0:
            raise refusal(TYPE, "it expands to too much data", "save the table as csv or parquet")
        try:
            with self._archive.open(info) as stream:
                while block := stream.read(_BLOCK):
                    parser.Parse(block, False)
            parser.Parse(b"", True)
        except Enough:
            return

    def texts(self) -> list[str]:
        """Return the texts that cells refer to by their number."""
        part = self._parts.get("sharedStrings")
        if part is None:
            return []
        found: list[str] = []
        pieces: list[str] = []
        inside = {"t": 0, "rPh": 0}

        def start(name: str, _: Mapping[str, str]) -> None:
            if name == "si":
                pieces.clear()
            elif name in inside:
                inside[name] += 1

        def end(name: str) -> None:
            if name == "si":
                found.append(unescaped("".join(pieces)))
            elif name in inside:
                inside[name] -= 1

        def text(piece: str) -> None:
            if inside["t"] and not inside["rPh"]:  # not how a text is pronounced
                pieces.append(piece)

        self.parse(part, start, end, text)
        return found

    def styles(self) -> list[Shows | None]:
        """Return what each style of cells shows, if it is a date or time."""
        part = self._parts.get("styles")
        if part is None:
            return []
        codes: dict[int, str] = {}
        numbers: list[int] = []
        inside: list[str] = []

        def start(name: str, given: Mapping[str, str]) -> None:
            inside.append(name)
            if name == "numFmt":
                codes[int(given["numFmtId"])] = given["formatCode"]
            elif name == "xf" and "cellXfs" in inside:
                numbers.append(int(given.get("numFmtId", "0")))

        self.parse(part, start, lambda name: inside.remove(name))
        return [shown_by(number, codes.get(number)) for number in numbers]

    def _read_names(self) -> None:
        targets = dict(self._relations("_rels/.rels", ""))
        main = next((part for part, kind in targets.values() if kind == "officeDocument"), None)
        if main is None or main not in self._archive.NameToInfo:
            raise Malformed("it is not a workbook")
        folder, name = posixpath.split(main)
        related = dict(self._relations(f"{folder}/_rels/{name}.rels".lstrip("/"), folder))
        self._parts = {kind: part for part, kind in related.values()}

        def start(name: str, given: Mapping[str, str]) -> None:
            if name == "workbookPr":
                self.from_1904 = given.get("date1904") in ("1", "true")
            elif name == "sheet":
                id_ = next((given[key] for key in given if key.endswith(" id")), "")
                part, kind = related.get(id_, ("", ""))
                if kind == "worksheet":
                    self.sheets[given["name"]] = part

        self.parse(main, start, lambda name: None)

    def _relations(self, part: str, folder: str) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the parts that another one refers to, by their id, and what each is."""
        found: list[Mapping[str, str]] = []
        if part in self._archive.NameToInfo:
            self.parse(
                part,
                lambda name, given: found.append(given) if name == "Relationship" else None,
                lambda name: None,
            )
        for one in found:
            if one.get("TargetMode") != "External":
                path = posixpath.normpath(posixpath.join("/", folder, one["Target"])).lstrip("/")
                yield one["Id"], (path, one["Type"].rpartition("/")[2])


@contextmanager
def open_workbook(file: Path) -> Iterator[Workbook]:
    """Open a workbook, and read it inside the context.

    Raises:
        Failed: Of kind `data`: it cannot be read.
    """
    import zipfile

    refuse_others(file, TYPE)
    errors: tuple[type[Exception], ...] = (zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error)
    errors += (EOFError, KeyError, ValueError, OverflowError, NotImplementedError, RuntimeError)
    try:
        with io.BufferedReader(open_regular(file)) as stream:
            size = stream.seek(0, io.SEEK_END)
            if not stream.seek(0) and not stream.peek(1).startswith(b"PK"):
                raise Malformed("it is not an Excel workbook" if size else "it is empty")
            with zipfile.ZipFile(stream) as archive:
                yield Workbook(archive, size)
    except OSError as error:
        raise refusal(TYPE, str(error.strerror or "it is damaged").casefold()) from None
    except Malformed as error:
        raise refusal(TYPE, str(error), unquoted="it is damaged") from None
    except errors as error:
        if str(error) == "File is not a zip file":  # the directory at its end
            raise refusal(TYPE, "it is truncated") from None
        raise refusal(TYPE, f"it is damaged ({_cause(error)})", unquoted="it is damaged") from None


def _cause(error: Any) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
