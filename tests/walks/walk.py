"""One walk: the files and lines that it adds to the package, and what a project does with them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from mlbuild.frozen import frozen

ADDED = Path(__file__).parent / "added"


@frozen
class Entry:
    """A line of a catalogue: an item at the end of the tuple, dict or `Catalogue` `name`, and the import it needs.

    For a dict with tuples as values, `key` names the one that gets the item.
    """

    file: str
    name: str
    item: str
    needs: str = ""
    key: str = ""

    def applied(self, text: str) -> str:
        value = self._value(ast.parse(text))
        last = value.values[-1] if isinstance(value, ast.Dict) else value.elts[-1]
        assert last.end_lineno is not None and last.end_col_offset is not None
        lines = text.splitlines(keepends=True)
        line, column = (
            last.end_lineno - 1,
            len(lines[last.end_lineno - 1].encode()[: last.end_col_offset].decode()),
        )
        lines[line] = f"{lines[line][:column]}, {self.item}{lines[line][column:]}"
        return _with_import("".join(lines), self.needs)

    def _value(self, tree: ast.Module) -> ast.Tuple | ast.Dict:
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(one, ast.Name) and one.id == self.name for one in targets):
                value = getattr(node, "value", None)
                if isinstance(value, ast.Call):
                    value = value.args[0]
                if self.key and isinstance(value, ast.Dict):
                    keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
                    value = value.values[keys.index(self.key)]
                assert isinstance(value, (ast.Tuple, ast.Dict)), self
                return value
        raise AssertionError(f"{self.file} does not define {self.name}")


@frozen
class Edit:
    """Lines after the only place in a file that contains `anchor`, or `instead` of it, and the import they need."""

    file: str
    anchor: str
    lines: str = ""
    instead: str = ""
    needs: str = ""

    def applied(self, text: str) -> str:
        assert text.count(self.anchor) == 1, (
            f"{self.file} has '{self.anchor}' {text.count(self.anchor)} times"
        )
        return _with_import(
            text.replace(self.anchor, self.instead or f"{self.anchor}{self.lines}"), self.needs
        )


def _with_import(text: str, needs: str) -> str:
    """Insert an import before the first one from the package."""
    at = text.index("from mlbuild.") if needs else 0
    return f"{text[:at]}{needs}\n{text[at:]}" if needs else text


@frozen
class Walk:
    """A walk of the page.

    `files` maps new files of the package to files in `added/`. `at_once` are the tasks that run because of the walk
    alone, in a project that does not use what it adds. `settings` turn that project into one that does, by path of
    the spec; then the tasks `then` run, and those in `onward` with all that depend on them, in a copy with all walks. `shows` is text that `check` reports about the changed project, `schema` a
    text in the JSON Schema, and `makes` are files that the build writes. `laws` are the beginnings of the names of
    tests. The walks `after` come first.
    """

    title: str
    changes: Sequence[Entry | Edit]
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    at_once: frozenset[str] = frozenset()
    then: frozenset[str] = frozenset()
    onward: frozenset[str] = frozenset()
    schema: str = ""
    shows: str = ""
    makes: Sequence[str] = ()
    laws: Sequence[str] = ()
    after: Sequence[str] = ()

    @property
    def touched(self) -> set[str]:
        """The files of the package that the walk adds or changes."""
        return {*self.files, *(change.file for change in self.changes)}

    def apply(self, package: Path) -> None:
        for name, source in self.files.items():
            assert not (package / name).exists(), f"the package already has {name}"
            (package / name).write_text((ADDED / source).read_text(encoding="utf-8"), encoding="utf-8")
        for change in self.changes:
            file = package / change.file
            file.write_text(change.applied(file.read_text(encoding="utf-8")), encoding="utf-8")


def all_of(*kinds: str) -> frozenset[str]:
    """Return the tasks of these kinds of the model and output `one`."""
    return frozenset(f"{kind}:one" for kind in kinds)
