"""`mlbuild export`: write the records of builds for other tools."""

from __future__ import annotations

import argparse
import base64
import json
import os
from collections.abc import Sequence

from mlbuild.cli.exits import OK, TASK, UNREACHABLE, Stopped, UsageError
from mlbuild.cli.output.document import document, printable
from mlbuild.cli.output.printing import counted, show, show_document
from mlbuild.cli.output.written import written_file
from mlbuild.cli.reading.history import find_build, history_of
from mlbuild.shown import shown
from mlbuild.tracking.builds import Build
from mlbuild.tracking.mlflow import NotReached, Refused, Server, export
from mlbuild.tracking.openlineage import events

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the records of builds for other tools. 'export mlflow' creates a run for each build on an MLflow server: settings, metrics with their intervals, "
        "sources, and the digests of models. Builds that the server already has are skipped, so you can repeat the command. 'export openlineage' writes "
        "two events for each build: which files it read, and which models it made. Builds that have not ended are left out."
    )
    parser.add_argument(
        "target", choices=["mlflow", "openlineage"], metavar="mlflow|openlineage", help="for which tool"
    )
    parser.add_argument(
        "--uri",
        metavar="URL",
        help="mlflow: address of the server, such as http://localhost:5000 (default: $MLFLOW_TRACKING_URI)",
    )
    parser.add_argument(
        "--experiment", metavar="NAME", help="mlflow: experiment (default: the name of the project)"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="openlineage: write to this file, one event per line, instead of printing",
    )
    parser.add_argument(
        "--build",
        metavar="BUILD",
        action="append",
        default=[],
        help="only this build (repeatable; default: all)",
    )


def run(args: argparse.Namespace) -> int:
    wrong = {"mlflow": ("--output", args.output), "openlineage": ("--uri", args.uri)}[args.target]
    if wrong[1] is not None:
        raise UsageError(f"'export {args.target}' has no {wrong[0]}")
    history = history_of(args)
    builds = [find_build(history, name) for name in args.build] if args.build else [*history.builds]
    builds = [build for build in builds if build.record["outcome"] != "unfinished"]
    return _to_mlflow(args, builds) if args.target == "mlflow" else _to_openlineage(args, builds)


def _to_mlflow(args: argparse.Namespace, builds: Sequence[Build]) -> int:
    uri = args.uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        raise UsageError("no MLflow server is named", "name one with --uri or MLFLOW_TRACKING_URI")
    name = args.experiment or next(
        (str(build.record.get("project")) for build in reversed(builds)), "mlbuild"
    )
    try:
        written, had = export(Server(uri, _authorization()), name, builds)
    except NotReached as error:
        raise Stopped(
            f"cannot reach an MLflow server at '{_without_secrets(uri)}': {error}", code=UNREACHABLE
        ) from None
    except Refused as error:
        raise Stopped(f"MLflow refused: {error}", code=TASK) from None
    if args.json:
        show_document(document(args.command, OK, {"experiment": name, "written": written, "known": had}))
    else:
        more = f"; {counted(had, 'build')} had one" if had else ""
        show([f"experiment '{shown(name)}': {counted(written, 'new run')}{more}"])
    return OK


def _authorization() -> dict[str, str]:
    """Return the header that MLflow's own variables ask for."""
    token, user = (os.environ.get(f"MLFLOW_TRACKING_{name}") for name in ("TOKEN", "USERNAME"))
    if user:
        word = f"{user}:{os.environ.get('MLFLOW_TRACKING_PASSWORD', '')}"
        return {"Authorization": f"Basic {base64.b64encode(word.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _without_secrets(uri: str) -> str:
    """Return an address without user and password."""
    scheme, mark, rest = uri.partition("://")
    place, slash, path = rest.partition("/")
    return shown(f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}")


def _to_openlineage(args: argparse.Namespace, builds: Sequence[Build]) -> int:
    found = [event for build in builds for event in events(build)]
    lines = [printable(json.dumps(event)) for event in found]
    if args.output is not None:
        written_file(args.output, "".join(f"{line}\n" for line in lines).encode())
    if args.json:
        told = {"file": args.output, "events": len(found)} if args.output is not None else {"events": found}
        show_document(document(args.command, OK, told))
    elif args.output is None:
        show_document("\n".join(lines))
    else:
        show(
            [
                f"wrote {counted(len(found), 'event')} of {counted(len(builds), 'build')} to '{shown(args.output)}'"
            ]
        )
    return OK
