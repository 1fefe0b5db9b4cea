"""Describes channels and their changes, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mlbuild.kinds import Json
from mlbuild.pipeline.channels.channel import Channel, Promotion
from mlbuild.shown import shown

_SHORT = 12


def channel_json(channel: Channel, *, history: bool = False) -> Json:
    told = {"channel": channel.name, **channel.now.to_json()}
    return told | ({"history": [one.to_json() for one in channel.changes[1:]]} if history else {})


def change_text(channel: Channel) -> list[str]:
    """Return the lines about the last change of a channel."""
    now = channel.now
    was = f", before {now.previous[:_SHORT]}" if now.previous and now.action == "promote" else ""
    back = "is back at" if now.action == "rollback" else "is now"
    return [
        f"{channel.name} {back} {model_text(now)}{was}",
        *([f"  gates: {_gates(now)}"] if now.gates else []),
    ]


def channels_text(channels: Sequence[Channel]) -> list[str]:
    """Return a line about each channel."""
    if not channels:
        return ["there are no channels: promote an output with 'mlbuild promote OUTPUT CHANNEL'"]
    width = max(len(one.name) for one in channels)
    return [f"{one.name:<{width}}  {_change(one.now)}" for one in channels]


def history_text(channel: Channel) -> list[str]:
    """Return a line about each change of a channel, the newest first."""
    return [f"{one.action:<8}  {_change(one)}" for one in channel.changes]


def _change(one: Promotion) -> str:
    who = f" by {shown(one.by)}" if one.by else ""
    why = f": {shown(one.why)}" if one.why else ""
    return f"{shown(one.at)}  {model_text(one)}{' (forced)' if one.forced else ''}{who}{why}"


def model_text(one: Promotion) -> str:
    """Name a model by its output and the start of its digest."""
    return f"{shown(one.output)} {one.digest[:_SHORT]}"


def _gates(one: Promotion) -> str:
    # What a file from elsewhere says can be anything.
    counts = Counter(
        "passed" if verdict == "pass" else shown(verdict.replace("_", " ")) for verdict in one.gates.values()
    )
    return ", ".join(f"{count} {word}" for word, count in counts.items())
