"""Counts the rows of each class in the parts of a split, and warns about classes without rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.data_warning import DataWarning

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many classes are shown as examples.
_EXAMPLES = 3


def balance(targets: Mapping[str, Array], classes: int) -> dict[str, list[int]]:
    """Return the number of rows of each class, for the coded targets of the parts."""
    import numpy as np

    return {part: np.bincount(target, minlength=classes).tolist() for part, target in targets.items()}


def absent_in_folds(folds: Sequence[Sequence[int]], classes: Sequence[Any]) -> Iterator[DataWarning]:
    """Yield whether folds lack rows of a class, given the number of rows of each class in each fold."""
    lacking = sum(0 in rows for rows in folds)
    if lacking:
        absent = [value for place, value in enumerate(classes) if any(not rows[place] for rows in folds)]
        lacks = f"{lacking} of {len(folds)} folds {'lacks' if lacking == 1 else 'lack'} rows of a class"
        message = f"{lacks}, so their metrics say nothing about it"
        yield DataWarning("absent-class", message, {"without rows in some fold": absent[:_EXAMPLES]})


def absent_classes(counts: Mapping[str, Sequence[int]], classes: Sequence[Any]) -> Iterator[DataWarning]:
    """Yield which parts lack rows of a class."""
    for part, rows in counts.items():
        absent = [value for value, count in zip(classes, rows, strict=True) if not count]
        if absent:
            these = "it" if len(absent) == 1 else "these"
            lacks = f"the {part} rows lack {len(absent)} of the {len(classes)} classes"
            message = f"{lacks}, so their metrics say nothing about {these}"
            yield DataWarning("absent-class", message, {"without rows": absent[:_EXAMPLES]})
