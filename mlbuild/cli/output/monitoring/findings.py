"""What `mlbuild monitor` found about a model, from which all formats are written."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.monitoring.log import Log
from mlbuild.monitoring.performance import Performance
from mlbuild.monitoring.windows import Window
from mlbuild.profiles.profile import Profile
from mlbuild.serving.replay.skew import Skew


@frozen(eq=False)
class Findings:
    """What the log of a model shows. `judged` is the window that the verdict is about, and `limit` the smallest psi that matters.

    With `samples`, values of the data may be quoted.
    """

    name: str
    profile: Profile
    limit: float
    log: Log
    windows: Sequence[Window]
    judged: Window
    performance: Performance | None
    skew: Skew | None
    samples: bool

    @property
    def worse(self) -> bool:
        """Whether predictions are worse than those of the build, or are not given again."""
        return bool(self.performance and self.performance.worse) or bool(self.skew and self.skew.different)

    def to_json(self) -> Json:
        told = {
            "model": self.name,
            "digest": self.profile.digest,
            "verdict": self.judged.verdict,
            "rows": self.log.rows,
            "broken_lines": self.log.broken,
            "rows_of_other_models": self.log.others,
            "columns_not_logged": [*self.log.unlogged],
            "judged": [*self.windows].index(self.judged),
            "windows": [one.to_json() for one in self.windows],
        }
        told |= {"performance": self.performance.to_json()} if self.performance else {}
        return told | ({"skew": self.skew.to_json(samples=self.samples)} if self.skew else {})
