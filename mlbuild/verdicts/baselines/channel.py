"""The baseline `channel`: the model that a channel has, such as the one in production."""

from __future__ import annotations

from mlbuild.frozen import frozen
from mlbuild.params import Name, field
from mlbuild.verdicts.baselines.baseline import Baseline


@frozen
class ChannelBaseline(Baseline):
    """The model that was promoted to a channel. It predicts today's rows.

    When another model is promoted, the build compares again. As long as nothing was promoted, there is no baseline.
    """

    type = "channel"

    name: str = field(Name("channel"), "Channel to compare with.", examples=("prod",))

    @property
    def channel(self) -> str | None:
        return self.name
