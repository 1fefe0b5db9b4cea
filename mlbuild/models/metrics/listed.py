"""The metrics of a model as they are written in a spec: a list of names, and of maps with options."""

from __future__ import annotations

from mlbuild.models.metrics import METRICS
from mlbuild.params import ListOf, TaggedUnion

METRIC_KIND = TaggedUnion("metric", METRICS, "metric", short=True)
METRIC_LIST = ListOf(METRIC_KIND, or_one=True, min_items=1, unique=True, one=METRIC_KIND.alone)
