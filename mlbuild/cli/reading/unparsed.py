"""Which values of a source could not be read: its columns have missing values instead."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace

from mlbuild.data.faults import NAMED_TWICE, Fault
from mlbuild.engine.decide.records import Action
from mlbuild.engine.store.contents import Contents
from mlbuild.pipeline.private import private_of
from mlbuild.shown import shown, told
from mlbuild.spec.spec import SourceSpec


def unparsed(
    args: argparse.Namespace, source: SourceSpec, action: Action, contents: Contents
) -> list[Fault] | None:
    """Return what could not be read, without private values; None if the store has lost it."""
    content = contents.get(action.digests["faults"])
    if content is None:
        return None
    found = json.loads(content)
    faults = [Fault.from_json(fault) for fault in found["faults"]]
    private = private_of(source)
    placed = [replace(fault, lines_before=found["lines_before"]).keeping(private) for fault in faults]
    return [fault.without_values() for fault in placed] if args.no_samples else placed


def notes(name: str, faults: Iterable[Fault]) -> list[str]:
    """Return a line for each fault, with what the column has instead."""
    return [told(f"{shown(name)}: {fault}; {_instead(fault)}") for fault in faults]


def _instead(fault: Fault) -> str:
    return "only one of them is read" if fault.rule == NAMED_TWICE else "these count as missing"
