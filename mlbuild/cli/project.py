"""Which spec a command works on, and the spec itself; a faulty one ends the command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mlbuild import api
from mlbuild.cli.exits import USAGE, UsageError
from mlbuild.cli.render import SCHEMA_VERSION, Paint, count_text, diagnostics_json, diagnostics_text, say
from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.spec import Spec

DEFAULT = "mlbuild.yaml"


class BadSpec(Exception):
    """The spec has errors; they have been told."""


def find_file(named: str | None) -> Path:
    """The spec: the one named, `mlbuild.yaml`, or the only `*.mlbuild.yaml` of the folder.

    Raises:
        UsageError: there is none, or there are several.
    """
    if named is not None:
        if not Path(named).is_file():
            raise UsageError(f"there is no spec '{named}'")
        return Path(named)
    if Path(DEFAULT).is_file():
        return Path(DEFAULT)
    found = sorted(Path.cwd().glob(f"*.{DEFAULT}"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"this folder has several specs: {names}", help="name one with -f")
    if not found:
        raise UsageError(
            f"there is no {DEFAULT} in this folder",
            help="go to a project with -C DIR, or name a spec with -f",
        )
    return Path(found[0].name)


def load_spec(args: argparse.Namespace) -> Spec:
    """The checked spec; warnings are told.

    Raises:
        BadSpec: it has errors, and they have been told.
    """
    spec, diagnostics = api.check(find_file(args.file))
    if spec is None:
        tell(args, diagnostics)
        raise BadSpec
    if diagnostics and not args.quiet:
        say(diagnostics_text(diagnostics, Paint(sys.stderr, not args.no_color)))
    return spec


def tell(args: argparse.Namespace, diagnostics: list[Diagnostic]) -> None:
    """Report a faulty spec: as text on standard error, or as the document that was asked for."""
    if args.json:
        document = {
            "schema_version": SCHEMA_VERSION,
            "command": args.command,
            "ok": False,
            "exit_code": USAGE,
        }
        print(json.dumps(document | {"diagnostics": diagnostics_json(diagnostics)}, indent=2))
        return
    say(diagnostics_text(diagnostics, Paint(sys.stderr, not args.no_color)))
    say(count_text(diagnostics))
