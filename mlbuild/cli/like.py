"""How `predict` reads a file of rows: like a source that the model was trained on, or as flags say."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mlbuild.cli.exits import UsageError
from mlbuild.cli.project import DEFAULT, check_file, load_spec
from mlbuild.cli.row_files import options_of, readable
from mlbuild.data.formats.format import Format
from mlbuild.diagnostics import Failed
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import params_of, read, write
from mlbuild.regular import is_regular, real
from mlbuild.shown import shown
from mlbuild.spec.spec import SourceSpec, Spec
from mlbuild.spec.text.quoting import as_yaml


def way_of_reading(
    args: argparse.Namespace, model: Path, rows: Path, inputs: Collection[str]
) -> tuple[Format, SourceSpec | None]:
    """The format and options that a file is read with, and the source that they come from, if any.

    `--like` names the source, and flags change its options. Without either it is the source of the model with whose
    options the file has the columns `inputs`.

    Raises:
        UsageError: there is no such source, several ones fit, or a flag is for another format.
        BadSpec: `--like` names a source of a spec with errors.
    """
    if args.like is not None:
        source = _named(args, model)
        form = source.source.format
        return read(type(form), write(form) | options_of(args, type(form))), source
    kind = readable(rows)
    given = options_of(args, kind)
    if given or not params_of(kind):
        return read(kind, given), None
    fitting = [one for one in _trained_on(args, model) if _fits(one, kind, rows, inputs)]
    ways = {one.source.format: one for one in fitting}
    if len(ways) > 1:
        names = listed(f"'{shown(one.name)}'" for one in ways.values())
        message = f"'{shown(rows.name)}' can be read in several ways: like the sources {names}"
        raise UsageError(message, help="name one of them with --like")
    return next(iter(ways.items()), (kind(), None))


def _named(args: argparse.Namespace, model: Path) -> SourceSpec:
    """The source that `--like` names."""
    args.file = args.file or _spec_near(model)
    sources = load_spec(args).sources
    if args.like not in sources:
        near = did_you_mean(args.like, sources) or f"sources: {listed(sources)}"
        raise UsageError(f"there is no source '{shown(args.like)}'", help=near)
    return sources[args.like]


def _trained_on(args: argparse.Namespace, model: Path) -> Iterator[SourceSpec]:
    """The sources behind a model, where it lies in the folder of a project that has such an output."""
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
    """The spec of the project in whose `dist/OUTPUT` a model lies; None where there is none, or not one alone."""
    folders = real(model).parents
    if len(folders) < 3:
        return None
    usual, others = folders[2] / DEFAULT, [*folders[2].glob(f"*.{DEFAULT}")]
    if is_regular(usual):
        return str(usual)
    return str(others[0]) if len(others) == 1 else None


def _fits(source: SourceSpec, kind: type[Format], rows: Path, inputs: Collection[str]) -> bool:
    """Whether a file has the columns, read like a source."""
    form = source.source.format
    if type(form) is not kind:
        return False
    try:
        return {*inputs} <= {*form.header(rows)}
    except Failed:
        return False


def options_text(form: Format) -> str:
    """The options of a format that are not its defaults, as a spec has them."""
    params, options = params_of(type(form)), write(form)
    changed = [
        (key, options[key]) for key, param in params.items() if vars(form)[param.name] != param.default
    ]
    return ", ".join(f"{key} {_flow(value)}" for key, value in changed)


def _flow(value: Any) -> str:
    return f"[{', '.join(map(as_yaml, value))}]" if isinstance(value, list) else as_yaml(value)
