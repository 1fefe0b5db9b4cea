"""`mlbuild channels`: list the channels, or the history of one."""

from __future__ import annotations

import argparse

from mlbuild.cli.exits import DATA, OK
from mlbuild.cli.output.channels import channel_json, channels_text, history_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.project import find_file
from mlbuild.cli.reading.channels import named, refused
from mlbuild.cli.reading.names import unknown
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.channels.changing import restored
from mlbuild.pipeline.channels.channel import BadChannel, channels_of, find_channel
from mlbuild.regular import real

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the channels of the project with the models that they have, or the history of one. If files of a channel are missing or changed, they are "
        "restored from the store. The exit code is 3 if a channel is damaged. The spec is not read, so it can have errors."
    )
    parser.add_argument("channel", nargs="?", metavar="CHANNEL", help="show the history of this channel")


def run(args: argparse.Namespace) -> int:
    root = real(find_file(args.file).parent)
    store = open_store(root)
    names = channels_of(root)
    if args.channel is not None and named(args.channel) not in names:
        raise unknown("channel", args.channel, names)
    found, wrong = [], {}
    for name in names if args.channel is None else [args.channel]:
        try:
            channel = find_channel(root, name)
        except BadChannel as error:
            wrong[name] = str(error)
            continue
        if channel is None:  # somebody has just removed it
            continue
        with refused():
            whole = restored(store, channel)
        if not whole:
            wrong[name] = (
                "its files are missing or changed, and no longer in the store: promote a model again"
            )
        found.append(channel)
    code = DATA if wrong else OK
    if args.json:
        content = {"channels": [channel_json(one, history=True) for one in found], "damaged": wrong}
        show_document(document(args.command, code, content))
    else:
        show(
            channels_text(found)
            if args.channel is None
            else [line for one in found for line in history_text(one)]
        )
        show(f"{name}: {why}" for name, why in wrong.items())
    return code
