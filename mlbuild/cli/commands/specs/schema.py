"""`mlbuild schema`: print or write the JSON Schema for editors, of the language or of one project."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mlbuild.cli.exits import OK, USAGE, UsageError
from mlbuild.cli.output.document import document, printable
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import DEFAULT, bounds_of, find_file, tell
from mlbuild.cli.running import BadSpec
from mlbuild.regular import SPEC_LIMIT, is_regular, read_regular, real, replace_regular
from mlbuild.spec.layers.bounds import HELP
from mlbuild.spec.layers.files import read_main
from mlbuild.spec.names.known import known_names
from mlbuild.spec.names.schema import build_project_schema
from mlbuild.spec.shape.schema import FILE, as_text, schema_text
from mlbuild.spec.text.modeline import with_modeline

FORMATS = ("text", "json")
#: The ending of the schema file of a project. Anything before it is the name of the spec, as in `a.mlbuild.yaml`.
PROJECT_FILE = "project.schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the JSON Schema of the spec language. With --project, the schema also lists the names of the tables, "
        "contracts, models and columns of this project."
    )
    parser.add_argument(
        "--project",
        action="store_true",
        help="include the names of this project; write the schema again when names change",
    )
    parser.add_argument(
        "--write",
        nargs="?",
        const="",
        metavar="DIR",
        help="write the schema into a folder (default: the folder of the spec) and reference it in the first comment of the spec",
    )


def run(args: argparse.Namespace) -> int:
    if args.write is None:
        text = _project_text(args, find_file(args.file)) if args.project else schema_text()
        show_document(printable(text).rstrip("\n"))
        return OK
    spec = find_file(args.file)
    if not bounds_of(args, spec).hold(spec):
        raise UsageError(f"'{spec}' is a symlink to a file outside this project", HELP)
    text = _project_text(args, spec) if args.project else schema_text()
    schema = _folder(args.write, spec) / (_project_file(spec) if args.project else FILE)
    _tell(args, _write(spec, schema, text), spec, schema)
    return OK


def _project_text(args: argparse.Namespace, file: Path) -> str:
    bounds = bounds_of(args, file)
    document = read_main(file, bounds)
    if isinstance(document, list):
        tell(args, document, USAGE)
        raise BadSpec
    return as_text(build_project_schema(known_names(document, bounds)))


def _folder(given: str, spec: Path) -> Path:
    return Path(given) if given else spec.parent


def _project_file(spec: Path) -> str:
    stem = spec.name.removesuffix(DEFAULT) if spec.name.endswith(DEFAULT) else f"{spec.stem}."
    return stem + PROJECT_FILE


def _write(spec: Path, schema: Path, text: str) -> list[Path]:
    """Write the schema and name it in the spec. Return the files that changed."""
    relative = Path(os.path.relpath(schema.absolute(), spec.absolute().parent)).as_posix()
    try:
        former = read_regular(spec, SPEC_LIMIT)
        wanted = {schema: text.encode(), spec: with_modeline(former, relative)}
        schema.parent.mkdir(parents=True, exist_ok=True)
        found = {schema: _written(schema), spec: former}
        changed = [file for file, content in wanted.items() if content != found[file]]
        for file in changed:
            replace_regular(real(file) if file == spec else file, wanted[file])
    except OSError as error:
        raise UsageError(f"cannot write '{error.filename}': {(error.strerror or '').casefold()}") from None
    return changed


def _written(file: Path) -> bytes | None:
    """Return the content of a file; None for a link, which is replaced wherever it leads."""
    return read_regular(file, SPEC_LIMIT) if is_regular(file) and not file.is_symlink() else None


def _tell(args: argparse.Namespace, changed: list[Path], spec: Path, schema: Path) -> None:
    if args.json:
        files = {"schema": str(schema), "spec": str(spec), "changed": [str(file) for file in changed]}
        show_document(document(args.command, OK, files))
        return
    show([f"wrote {file}" for file in changed] or [f"{schema} is up to date and referenced by {spec}"])
