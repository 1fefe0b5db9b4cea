"""`mlbuild check`: every mistake of the spec, without reading data."""

from __future__ import annotations

import argparse
import json

from mlbuild import api
from mlbuild.cli.exits import OK, USAGE
from mlbuild.cli.project import check_document, find_file, tell
from mlbuild.cli.render import shown_path

FORMATS = ("text", "json", "github", "sarif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    file = find_file(args.file)
    spec, diagnostics = api.check(file)
    code = USAGE if spec is None else OK
    if args.json:
        print(json.dumps(check_document(args, diagnostics, code), indent=2))
        return code
    quiet = args.quiet and spec is not None
    tell(args, () if quiet else diagnostics, code)
    if spec is not None and args.format == "text":
        counts = {
            "source": spec.sources,
            "dataset": spec.datasets,
            "model": spec.models,
            "output": spec.outputs,
        }
        told = ", ".join(
            f"{len(part)} {kind}{'' if len(part) == 1 else 's'}" for kind, part in counts.items()
        )
        print(f"{shown_path(str(file))}: ok ({told})")
    return code
