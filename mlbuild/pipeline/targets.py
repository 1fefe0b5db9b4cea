"""Target columns as learners take them: classes as indices, numbers as float64."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Job

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def classes_of(target: Mapping[str, Any], train: pl.Series) -> list[Any]:
    """The classes in order: the contract's, else the sorted values of the train rows; two: the positive one last.

    Raises:
        Failed: of kind `data`: one class only, or a declared class that the train rows lack.
    """
    seen = set(train.drop_nulls().unique().to_list())
    classes = list(target["categories"]) if target["categories"] is not None else sorted(seen)
    name = target["column"]
    lacking = [value for value in classes if value not in seen]
    if lacking:
        told = ", ".join(repr(value) for value in lacking)
        raise data_failure(f"the train rows hold no row of '{name}' with the class {told}", column=name)
    if len(classes) < 2:
        raise data_failure(
            f"the train rows hold {len(classes)} class{'' if len(classes) == 1 else 'es'} of '{name}', "
            "a classifier needs at least 2",
            column=name,
        )
    positive = target["positive"]
    if positive is not None:
        if len(classes) != 2:
            raise data_failure(
                f"'{name}' has {len(classes)} classes, 'positive' is for two of them", column=name
            )
        if positive not in classes:
            raise data_failure(f"the positive class {positive!r} is not among '{name}'", column=name)
        classes = [value for value in classes if value != positive] + [positive]
    return classes


def coded(column: pl.Series, classes: Sequence[Any] | None, where: str) -> np.ndarray[Any, Any]:
    """Class indices as int64, or float64 values where `classes` is None.

    Raises:
        Failed: of kind `data`: a value is missing or none of the classes; `where` names the rows.
    """
    import numpy as np
    import polars as pl

    if column.null_count():
        raise data_failure(
            f"the target '{column.name}' is missing in {column.null_count()} of the {where} rows"
        )
    if classes is None:
        return column.cast(pl.Float64).to_numpy()
    order = {value: index for index, value in enumerate(classes)}
    strange = sorted({str(value) for value in column.unique().to_list() if value not in order})
    if strange:
        raise data_failure(
            f"the {where} rows hold classes of '{column.name}' that the train rows lack: {', '.join(strange)}"
        )
    codes = column.replace_strict(list(order), list(order.values()), return_dtype=pl.Int64)
    return codes.to_numpy().astype(np.int64)


def read_classes(job: Job, slot: str) -> list[Any] | None:
    """What `fit` wrote: the classes, or None for a regression."""
    classes: list[Any] | None = json.loads(job.read(slot, "classes"))
    return classes
