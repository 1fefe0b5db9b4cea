"""`mlbuild init`: write a spec to start from, empty or drafted from a data file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sized
from pathlib import Path
from typing import Any

from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import DEFAULT
from mlbuild.cli.reading.row_files import READABLE, readable
from mlbuild.data.faults import failure_lines
from mlbuild.data.inference import infer
from mlbuild.data.locators.patterns import is_pattern, matching
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.drafts.division import Division
from mlbuild.drafts.draft import Draft, draft
from mlbuild.drafts.goal import ANSWERS
from mlbuild.drafts.names import name_of
from mlbuild.drafts.template import empty_template
from mlbuild.regular import is_regular, real
from mlbuild.shown import is_unicode, shown, told
from mlbuild.spec.shape.schema import FILE, write_schema

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write mlbuild.yaml and its JSON Schema for editors. Without a data file, the spec is a template whose sections are comments "
        "to fill in. With a data file, mlbuild reads all rows and drafts a source and a contract. With --target, it also drafts "
        "a dataset, a model and an output, ready to build."
    )
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DATA",
        help=f"{READABLE} file to draft the spec from, or a pattern in quotes, such as 'days/*.csv'",
    )
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        help="column to predict (default: none; the example model is commented out)",
    )
    parser.add_argument(
        "--task",
        choices=[cls.kind for cls in ANSWERS],
        help="kind of task (default: classification if the target is not a number or has at most 10 distinct values)",
    )


def run(args: argparse.Namespace) -> int:
    file = Path(args.file or DEFAULT)
    if os.path.lexists(file):
        what = (
            f"the spec '{file}' already exists"
            if not file.is_symlink() or is_regular(file)
            else f"'{file}' is a broken symlink"
        )
        raise UsageError(what, help="remove it, or choose another file with -f")
    if not os.path.isdir(file.parent):  # noqa: PTH112  # the name can be any text
        raise UsageError(f"there is no folder '{file.parent}'")
    if args.data is None:
        return _empty(args, file)
    try:
        made = _drafted(args, file)
    except Failed as failed:
        message = f"{args.data}: {failed.failure.message}"
        raise Stopped(message, code=DATA, lines=failure_lines(failed.failure)) from None
    except Rejected as rejected:
        problem = rejected.problems[0]
        raise UsageError(problem.message, problem.help) from None
    _write(file, made.text)
    _tell(args, file, made)
    return OK


def _empty(args: argparse.Namespace, file: Path) -> int:
    if args.target is not None or args.task is not None:
        raise UsageError("--target and --task need a data file", help="run mlbuild init DATA --target COLUMN")
    _write(file, empty_template(_project(file)))
    _tell(args, file, None)
    return OK


def _drafted(args: argparse.Namespace, file: Path) -> Draft:
    files = _files(args.data)
    for one in files:
        readable(one)
    if args.task is not None and args.target is None:
        raise UsageError("--task needs --target")
    path = _path(args.data, files, file.parent)
    if not is_unicode(path):
        raise UsageError(f"the path '{path}' is not valid UTF-8", help="rename it")
    answer = next((cls for cls in ANSWERS if cls.kind == args.task), None)
    try:
        inferred = infer(*files)
    except OSError as error:
        raise UsageError(f"cannot read '{args.data}': {(error.strerror or str(error)).casefold()}") from None
    return draft(inferred, path, _project(file), args.target, answer)


def _files(data: str) -> list[Path]:
    """Return the file, or the files that match a pattern."""
    if not is_pattern(Path(), data):
        return [Path(data)]
    found = [Path(name) for name in matching(Path(), data).files]
    if not found:
        raise UsageError(f"no file matches '{data}'")
    return found


def _path(data: str, files: list[Path], folder: Path) -> str:
    """Return the path for the spec, relative to its folder."""
    if not is_pattern(Path(), data):
        return Path(os.path.relpath(real(files[0]), real(folder))).as_posix()
    return Path(os.path.relpath(os.path.abspath(data), os.path.abspath(folder))).as_posix()  # noqa: PTH100  # a pattern is no path


def _project(file: Path) -> str:
    return name_of(real(file).parent.name, "project")


def _write(file: Path, text: str) -> None:
    """Write the spec, never over an existing one, and the schema next to it."""
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        schema = file.with_name(FILE)
        if not os.path.exists(schema):  # noqa: PTH110  # a link to anything
            write_schema(schema)
    except OSError as error:
        raise UsageError(f"cannot write '{error.filename}': {(error.strerror or '').casefold()}") from None


def _tell(args: argparse.Namespace, file: Path, made: Draft | None) -> None:
    if args.json:
        show_document(document(args.command, OK, {"file": str(file)} | _content(made)))
        return
    show([f"wrote {file}", *([] if made is None else _summary(made))])


def _content(made: Draft | None) -> dict[str, Any]:
    if made is None:
        return {}
    rows, columns = made.inferred.rows.height, list(made.inferred.columns)
    told: dict[str, Any] = {"rows": rows, "columns": columns, "left_out": dict(made.inferred.refused)}
    if made.goal is None or made.roles is None:
        return told | {"notes": made.remarks}
    goal = {"target": made.goal.name, "task": made.goal.answer.kind, "features": list(made.roles.features)}
    if made.division is not None:
        goal |= {"split": made.division.why, "notes": made.remarks}
    return told | goal | {"left_out": dict(made.roles.left_out), "suspects": dict(made.roles.suspects)}


def _summary(made: Draft) -> list[str]:
    rows = _counted(range(made.inferred.rows.height), "row")
    notes = [f"  note: {told(remark)}" for remark in made.remarks]
    if made.goal is None or made.roles is None:
        columns = (
            f"  {_counted(made.inferred.columns, 'column')}, {rows}; add --target COLUMN to draft a model too"
        )
        return [columns, *notes]
    what = f"{made.goal.classes} classes" if made.goal.classes else "a number"
    lines = [
        f"  target '{shown(made.goal.name)}' ({what}), {_counted(made.roles.features, 'feature')}, {rows}"
    ]
    if made.division is not None:
        lines.append(f"  split: {told(made.division.why)} ({_parts(made.division)})")
    lines += notes
    lines += [
        f"  may give the target away: '{shown(name)}' {told(why)}"
        for name, why in made.roles.suspects.items()
    ]
    lines += [f"  not a feature: '{shown(name)}' {told(why)}" for name, why in made.roles.left_out.items()]
    return [*lines, "  next step: mlbuild build"]


def _parts(division: Division) -> str:
    return ", ".join(f"{rows.height:,} {name}" for name, rows in division.parts.items() if rows.height)


def _counted(things: Sized, word: str) -> str:
    return f"{len(things):,} {word}{'' if len(things) == 1 else 's'}"
