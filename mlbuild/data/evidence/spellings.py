"""Recognizes dates and numbers that are written in a form that mlbuild does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_FORMS = {
    "dates that are not written like 2013-10-01": (
        r"^[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}([ T]+[0-9]{1,2}:[0-9]{2}.*)?$"
        r"|^[A-Za-z]{3,9}[ .-]+([0-9]{1,2},?[ -])?[0-9]{4}$"
        r"|^[0-9]{1,2}[. -]+[A-Za-z]{3,9}[ -][0-9]{2,4}$"
        r"|^[0-9]{4}[ -]?[QqWw][0-9]{1,2}$"
    ),
    "times of day": r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm])?$",
    "numbers that are not written like 1234.5": r"^[$€£(+-]*[0-9][0-9.,' ]*[%€$£)]*$",
}


def unread_form(texts: pl.Series) -> str | None:
    """Describe what all of the texts look like, if conversion does not support it.

    Digits alone are codes, such as postcodes.
    """
    values = texts.drop_nulls()
    if values.is_empty() or values.str.contains("^[0-9]+$").all():
        return None
    return next((what for what, form in _FORMS.items() if values.str.contains(form).all()), None)
