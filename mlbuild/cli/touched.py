"""Answers a command if files of a project were touched but still have the same meaning.

A file with a new time is hashed, once. A spec can have different comments, spelling or order of keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlbuild.cli.unchanged import FOLDER, MARK, FoundSnapshot, facts, sealed, snapshot_name, told, trace
from mlbuild.engine.canonical import canonical, digest
from mlbuild.engine.decide.files import Digests, LocalFile, settled
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.spec.layers.files import read_spec
from mlbuild.spec.text.tree import Document

#: The facts of a file or folder, as returned by `unchanged.facts`.
Facts = tuple[int, ...]


def holds(found: FoundSnapshot) -> bool:
    """Whether a project is as its snapshot says, except for irrelevant facts. If so, the snapshot is renewed."""
    root, snapshot = found.request.root, found.snapshot
    looked_at = time.time_ns()
    try:
        specs = _facts(root, snapshot["specs"][::2])
        project = _facts(root, snapshot["project"][0].split(MARK))
        if _told(specs) != snapshot["specs"] and not _say_the_same(found):
            return False
        store = open_store(Path(root))
        if _trace(project.values()) != snapshot["project"][1] and not _hold_the_same(found, project, store):
            return False
    except OSError:  # something was removed meanwhile
        return False
    if all(settled(known, looked_at) for known in (*specs.values(), *project.values())):
        renewed = {"specs": _told(specs), "project": [MARK.join(project), _trace(project.values())]}
        with suppress(OSError):
            selection = found.request.selection()
            store.local.keep_snapshot(
                FOLDER, snapshot_name(selection), sealed({**snapshot, **renewed}, selection)
            )
    return True


def _facts(root: str, names: Iterable[str]) -> dict[str, Facts]:
    return {name: facts(root + name) for name in names}


def _told(found: dict[str, Facts]) -> list[str]:
    return [text for name, known in found.items() for text in (name, told(known))]


def _say_the_same(found: FoundSnapshot) -> bool:
    """Whether each file of the spec has the same meaning.

    With warnings it is false, because they contain line numbers.
    """
    if any(found.snapshot[found.request.verb][:2]):
        return False
    documents = [read_spec(Path(found.request.root + name)) for name in found.snapshot["specs"][::2]]
    said = [meaning(one) if isinstance(one, Document) else "" for one in documents]
    return "" not in said and said == found.snapshot["said"]


def _hold_the_same(found: FoundSnapshot, project: dict[str, Facts], store: DiskStore) -> bool:
    """Whether everything has the facts of the snapshot, or the content that it had with those facts."""
    root = Path(found.request.root)
    outside = Digests(store.local, root)
    former = [_former(LocalFile(Path(name), name), outside, root) or known for name, known in project.items()]
    if _trace(former) != found.snapshot["project"][1]:
        return False
    with suppress(OSError):
        outside.save()
    return True


def _former(file: LocalFile, outside: Digests, root: Path) -> Facts | None:
    """Return the facts with which a file was hashed before, if its content is still the same."""
    token = outside.former_token(file)
    return None if token is None else file.glances(token, root)[0].facts


def _trace(found: Iterable[Iterable[int]]) -> str:
    return trace([fact for known in found for fact in known])


def meaning(document: Document) -> str:
    """Return a digest of the meaning of a spec file; empty if the file cannot be read without mistakes.

    The order of keys has no meaning, except that outputs are listed in their order.
    """
    if document.mistakes:
        return ""
    return digest(canonical([document.value, [*_orders(document.value)]]))


def _orders(value: Any) -> list[list[str]]:
    """Return the orders of the outputs in a value, including its profiles."""
    if not isinstance(value, dict):
        return []
    outputs, profiles = value.get("outputs"), value.get("profiles")
    own = [[*outputs]] if isinstance(outputs, dict) else []
    others = profiles.values() if isinstance(profiles, dict) else ()
    return own + [order for profile in others for order in _orders(profile)]
