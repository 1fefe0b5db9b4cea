"""Generates documentation from the code: the reference pages, and the marked sections of other pages."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlbuild.cli.commands import VERBS
from mlbuild.cli.main import _module, _parser
from mlbuild.columns import DTYPES
from mlbuild.data.contracts import COLUMN, CONTRACT
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format
from mlbuild.data.locators.delta import Delta
from mlbuild.data.locators.file import File
from mlbuild.data.locators.iceberg import Iceberg
from mlbuild.data.locators.sql import Sql
from mlbuild.data.readings.reading import Reading
from mlbuild.data.slices import Slice
from mlbuild.data.sources import Source
from mlbuild.lowering.value import ELEMENTS
from mlbuild.params import params_of
from mlbuild.selection import GROUPS
from mlbuild.spec.language import TARGET, Dataset, Model, Stopping
from mlbuild.spec.root import Root
from mlbuild.spec.shipping import Importance, Output, Verify
from mlbuild.spec.trials import Choose, Matrix
from mlbuild.spec.warnings import Warnings
from mlbuild.verdicts.tests.expected import Expected, Range
from tests.docs.keys import code, keys_of
from tests.docs.markdown import DOCS, filled, pages, table
from tests.docs.reference import reference

COMMAND = "python -m tests.docs"
_DESCRIBED = {
    cls.__name__.lower(): cls
    for cls in (
        Root,
        File,
        Sql,
        Delta,
        Iceberg,
        Source,
        Format,
        Reading,
        CONTRACT,
        COLUMN,
        Dataset,
        Model,
        Slice,
        TARGET.cls,
        Stopping,
        Matrix,
        Choose,
        Output,
        Verify,
        Importance,
        Expected,
        Range,
        Warnings,
    )
}


def generated() -> dict[Path, str]:
    """The text that each page should have, by file."""
    written = reference()
    others = (page for page in pages() if page not in written)
    return written | {page: filled(page.read_text(encoding="utf-8"), _content) for page in others}


def _content(name: str) -> str:
    """The content of a section: `keys CLASS`, `dtypes`, `groups`, `formats`, `commands`, `options`, `inputs`, `exits` or `help COMMAND`."""
    what, _, of = name.partition(" ")
    if what == "keys":
        return keys_of(_DESCRIBED[of], _links() if of == "root" else None)
    if what == "help":
        return _help(of)
    if what == "options":
        return _arguments(_shared())
    if what == "inputs":
        return _inputs()
    if what == "formats":
        return table(
            ["type", "suffixes"], [[code(one.type), ", ".join(map(code, one.suffixes))] for one in FORMATS]
        )
    rows: Mapping[str, str] = {
        "dtypes": DTYPES,
        "groups": GROUPS,
        "commands": VERBS,
        "exits": _exits(),
    }[what]
    return table([what.removesuffix("s"), ""], [[code(key), text] for key, text in rows.items()])


def _exits() -> dict[str, str]:
    """The exit codes in the help of the command."""
    told = " ".join(str(_parser(None).epilog).split("\n")[1:])
    return dict(one.split(" ", 1) for one in re.split(r", (?=\d)", " ".join(told.split())))


def _inputs() -> str:
    """A table of how the artifact represents a column of each dtype."""
    held = {"double": "number", "int64": "microseconds since 1970", "string": "string"}
    missing = {"double": "NaN", "int64": "-9223372036854775808", "string": "the empty string"}
    rows = [
        [code(dtype), element, held[element], missing[element]]
        for dtype in DTYPES
        if (element := ELEMENTS[dtype])
    ]
    return table(["dtype", "type", "value", "missing"], rows)


def _links() -> dict[str, str]:
    """The page of each top-level key; short ones share a page."""
    own = {key: DOCS / "spec" / f"{key}.md" for key in params_of(Root)}
    return {key: f"spec/{page.name if page.exists() else 'project.md'}" for key, page in own.items()}


def _help(verb: str) -> str:
    """The description and options of a command, without the options that all commands share."""
    text = VERBS[verb]
    command = argparse.ArgumentParser(add_help=False, description=text[0].upper() + text[1:] + ".")
    _module(verb).add_arguments(command)
    arguments = [*_own(command)]
    options = _arguments(arguments) if arguments else "It has no other options.\n"
    return f"{command.description}\n\n{options}"


def _shared() -> list[argparse.Action]:
    return [*_own(_parser(None))]


def _own(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            yield action


def _arguments(actions: list[argparse.Action]) -> str:
    return table(["argument", "description"], [[_called(action), action.help or ""] for action in actions])


def _called(action: argparse.Action) -> str:
    value = ""
    if action.nargs != 0:
        value = str(action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper())
    names = [*action.option_strings] or [value + (" ..." if action.nargs in ("*", "+") else "")]
    shown = ", ".join(code(name) for name in names)
    return shown + (f" {code(value)}" if value and action.option_strings else "")
