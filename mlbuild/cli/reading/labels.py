"""Reads the labels of requests: what really happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.cli.exits import DATA, Stopped, UsageError
from mlbuild.cli.reading.row_files import readable
from mlbuild.data.faults import failure_lines, faulty, without_values
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed
from mlbuild.monitoring.performance import ID, LABEL, ROW
from mlbuild.shown import shown
from mlbuild.spec.spec import TargetSpec

if TYPE_CHECKING:
    import polars as pl


def read_labels(file: Path, id_column: str, target: TargetSpec, *, samples: bool) -> pl.DataFrame:
    """Read the columns `id`, `happened` and, if the file has it, `row`. With `samples`, messages may quote values.

    Raises:
        Stopped: They cannot be read, a row has two labels, or the ids are the labels.
    """
    import polars as pl

    form = readable(file)().for_file(file.name)
    if id_column == target.column:
        message = f"'{shown(id_column)}' is the target, so it cannot be the id of a request"
        raise UsageError(message, "name the column with the ids with --id")
    columns = {id_column: Parsing(dtype="string"), target.column: Parsing(dtype=target.type.dtype)}
    try:
        if ROW in form.header(file) and ROW not in columns:
            columns[ROW] = Parsing(dtype="int")
        rows, faults = form.read(file, columns)
        if faults:
            raise faulty(f"'{shown(str(file))}' does not have the labels", faults)
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        raise UsageError(f"cannot read '{shown(str(file))}': {why}") from None
    except Failed as failed:
        failure = failed.failure if samples else without_values(failed.failure)
        raise Stopped(failure.message, code=DATA, lines=failure_lines(failure)) from None
    rows = rows.rename({id_column: ID, target.column: LABEL}).drop_nulls(LABEL)
    twice = rows.filter(pl.struct([one for one in (ID, ROW) if one in rows.columns]).is_duplicated())
    if twice.height:
        which = f", such as '{shown(str(twice[ID][0]))}'" if samples else ""
        raise Stopped(f"'{shown(str(file))}' has several labels for one row{which}", code=DATA)
    return rows
