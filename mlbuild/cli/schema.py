"""`mlbuild schema`: the JSON Schema of the spec language, for editors."""

from __future__ import annotations

import argparse

from mlbuild.cli.exits import OK
from mlbuild.spec.schema import schema_text

FORMATS = ("text",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    print(schema_text(), end="")
    return OK
