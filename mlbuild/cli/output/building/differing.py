"""How many rows differ in what has changed, for `why`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mlbuild.cli.output.building.reasons import reason_json, reason_text, telling
from mlbuild.cli.output.printing import counted
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.decide.reasons import Reason, replaced
from mlbuild.engine.decide.records import Action, Record, find_action
from mlbuild.engine.store.store import Store
from mlbuild.pipeline.parts import WHOLE, place_of
from mlbuild.pipeline.rows import RowChange, row_changes
from mlbuild.pipeline.tasks.fetch import CONTENT

#: The changes of rows behind a reason, by what it is about: a task that is read, or "" for the task's own result.
Rows = Mapping[str, Sequence[RowChange]]

#: The maximum number of columns that are listed for a changed file.
_MOST = 5


class Differing:
    """Compares previous contents in a store with those that replaced them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def before(self, record: Record | None, now: Ingredients) -> Rows:
        """Return what has changed in the inputs of a task since its last result."""
        return self._inputs(replaced(record.ingredients, now), now) if record else {}

    def after(self, record: Record) -> Rows:
        """Return what had changed in the inputs and in the result of a task when it ran for its current result."""
        last = record.ran
        if last is None:
            return {}
        found = dict(self._inputs(last.replaced, record.ingredients))
        results = [find_action(self._store.actions, key) for key in (last.former, record.key)]
        if any(map(_is_content, last.reasons)) and all(results):
            found |= self._results(*(one.digests for one in results if isinstance(one, Action)))
        return found

    def texts(self, reasons: Sequence[Reason], rows: Rows) -> list[str]:
        """Format reasons as text, each once."""
        return [*dict.fromkeys(text for reason in telling(reasons) for text in _texts(reason, rows))]

    def json(self, reasons: Sequence[Reason], rows: Rows) -> list[dict[str, Any]]:
        """Return reasons as data, each with the changes of rows behind it."""
        return [
            reason_json(reason) | {"rows": [asdict(change) for change in _behind(reason, rows)]}
            for reason in reasons
        ]

    def _inputs(self, former: Mapping[str, Mapping[str, str]], now: Ingredients) -> Rows:
        current: dict[str, dict[str, str]] = {}
        for slot, reads in now.inputs.items():
            for (part, digest), task in zip(reads, now.producers[slot], strict=True):
                if digest is not None:
                    current.setdefault(task, {})[part] = digest
        return {
            task: [*row_changes(self._store.contents, _paired(digests, current.get(task, {})))]
            for task, digests in former.items()
        }

    def _results(self, former: Mapping[str, str], now: Mapping[str, str]) -> Rows:
        """Return what has changed in the columns that a task produces; empty if this is not completely known."""
        pairs = _paired(former, now).items()
        changed = {part: pair for part, pair in pairs if pair[0] != pair[1] and "/" in part}
        found = [*row_changes(self._store.contents, changed)]
        return {"": found} if len(found) == len(changed) else {}


def _paired(former: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {part: (digest, now[part]) for part, digest in former.items() if part in now}


def _is_content(reason: Reason) -> bool:
    """Whether a file that a task reads changed: one of the project, or one that was fetched."""
    return reason.what == "file" or (reason.what, reason.part) == ("input part", CONTENT)


def _behind(reason: Reason, rows: Rows) -> list[RowChange]:
    """Return the changes of rows that a reason is about."""
    if _is_content(reason):
        return [*rows.get("", ())]
    if reason.what == "input part":
        return [change for change in rows.get(reason.where, ()) if change.part == reason.part]
    return []


def _texts(reason: Reason, rows: Rows) -> list[str]:
    changes = _behind(reason, rows)
    if reason.what == "input part" and changes and not _is_content(reason):
        return [_row_text(changes[0], reason.where)]
    if _is_content(reason) and "" in rows:
        told = [*dict.fromkeys(_row_text(change) for change in changes)] or [
            "no value that the task reads differs"
        ]
        more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
        return [f"{reason_text(reason)}: {'; '.join([*told[:_MOST], *more])}"]
    return [reason_text(reason)]


def _row_text(change: RowChange, table: str = "") -> str:
    """Format a change: "12 rows of 'seats' of source:planes differ", "source:planes has 3,322 -> 3,323 rows"."""
    split, column = place_of(change.part)
    among = "" if split == WHOLE else f" in {split}"
    if change.was != change.now:
        return f"{table} has {change.was:,} -> {change.now:,} rows{among}".removeprefix(" has ")
    named = f"'{column}' of {table}" if table else f"'{column}'"
    if change.differ is None:
        return f"the type of {named} changed{among}"
    differ = "differs" if change.differ == 1 else "differ"
    return f"{counted(change.differ, 'row')} of {named} {differ}{among}"
