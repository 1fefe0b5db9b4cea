"""What an output is compared with: one class per file, and the catalogue."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.verdicts.baselines.baseline import Baseline

#: Every kind of baseline, in the order of the reference page.
BASELINES: Catalogue[type[Baseline]] = Catalogue(
    {
        "file": "mlbuild.verdicts.baselines.file.FileBaseline",
        "channel": "mlbuild.verdicts.baselines.channel.ChannelBaseline",
        "model": "mlbuild.verdicts.baselines.model.ModelBaseline",
    }
)
