"""`mlbuild rollback CHANNEL`: take a channel back to its previous model."""

from __future__ import annotations

import argparse

from mlbuild.cli.exits import OK
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.channels import change_text, channel_json
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show, show_document
from mlbuild.cli.project import find_file
from mlbuild.cli.reading.channels import named, refused
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.channels.changing import rollback
from mlbuild.regular import real

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Take a channel back to its previous model. The next rollback goes back one model further. The spec is not read, so it can have errors."
    parser.add_argument("channel", metavar="CHANNEL", help="name of the channel")
    parser.add_argument("--why", metavar="TEXT", help="reason, which is recorded")


def run(args: argparse.Namespace) -> int:
    name = named(args.channel)
    store = open_store(real(find_file(args.file).parent))
    with refused(), store.building(lambda holder: say([waiting_text(holder)])):
        channel = rollback(store, name, args.why)
    if args.json:
        show_document(document(args.command, OK, {"channel": channel_json(channel)}))
    else:
        show(change_text(channel))
    return OK
