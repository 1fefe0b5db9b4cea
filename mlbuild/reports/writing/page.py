"""Writes blocks as one HTML page that needs no other file, no script and no network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlbuild.reports.blocks import (
    Badge,
    Block,
    Cell,
    Chart,
    Charts,
    Drawing,
    Folded,
    Interval,
    Name,
    Number,
    Part,
    Picture,
    Share,
    Source,
    Stack,
    Table,
    Words,
    text_of,
)
from mlbuild.reports.writing.html import Html, html, lines, tag
from mlbuild.reports.writing.style import STYLE

#: Nothing may be loaded, not even from the folder of the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
#: A text of a table that is longer than this gets more room.
_LONG = 40
#: A text that is a number or an interval.
_FIGURE = re.compile(r"[-+]?[\d,.]+(e[-+]?\d+)?|\[[^\[\]]*\]")
#: What an identifier in an address should not contain.
_OTHER = re.compile(r"[^a-z0-9]+")


def page(title: str, head: Sequence[Html], parts: Sequence[Part]) -> str:
    """Return a page. `head` comes before the parts."""
    places = _places([part.title for part in parts])
    links = [tag("li", tag("a", name, href=f"#{place}")) for name, place in places.items()]
    sections = [
        tag(
            "section",
            tag("h2", part.title, id=places[part.title]),
            *(_block(block, part.title) for block in part.blocks),
            aria_labelledby=places[part.title],
        )
        for part in parts
    ]
    content = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", Html(STYLE)),
        ),
        Html("\n"),
        tag(
            "body",
            tag("header", tag("h1", title), *head),
            tag("nav", tag("ul", *links), aria_label="Sections"),
            tag("main", *sections),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{content}\n"


def _places(titles: Sequence[str]) -> dict[str, str]:
    """Return an identifier for each title. Titles can contain anything."""
    found: dict[str, str] = {}
    for number, title in enumerate(titles):
        place = _OTHER.sub("-", title.casefold()).strip("-")
        found[title] = f"{place or 'part'}-{number}" if not place or place in found.values() else place
    return found


def _block(block: Block, title: str = "") -> Html:
    """Write a block under a title."""
    match block:
        case Words():
            return words_html(block)
        case Table():
            return _table(block, title)
        case Charts():
            return tag("div", *map(_chart, block.charts), class_="charts")
        case Drawing():
            drawing = tag(
                "div", block.svg, class_="scroll", tabindex=0, role="group", aria_label=block.table.caption
            )
            return tag("figure", drawing, _folded("as a table", [block.table]))
        case Source():
            return tag("pre", tag("code", lines(block.text)), tabindex=0)
        case Folded():
            return _folded(block.summary, block.blocks)
    raise AssertionError(block)


def words_html(block: Words, **attributes: str) -> Html:
    children = [one for cell in block.cells for one in (" ", cell_html(cell))]
    return tag("p", *children[1:], **attributes)


def _folded(summary: str, blocks: Sequence[Block]) -> Html:
    return tag("details", tag("summary", summary), *map(_block, blocks))


def _chart(chart: Chart) -> Html:
    caption = tag("figcaption", chart.title)
    return tag("figure", caption, chart.svg, _folded("as a table", [chart.table]))


def _table(table: Table, title: str) -> Html:
    """Write a table that can be scrolled sideways. Columns without content are left out, and a caption that repeats the title is not seen."""
    kept = [
        place
        for place in range(len(table.head))
        if not table.rows or any(_filled(row[place]) for row in table.rows)
    ]
    right = {place for place in kept if any(isinstance(row[place], (Number, Share)) for row in table.rows)}
    head = [
        tag("th", table.head[place], scope="col", class_="number" if place in right else None)
        if table.head[place]
        else tag("td")
        for place in kept
    ]
    rows = [
        tag("tr", *(_cell(table, number, place, place in right) for place in kept))
        for number in range(len(table.rows))
    ]
    titled = any(table.head[place] for place in kept)
    written = tag(
        "table",
        tag("caption", table.caption, class_="unseen" if table.caption == title else None),
        *([tag("thead", tag("tr", *head))] if titled else []),
        tag("tbody", *rows),
    )
    return tag("div", written, class_="scroll", tabindex=0, role="group", aria_label=table.caption)


def _cell(table: Table, number: int, place: int, right: bool) -> Html:
    cell = table.rows[number][place]
    shade = table.shades[number][place] if table.shades else 0.0
    kinds = {
        "number": right,
        "short": isinstance(cell, (Interval, Name, Picture, Stack))
        or (isinstance(cell, str) and bool(_FIGURE.fullmatch(cell))),
        "wide": not right and isinstance(cell, str) and len(cell) > _LONG,
        "shade": bool(table.shades) and place > 0,
    }
    classes = " ".join(kind for kind, holds in kinds.items() if holds) or None
    style = f"--share:{shade:.2f}" if kinds["shade"] else None
    if place == 0 and not isinstance(cell, Badge):
        return tag("th", cell_html(cell), scope="row", class_=classes)
    return tag("td", cell_html(cell), class_=classes, style=style)


def _filled(cell: Cell) -> bool:
    return isinstance(cell, Picture) or bool(text_of(cell))


def cell_html(cell: Cell) -> Html:
    """Write a cell. Each number has its exact value, which is that of the JSON part."""
    match cell:
        case Number():
            return html(cell.text) if cell.value is None else tag("data", cell.text, value=repr(cell.value))
        case Share():
            return tag("data", cell.text, value=cell.count)
        case Interval():
            return _interval(cell)
        case Badge():
            return tag("span", cell.text, class_=f"badge {cell.tone}")
        case Name():
            return tag("code", cell.text)
        case Picture():
            return cell.svg
        case Stack():
            return html(*(tag("div", cell_html(part)) for part in cell.cells))
        case tuple():
            return html(*[one for part in cell for one in (" ", cell_html(part))][1:])
    return html(cell)


def _interval(cell: Interval) -> Html:
    if cell.ends is None or isinstance(cell.ends, str):
        return html(cell.ends or "")
    low, high = (cell_html(Number(one, cell.signed)) for one in cell.ends)
    return html("[", low, ", ", high, "]")
