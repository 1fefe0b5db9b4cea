"""The folders of a project in which models are published, and the files in them."""

from __future__ import annotations

from collections.abc import Sequence

#: The files in the folder of a model that other programs than a build read.
MODEL, CONTRACT, CERTIFICATE = "model.onnx", "contract.json", "parity.json"
EXAMPLES, PROFILE, METRICS = "examples.json", "profile.json", "metrics.json"
#: The folder of all channels.
CHANNELS = "channels"
#: The parent folder of the outputs; each profile has its own.
_DIST = "dist"


def dist_of(profiles: Sequence[str]) -> str:
    """Return the default parent folder of the outputs that are built with profiles."""
    return "-".join([_DIST, *(["+".join(profiles)] if profiles else [])])
