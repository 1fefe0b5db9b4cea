"""Task `dataset:D`: joined, filtered rows with their derived columns, divided by the split."""

from __future__ import annotations

from mlbuild.data import DATASET_STEPS, SPLITS
from mlbuild.data.steps.apply import Keep, apply_steps, kept_columns, shown_columns
from mlbuild.engine.graph import Job
from mlbuild.params import read
from mlbuild.pipeline.parts import WHOLE, read_table, write_columns, write_table

_STEPS = {cls.op: cls for cls in DATASET_STEPS}
_SPLITS = {cls.discriminator[1]: cls for cls in SPLITS}


def run(job: Job) -> None:
    slots = job.params["tables"]
    tables = {slot: read_table(job, slot, WHOLE, columns) for slot, columns in slots.items()}
    steps = [read(_STEPS[step["op"]], step) for step in job.params["steps"]]
    keep = [Keep(*one) for one in job.params["keep"]]
    rows = apply_steps(steps, tables.pop("from"), tables, keep)
    split = job.params["split"]
    if split is None:
        write_table(job, WHOLE, rows)
        return
    for name, part in read(_SPLITS[split["type"]], split).parts(rows).items():
        write_table(job, name, part.select(shown_columns(part)))
        write_columns(job, {f"{name}.{under}": column for under, column in kept_columns(part).items()})
