"""Small packages in one text, whose lines say whether an edit of them changes the version.

    -- task.py
    from brew.tables import load
    def run(job):
        return load(1)  #+
    -- tables.py
    def load(x):
        return x  #+
    UNUSED = 1  #-

`#+` means that another number or word in the line changes the version of `task.run`, `#-` that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from mlbuild.engine.code.policy import Policy
from mlbuild.engine.code.versions import Code
from mlbuild.frozen import frozen
from tests.engine.memory import memory_store

TOP = "brew"


@frozen
class Edit:
    """A changed line: its place, the resulting package, and whether the version must change."""

    place: str
    files: Mapping[str, str]
    counts: bool


def files_of(text: str) -> dict[str, str]:
    """Return the files of a package by path. There is always an `__init__.py` at the top."""
    head, *parts = re.split(r"^-- (.*)\n", dedent(text), flags=re.MULTILINE)
    assert not head.strip(), "a text begins with the name of a file"
    return {"__init__.py": ""} | dict(zip(parts[::2], parts[1::2], strict=True))


def edits(text: str) -> Iterator[Edit]:
    """Yield each marked line changed by itself."""
    files = files_of(text)
    for name, content in files.items():
        lines = content.split("\n")
        for number, line in enumerate(lines):
            if mark := re.search(r"#([+-])", line):
                code, rest = line[: mark.start()], line[mark.start() :]
                other = re.sub(r"\bone\b", "two", code)
                other = re.sub(r"\b1\b", "2", code) if other == code else other
                assert other != code, f"nothing to change in {line!r}"
                changed = "\n".join([*lines[:number], other + rest, *lines[number + 1 :]])
                yield Edit(f"{name}: {line.strip()}", {**files, name: changed}, mark[1] == "+")


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = folder / TOP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        for package in path.parents:
            if package == folder:
                break
            (package / "__init__.py").touch()


def named(name: str) -> Any:
    """Return a stand-in for the function or class `module:name`, which need not be loaded."""
    module, _, path = name.partition(":")
    return type(path, (), {"__module__": module, "__qualname__": path})


def definitions(
    folder: Path, uses: Sequence[str] = (), policy: Policy | None = None, start: str = f"{TOP}.task:run"
) -> Mapping[str, str]:
    """Return the definitions that determine the result of a function that gets objects of some classes."""
    code = Code(memory_store(folder).local, policy)
    found = code.definitions(code.version(named(start), map(named, uses)))
    assert found is not None
    return found
