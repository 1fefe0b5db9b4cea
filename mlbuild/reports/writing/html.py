"""Builds HTML from elements. Texts are escaped unless they are `Html`, so no text can become markup."""

from __future__ import annotations

from html import escape

from mlbuild.shown import visible

#: Elements that have no content.
_VOID = ("meta", "link", "br", "hr")


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def html(*children: str) -> Html:
    """Return children one after the other: HTML as it is, and text escaped."""
    return Html("".join(one if isinstance(one, Html) else escape(visible(one)) for one in children))


def tag(element: str, /, *children: str, **attributes: str | int | float | bool | None) -> Html:
    """Return an element. The name of an attribute can end with `_`, and other `_` stand for `-`.

    Attributes that are None or false are left out; those that are true have no value.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_attribute(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(
        f"<{element}{written}>" if element in _VOID else f"<{element}{written}>{html(*children)}</{element}>"
    )


def _attribute(value: str | int | float) -> str:
    return escape(visible(value)) if isinstance(value, str) else str(value)


def lines(text: str) -> Html:
    """Return a text in which lines matter."""
    return Html("\n".join(html(line) for line in text.split("\n")))
