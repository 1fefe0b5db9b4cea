"""The folders of a project in which models are published."""

from __future__ import annotations

from collections.abc import Sequence

#: The folder of all channels.
CHANNELS = "channels"
#: The parent folder of the outputs; each profile has its own.
_DIST = "dist"


def dist_of(profiles: Sequence[str]) -> str:
    """Return the default parent folder of the outputs that are built with profiles."""
    return "-".join([_DIST, *(["+".join(profiles)] if profiles else [])])
