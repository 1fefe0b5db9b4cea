"""`mlbuild release OUTPUT --to CHANNEL`: build a new model, and promote it if it holds its own against the one in use."""

from __future__ import annotations

import argparse
from typing import Any

from mlbuild.cli.amounts import add_jobs
from mlbuild.cli.built import build_for
from mlbuild.cli.exits import GATE, OK, UsageError, code_of
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.building.verdicts import gates_of, gates_summary
from mlbuild.cli.output.channels import change_text, channel_json, model_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import say, show, show_document
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.channels import named, published_folder, refused
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.channels.changing import champion, release
from mlbuild.pipeline.channels.channel import Channel
from mlbuild.pipeline.tasks import artifact, publish
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fetch the sources, build an output, and promote its model to a channel if its tests and gates pass. One of the gates must compare it with the model of "
        "the channel, on rows that neither of them was trained on. The exit code is 0 if the model was promoted, or is the one in use already, and 4 if it was "
        "refused. Run it by cron or CI."
    )
    parser.add_argument("output", metavar="OUTPUT", help="output to build and promote")
    parser.add_argument(
        "--to", required=True, metavar="CHANNEL", help="name of the channel; it is made if there is none"
    )
    parser.add_argument(
        "--why", default="release", metavar="TEXT", help="reason, which is recorded (default: release)"
    )
    add_jobs(parser)


def run(args: argparse.Namespace) -> int:
    name = named(args.to, new=True)
    spec = load_spec(args)
    folder = published_folder(spec, args.output)
    _check_compared(spec, args.output, name)
    store = open_store(spec.root)
    with refused(), store.building(lambda holder: say([waiting_text(holder)])):
        before = champion(store, name)
    task = publish.task_of(args.output)
    result = build_for(args, spec, [task], jobs=args.jobs, refresh=True)
    gates = gates_of(args.output, result, store)
    channel, code = before, code_of(failure.kind for failure in result.failures.values())
    if code == OK and before and any(one["verdict"] == "no_baseline" for one in gates):
        code = GATE  # the gates accept that there is nothing to compare with, but there is
    outcome = {OK: "unchanged", GATE: "refused"}.get(code, "failed")
    if code == OK:
        digest = result.actions[task].digests[artifact.MODEL]
        with refused(), store.building(lambda holder: say([waiting_text(holder)])):
            channel, new = release(store, args.output, folder, name, args.why, before, digest)
        outcome = "promoted" if new else "unchanged"
    if args.json:
        content = {
            "outcome": outcome,
            "channel": channel and channel_json(channel),
            "gates": gates,
            "failures": _failures(result),
        }
        show_document(document(args.command, code, content))
    else:
        show([*gates_summary(gates), *_told(name, outcome, channel)])
    return code


def _told(name: str, outcome: str, channel: Channel | None) -> list[str]:
    """Return the lines about how the release ended."""
    if channel and outcome == "promoted":
        return change_text(channel)
    stays = f"stays at {model_text(channel.now)}" if channel else "has no model yet"
    why = {
        "unchanged": "the build made the same model",
        "refused": "the new model is refused",
        "failed": "the build failed",
    }
    return [f"{name} {stays}: {why[outcome]}"]


def _failures(result: BuildResult) -> list[dict[str, Any]]:
    return [
        {"task": task, "kind": failure.kind, "message": failure.message}
        for task, failure in result.failures.items()
    ]


def _check_compared(spec: Spec, output: str, channel: str) -> None:
    """Check that a gate compares an output with the model of a channel, on rows that this was not trained on.

    Raises:
        UsageError: None does.
    """
    item = spec.outputs[output]
    known = item.baseline.channel if item.baseline else None
    if known != channel or not any(
        one.compares == "baseline" and one.severity == "fail" for one in item.gates
    ):
        raise UsageError(
            f"no gate of output '{output}' compares it with the model of channel '{channel}'",
            f"add 'baseline: {{type: channel, name: {channel}}}' and a gate such as no_worse to the output",
        )
    dataset = spec.models[item.model].dataset
    split = spec.datasets[dataset].split
    if split is None or split.ordered:
        raise UsageError(
            f"the model of channel '{channel}' may have been trained on rows of dataset '{dataset}' that are test rows now",
            "use a split that keeps rows in their part when the data grows: by time, or hash with a key",
        )
