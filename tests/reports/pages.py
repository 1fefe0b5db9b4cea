"""Reads reports as a browser would, as far as the tests need it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mlbuild.engine.decide.records import find_record
from mlbuild.engine.store.store import open_store

#: Elements without an end tag.
_VOID = ("meta",)


class Page(HTMLParser):
    """A page: its elements with their attributes, the values and texts of `<data>`, and all other texts by where they are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[tuple[str, str]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, text: str) -> None:
        if self._open and self._open[-1][0] == "data":
            self.data.append((str(self._open[-1][1]["value"]), text))
        elif text.strip():
            self.texts.append((tuple(name for name, _ in self._open), text))

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def page_of(output: Path) -> Page:
    """Return the report in the folder of an output."""
    return Page((output / "report.html").read_text(encoding="utf-8"))


def parts_read(project: Path, output: str) -> list[Any]:
    """Return all JSON parts that the report of an output was made from."""
    store = open_store(project)
    record = find_record(store.local, f"report:{output}")
    assert record is not None
    found = []
    for inputs in record.ingredients.inputs.values():
        for _, digest in inputs:
            content = store.contents.get(str(digest))
            assert content is not None
            found.append(json.loads(content))
    return found


def numbers(content: Any) -> Iterator[float]:
    """Yield all numbers in a JSON value."""
    if isinstance(content, (dict, list)):
        for one in content.values() if isinstance(content, dict) else content:
            yield from numbers(one)
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        yield content


def texts(content: Any) -> Iterator[str]:
    """Yield all texts in a JSON value, also keys."""
    if isinstance(content, dict):
        yield from content
        content = [*content.values()]
    if isinstance(content, list):
        for one in content:
            yield from texts(one)
    elif isinstance(content, str):
        yield content
