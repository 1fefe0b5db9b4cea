"""`mlbuild render`: print the complete spec, as YAML or JSON."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mlbuild.cli.exits import OK
from mlbuild.cli.output.document import printable
from mlbuild.cli.output.printing import show_document
from mlbuild.cli.project import load_spec
from mlbuild.spec.canonical import canonical_spec
from mlbuild.spec.text.yaml_text import yaml_text

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the complete spec as one file: profiles, settings and included files are applied, and all defaults are "
        "written out. The result is an equivalent spec, in YAML or (with --json) in JSON."
    )


def run(args: argparse.Namespace) -> int:
    value = canonical_spec(load_spec(args).document.value)
    show_document(json_text(value) if args.json else yaml_text(value).rstrip("\n"))
    return OK


def json_text(value: Any) -> str:
    """Format the value of a spec as JSON that every YAML reader reads as the same value."""
    return printable(json.dumps(value, indent=2, ensure_ascii=False))
