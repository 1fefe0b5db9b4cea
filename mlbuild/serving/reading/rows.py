"""The rows of a request, whatever its form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus

from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean
from mlbuild.serving.model import Model, Values
from mlbuild.serving.refused import Refused
from mlbuild.shown import LONGEST, shown


@frozen(eq=False)
class Rows:
    """Rows for a model: their number, and the values of each of its columns, as the artifact has them."""

    count: int
    columns: Sequence[Values]


def check_count(rows: int, most: int) -> None:
    """Check the number of rows of a request.

    Raises:
        Refused: There are more than `most`.
    """
    if rows > most:
        message = f"the request has {rows} rows, but at most {most} are allowed"
        raise Refused(message, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def check_names(names: Iterable[str], model: Model, row: int | None = None, *, what: str = "column") -> None:
    """Check that the columns of a request, or of one of its rows, are those of the model. Messages call them `what`.

    Raises:
        Refused: One is unknown, missing, or there twice.
    """
    where = "" if row is None else f" of row {row}"
    seen: set[str] = set()
    for name in names:
        if name not in model.places:
            near = did_you_mean(name, model.names) if len(name) <= LONGEST else None
            message = f"unknown {what} '{shown(name)}'{where}" + (f": {near}" if near else "")
            raise Refused(message, row=row, column=name, rule="unknown")
        if name in seen:
            raise Refused(f"{what} '{name}' is there twice", row=row, column=name, rule="duplicate")
        seen.add(name)
    for column in model.columns:
        if column.name not in seen:
            hint = ": send null if its value is not known" if column.nullable else ""
            message = f"{what} '{column.name}'{where} is missing{hint}"
            raise Refused(message, row=row, column=column.name, rule="missing")
