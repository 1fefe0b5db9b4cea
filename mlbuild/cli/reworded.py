"""Answers a command whose spec was edited without changing what it says: comments, spelling, the order of keys."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlbuild.cli.unchanged import FOLDER, Answer, facts, sealed, snapshot_name
from mlbuild.engine.canonical import canonical, digest
from mlbuild.engine.files import settled
from mlbuild.engine.store import open_store
from mlbuild.spec.files import read_spec
from mlbuild.spec.tree import Document


def holds(answer: Answer) -> bool:
    """Whether the files of a spec say what they said in the snapshot, which then is renewed.

    A snapshot with warnings never holds: they name lines.
    """
    root, snapshot = answer.request.root, answer.snapshot
    if any(snapshot["texts"][answer.request.verb][0]):
        return False
    names = [name for name, _ in snapshot["specs"]]
    before = [(name, facts(root + name)) for name in names]
    read_at = time.time_ns()
    documents = [read_spec(Path(root + name)) for name in names]
    if [meaning(one) if isinstance(one, Document) else None for one in documents] != snapshot["said"]:
        return False
    if all(settled(known, read_at) for _, known in before):
        selection = answer.request.selection()
        content = sealed({**snapshot, "specs": before}, selection)
        with suppress(OSError):
            open_store(Path(root)).keep_snapshot(FOLDER, snapshot_name(selection), content)
    return True


def meaning(document: Document) -> str | None:
    """A digest of what a file of a spec says; None where it cannot be read without mistakes.

    The order of keys means nothing, but that outputs are told in theirs.
    """
    if document.mistakes:
        return None
    return digest(canonical([document.value, [*_orders(document.value)]]))


def _orders(value: Any) -> list[list[str]]:
    """The orders of the outputs that a value names, in its profiles too."""
    if not isinstance(value, dict):
        return []
    outputs, profiles = value.get("outputs"), value.get("profiles")
    own = [[*outputs]] if isinstance(outputs, dict) else []
    others = profiles.values() if isinstance(profiles, dict) else ()
    return own + [order for profile in others for order in _orders(profile)]
