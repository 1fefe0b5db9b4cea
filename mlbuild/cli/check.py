"""`mlbuild check`: every mistake of the spec, without reading data."""

from __future__ import annotations

import argparse
import json

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.project import BadSpec, find_file, tell
from mlbuild.cli.render import SCHEMA_VERSION, diagnostics_json, shown_path

HELP = "find every mistake of the spec, without reading data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    file = find_file(args.file)
    spec, diagnostics = api.check(file)
    if spec is None:
        tell(args, diagnostics)
        raise BadSpec
    if args.json:
        document = {"schema_version": SCHEMA_VERSION, "command": args.command, "ok": True, "exit_code": OK}
        print(json.dumps(document | {"diagnostics": diagnostics_json(diagnostics)}, indent=2))
        return OK
    if diagnostics:
        tell(args, diagnostics)
    counts = {"source": spec.sources, "dataset": spec.datasets, "model": spec.models, "output": spec.outputs}
    told = ", ".join(f"{len(part)} {kind}{'' if len(part) == 1 else 's'}" for kind, part in counts.items())
    print(f"{shown_path(str(file))}: ok ({told})")
    return OK
