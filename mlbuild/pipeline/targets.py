"""The coding of a target as a part of a result."""

from __future__ import annotations

import json

from mlbuild.engine.graph import Job
from mlbuild.models.answers.answer import Coding


def read_coding(job: Job, slot: str) -> Coding:
    """How `target:M` coded the target."""
    return Coding.from_json(json.loads(job.read(slot, "coding")))
