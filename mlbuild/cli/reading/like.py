"""How commands read a data file: like a source, such as one that a model was trained on, or as options say."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlbuild.cli.exits import UsageError
from mlbuild.cli.project import DEFAULT, check_file, load_spec
from mlbuild.cli.reading.names import unknown
from mlbuild.cli.reading.row_files import options_of, readable
from mlbuild.data.formats.format import Format
from mlbuild.diagnostics import Failed
from mlbuild.hints import listed
from mlbuild.params import params_of, read, write
from mlbuild.regular import is_regular, real
from mlbuild.shown import shown
from mlbuild.spec.spec import SourceSpec, Spec
from mlbuild.spec.text.quoting import as_yaml


def way_of_reading(
    args: argparse.Namespace, model: Path, rows: Path, inputs: Collection[str]
) -> tuple[Format, SourceSpec | None]:
    """Return the format and options for reading a file, and the source that they come from, if there is one.

    `--like` names the source, and options change how it is read. Without both, use the source of the model with
    whose options the file has the columns `inputs`.

    Raises:
        UsageError: There is no such source, several ones fit, or an option is for another format.
        BadSpec: `--like` names a source of a spec with errors.
    """
    if args.like is not None:
        args.file = args.file or _spec_near(model)
        source = source_named(load_spec(args, warned=False), args.like)
        form = form_like(source, rows)
        return read(type(form), write(form) | options_of(args, type(form))), source
    kind = readable(rows)
    given = options_of(args, kind)
    if given or not params_of(kind):
        return read(kind, given).for_file(rows.name), None
    fitting = [one for one in _trained_on(args, model) if _fits(one, kind, rows, inputs)]
    forms = [one.source.format for one in fitting]
    if any(form != forms[0] for form in forms):
        different = [one for index, one in enumerate(fitting) if forms.index(forms[index]) == index]
        names = listed(f"'{shown(one.name)}'" for one in different)
        message = f"'{shown(rows.name)}' matches several sources with different options: {names}"
        raise UsageError(message, help="choose one with --like")
    return (forms[0], fitting[0]) if fitting else (kind().for_file(rows.name), None)


def source_like(args: argparse.Namespace, model: Path, inputs: Collection[str]) -> SourceSpec | None:
    """Return the source of the model of which `args.rows` is a file, if it does not have the columns `inputs`.

    Such a file has all columns of the source whose values are known at prediction time.
    """
    rows = Path(args.rows)
    if args.like is not None or not is_regular(rows):
        return None
    kind = readable(rows)
    if options_of(args, kind):
        return None
    for one in _trained_on(args, model):
        known = [name for name, column in one.contract.columns.items() if column.serving]
        if known and _fits(one, kind, rows, known) and not _fits(one, kind, rows, inputs):
            return one
    return None


def source_named(spec: Spec, name: str) -> SourceSpec:
    """Return the source that `--like` names.

    Raises:
        UsageError: There is none.
    """
    if name not in spec.sources:
        raise unknown("source", name, spec.sources)
    return spec.sources[name]


def form_like(source: SourceSpec, file: Path) -> Format:
    """Return the format and options for reading another file like a source.

    Raises:
        UsageError: The source is a table, which has no format of its own, and the file has none either.
    """
    form = source.source.format
    if not source.source.place.only:
        return form
    return replace(readable(file)(), ways=form.ways).for_file(file.name)


def _trained_on(args: argparse.Namespace, model: Path) -> Iterator[SourceSpec]:
    """Yield the sources of a model, if it is in the folder of a project that has such an output."""
    file = args.file or _spec_near(model)
    spec = check_file(args, Path(file))[0] if file else None
    output = spec.outputs.get(real(model).parent.name) if spec else None
    if spec and output:
        yield from _behind(spec, spec.models[output.model].dataset)


def _behind(spec: Spec, table: str) -> Iterator[SourceSpec]:
    if table in spec.sources:
        yield spec.sources[table]
        return
    dataset = spec.datasets[table]
    for name in dict.fromkeys([dataset.source, *(name for stage in dataset.stages for name in stage.others)]):
        yield from _behind(spec, name)


def _spec_near(model: Path) -> str | None:
    """Return the spec of the project whose `dist/OUTPUT` contains a model; None unless there is exactly one."""
    folders = real(model).parents
    if len(folders) < 3:
        return None
    usual, others = folders[2] / DEFAULT, [*folders[2].glob(f"*.{DEFAULT}")]
    if is_regular(usual):
        return str(usual)
    return str(others[0]) if len(others) == 1 else None


def _fits(source: SourceSpec, kind: type[Format], rows: Path, inputs: Collection[str]) -> bool:
    """Whether a file has the columns when it is read like a source."""
    form = source.source.format
    if type(form) is not kind:
        return False
    try:
        return {form.name_in_file(name) for name in inputs} <= {*form.header(rows)}
    except Failed:
        return False


def plainly(form: Format) -> Format:
    """Return the same format without any options."""
    return type(form)().for_file("")


def options_text(form: Format) -> str:
    """Format the options of a format that are not defaults, as in a spec."""
    params, options, usual = params_of(type(form)), write(form), plainly(form)
    changed = [
        (key, options[key])
        for key, param in params.items()
        if vars(form)[param.name] != vars(usual)[param.name]
    ]
    return ", ".join(f"{key} {_flow(value)}" for key, value in changed)


def _flow(value: Any) -> str:
    value = [*value] if isinstance(value, dict) else value  # the names of columns say enough
    return f"[{', '.join(map(as_yaml, value))}]" if isinstance(value, list) else as_yaml(value)
