"""Examples in a file: rows of inputs, with columns that say what the model must answer.

The columns are read by name, and as the inputs of the artifact are typed: nothing is guessed from the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.columns import text_of
from mlbuild.data.faults import Fault, faulty
from mlbuild.data.formats.format import Format
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.kinds import Json
from mlbuild.verdicts.tests.expect import Example
from mlbuild.verdicts.tests.expected import Expected, Range

if TYPE_CHECKING:
    import polars as pl

#: What the names of columns with expectations begin with: `expect.label`, `expect.value.min`.
EXPECT = "expect."
_ENDS = ("min", "max")


@frozen
class Given:
    """An input of the model: how its column is read, and whether it can be missing."""

    parsing: Parsing
    nullable: bool


def read_cases(
    file: Path, called: str, form: Format, given: Mapping[str, Given], outputs: Sequence[Json]
) -> tuple[Example, ...]:
    """Return the examples in a file. `given` are the inputs, and `outputs` those of `contract.json`.

    Raises:
        Failed: Of kind `data`: the file cannot be read, a column has no meaning, or a row lacks something.
    """
    form = form.for_file(file.name)
    wanted = dict(_expectations(outputs))
    header = form.header(file)
    _check_names(header, called, given, wanted)
    needed = {name: one for name, one in given.items() if name in header or not one.nullable}
    columns = {name: one.parsing for name, one in needed.items()}
    columns |= {name: type_ for name, type_ in wanted.items() if name in header}
    rows, faults = form.read(file, columns)
    faults += _missing(rows, [name for name, one in needed.items() if not one.nullable], faults)
    if faults:
        raise faulty(f"the rows of '{called}' do not fit the inputs of the model", faults)
    if not rows.height:
        raise data_failure(f"'{called}' has no rows")
    return tuple(
        _example(row, needed, called, number) for number, row in enumerate(rows.iter_rows(named=True), 1)
    )


def _expectations(outputs: Sequence[Json]) -> Iterator[tuple[str, Parsing]]:
    """Yield the columns that can say what to expect of a model, and how they are read."""
    number = Parsing(dtype="float")
    values = next((one for one in outputs if one.get("dtype") and one["type"] != "double"), None)
    classes = next((one["classes"] for one in outputs if "classes" in one), ())
    if not classes:
        yield from ((f"{EXPECT}value.{end}", number) for end in _ENDS)
        return
    yield f"{EXPECT}label", Parsing(dtype=values["dtype"] if values else "string")
    if len(classes) == 2:
        yield from ((f"{EXPECT}probability.{end}", number) for end in _ENDS)
    for one in classes:
        yield from ((f"{EXPECT}probabilities.{text_of(one)}.{end}", number) for end in _ENDS)


def _check_names(
    header: Sequence[str], called: str, given: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    """Check that each column has one meaning, and that something is expected.

    Raises:
        Failed: It is not so.
    """
    both = sorted({*given} & {*wanted})
    if both:
        raise data_failure(
            f"'{both[0]}' is an input of the artifact and an expectation; write the rows into the spec"
        )
    for name in header:
        if name not in given and name not in wanted:
            what = (
                "what can be expected of this model"
                if name.startswith(EXPECT)
                else "an input of the artifact"
            )
            known = [*wanted] if name.startswith(EXPECT) else [*given]
            near = did_you_mean(name, known) or f"known: {listed(known)}"
            raise data_failure(f"column '{name}' of '{called}' is not {what}; {near}")
    if not set(header) & {*wanted}:
        raise data_failure(f"'{called}' expects nothing; it needs a column such as '{next(iter(wanted))}'")


def _missing(rows: pl.DataFrame, names: Sequence[str], faults: Sequence[Fault]) -> list[Fault]:
    """Return which columns lack values that they need, apart from those that are faulty anyway."""
    known = {name for fault in faults for name in fault.columns}
    found = [(name, rows[name].is_null().arg_true().to_list()) for name in names if name not in known]
    return [Fault.of([name], "not null", bad, rows) for name, bad in found if bad]


def _example(row: Mapping[str, Any], given: Mapping[str, Any], called: str, number: int) -> Example:
    """Return the example of a row.

    Raises:
        Failed: It expects nothing, or something that contradicts itself.
    """
    label = row.get(f"{EXPECT}label")
    ranges: dict[str, dict[str, float]] = {}
    for name, value in row.items():
        if name.startswith(EXPECT) and name not in given and name != f"{EXPECT}label" and value is not None:
            about, _, end = name.removeprefix(EXPECT).rpartition(".")
            ranges.setdefault(about, {})[end] = value
    for about, ends in ranges.items():
        if ends.get("min", -float("inf")) > ends.get("max", float("inf")):
            raise data_failure(f"row {number} of '{called}' has a minimum of {about} above the maximum")
    if label is None and not ranges:
        raise data_failure(f"row {number} of '{called}' expects nothing")
    known = {about: Range(**ends) for about, ends in ranges.items()}
    several = {about.removeprefix("probabilities."): one for about, one in known.items() if "." in about}
    expected = Expected(
        label=label,
        probability=known.get("probability"),
        probabilities=several or None,
        value=known.get("value"),
    )
    return Example(given={name: _plain(row[name]) for name in given}, expect=expected)


def _plain(value: Any) -> Any:
    """Return a value as a spec would hold it: a date or a time is a text, and NaN is missing."""
    if value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
