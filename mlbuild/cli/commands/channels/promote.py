"""`mlbuild promote OUTPUT CHANNEL`: make a published model that of a channel, such as `prod`."""

from __future__ import annotations

import argparse

from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.channels import change_text, channel_json
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.channels import named, published_folder, refused
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.channels.changing import promote

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make the published model of an output that of a channel, such as prod. channels/CHANNEL.json says which model it is, who promoted it and why, "
        "and channels/CHANNEL/ has its files. The folder must be as a build published it, which it does only if the tests and gates of the output pass. "
        "A baseline of the spec and 'mlbuild diff' can name the channel."
    )
    parser.add_argument("output", metavar="OUTPUT", help="output whose published model is promoted")
    parser.add_argument("channel", metavar="CHANNEL", help="name of the channel; it is made if there is none")
    parser.add_argument("--why", metavar="TEXT", help="reason, which is recorded")
    parser.add_argument(
        "--force",
        action="store_true",
        help="promote the files in the folder even if no build published them like this; needs --why",
    )


def run(args: argparse.Namespace) -> int:
    name = named(args.channel, new=True)
    if args.force and not args.why:
        raise UsageError("--force needs a reason", "add --why TEXT")
    spec = load_spec(args)
    folder = published_folder(spec, args.output)
    store = open_store(spec.root)
    with refused(), store.building(lambda holder: say([waiting_text(holder)])):
        channel, new = promote(store, args.output, folder, name, args.why, force=args.force)
    if args.json:
        show_document(document(args.command, OK, {"channel": channel_json(channel), "changed": new}))
    else:
        show(change_text(channel) if new else [f"{name} has this model already"])
    return OK
