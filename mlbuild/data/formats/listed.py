"""The format of a file as it is written in a spec: its `type`, and the options of that format."""

from __future__ import annotations

from mlbuild.data.formats import FORMATS
from mlbuild.params import TaggedUnion

FORMAT = TaggedUnion("type", FORMATS, "format")
