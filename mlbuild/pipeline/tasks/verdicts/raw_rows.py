"""Reads real rows of what a client sends to an output. Some of these columns were dropped by the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlbuild.engine.graph import Input
from mlbuild.pipeline.parts import kept_under, parts_of
from mlbuild.pipeline.scope import OutputScope

#: Columns by name, each with the slot and the part that contains it.
PartNames = Mapping[str, tuple[str, str]]
_SLOT = "raw"


def raw_rows(scope: OutputScope, splits: Iterable[str]) -> Input:
    """Return the rows of some parts of the dataset as an input."""
    splits = tuple(splits)
    shown = [one.name for one in scope.item.serving.inputs if one.dropped is None]
    dropped = sorted(kept(scope).values())
    parts = (*parts_of(splits, shown), *(f"{split}.{name}" for split in splits for name in dropped))
    return Input(_SLOT, f"dataset:{scope.model.item.dataset}", parts)


def kept(scope: OutputScope) -> dict[str, str]:
    """Return the names under which dropped columns are kept, for the parameters of a task."""
    inputs = scope.item.serving.inputs
    return {one.name: kept_under(one.dropped) for one in inputs if one.dropped is not None}


def places(names: Iterable[str], kept: Mapping[str, Any], split: str) -> PartNames:
    """Return where the inputs with these names are, in the rows of a part of the dataset."""
    return {name: (_SLOT, f"{split}.{kept[name]}" if name in kept else f"{split}/{name}") for name in names}
