"""Words the reasons and decisions of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from mlbuild.cli.output.printing import shown_path
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.stale import (
    Blocked,
    Decision,
    FailedBefore,
    Fresh,
    Restorable,
    Stale,
    Unsure,
    surely_runs,
)
from mlbuild.engine.queries.critical_path import CriticalPath
from mlbuild.moments import seconds_words
from mlbuild.pipeline.parts import place_of
from mlbuild.shown import shown, told

#: The words for decisions in `plan`.
CALLED = {
    Stale: "RUN",
    Unsure: "MAYBE",
    Fresh: "REUSE",
    Restorable: "RESTORE",
    Blocked: "BLOCKED",
    FailedBefore: "FAILED",
}

#: The keys of a column with its type, as `Schema.to_json` writes it.
_COLUMN = {"name", "dtype", "nullable", "categories", "finite"}


def called(decision: Decision) -> str:
    """Return the word for a decision in `plan`."""
    return CALLED[Stale if surely_runs(decision) else type(decision)]


def waiting_text(holder: int | None) -> str:
    """Return the message before waiting for another process."""
    who = "" if holder is None else f" (process {holder})"
    return f"waiting for another mlbuild{who}"


def reason_text(reason: Reason) -> str:
    """Format one reason: `models.late.params.num_leaves: 63 -> 31 (mlbuild.yaml:48)`."""
    part = place_of(reason.part)[1] or reason.part
    texts = {
        "never built": "never built",
        "forced": "forced",
        "param": f"{reason.where}: {value_text(reason.was)} -> {value_text(reason.now)}",
        "param added": f"{reason.where}: {value_text(reason.now)} added",
        "param removed": f"{reason.where}: {value_text(reason.was)} removed",
        "code": f"code: {reason.where} changed" if reason.where else "its code changed",
        "code added": f"code: {reason.where} is now used",
        "code removed": f"code: {reason.where} is no longer used",
        "kind": "the kind of the task changed",
        "library": f"{reason.where} {reason.was or 'missing'} -> {reason.now or 'missing'}",
        "library added": f"{reason.where} {reason.now} is now used",
        "library removed": f"{reason.where} is no longer used",
        "file": f"file {reason.where} changed",
        "file added": f"file {reason.where} is now read",
        "file removed": f"file {reason.where} is no longer read",
        "file missing": f"file {reason.where} is missing",
        "refresh": _refresh_text(reason) if reason.what == "refresh" else "",
        "expired": _expired_text(reason) if reason.what == "expired" else "",
        "place": "it is fetched from another place",
        "machine": f"this is another machine: {reason.was} -> {reason.now}",
        "not fetched": f"no data fetched from '{reason.where}' is in the store",
        "input part": f"'{part}' of {reason.where} changed",
        "input added": f"'{part}' of {reason.where} is now read",
        "input removed": f"'{part}' of {reason.where} is no longer read",
        "input order": f"the order of the inputs in '{reason.where}' changed",
        "parts": f"its results changed: {_list_change(reason.was, reason.now)}",
        "result missing": "its stored result is missing",
        "export missing": f"{reason.where} is missing",
        "export edited": f"{reason.where} was edited",
        "export extra": f"{reason.where} is not part of the output",
    }
    place = f" ({shown_path(reason.file)}:{reason.line})" if reason.line else ""
    return told(texts[reason.what] + place)


def _refresh_text(reason: Reason) -> str:
    """Format why a source is fetched again: by which rule, and when it was fetched last."""
    if reason.now is None:
        rule = "--refresh"
    else:
        rule = f"refresh: {seconds_words(reason.now)}" if reason.now else "refresh: always"
    return f"{rule} (last fetched {reason.was})"


def _expired_text(reason: Reason) -> str:
    """Format why the clock is looked at again: how long the last answer was valid."""
    return f"its last result was valid from {reason.was}" + (f" until {reason.now}" if reason.now else "")


def telling(reasons: Sequence[Reason]) -> list[Reason]:
    """Return the reasons to show, without those that only follow from others.

    Changed parts of a task, and a changed parameter without a place in the spec, always follow from something else.
    """
    own = [one for one in reasons if one.what != "parts" and (one.line or not one.what.startswith("param"))]
    return own or [*reasons]


def reasons_text(reasons: Sequence[Reason], most: int = 3) -> str:
    """Format the first few reasons on one line."""
    phrases = [*dict.fromkeys(_phrases(telling(reasons)))]
    more = [f"and {len(phrases) - most} more"] if len(phrases) > most else []
    return "; ".join([*phrases[:most], *more])


def _phrases(reasons: Sequence[Reason]) -> Iterator[str]:
    """Format the reasons. What has changed in the result of one task is one phrase, since it has one cause."""
    changed: dict[str, dict[str, None]] = {}
    for one in reasons:
        if one.what == "input part":
            changed.setdefault(one.where, {})[place_of(one.part)[1] or one.part] = None
    for one in reasons:
        names = [*changed.get(one.where, ())] if one.what == "input part" else []
        if len(names) > 1:
            yield told(f"'{names[0]}' and {len(names) - 1} more of {one.where} changed")
        else:
            yield reason_text(one)


def decision_text(decision: Decision) -> str:
    """Format why a decision was made; empty for a result that is reused."""
    match decision:
        case Stale(reasons=reasons) | Restorable(reasons=reasons):
            return reasons_text(reasons)
        case Unsure(reasons=reasons) if surely_runs(decision):
            return reasons_text(reasons)
        case Unsure(waiting=waiting, reasons=reasons):
            changed = f"; {reasons_text(reasons)}" if reasons and reasons[0].what != "never built" else ""
            results = "result" if len(waiting) == 1 else "results"
            return f"depends on the {results} of {', '.join(waiting)}{changed}"
        case FailedBefore(failure=failure):
            return failure.message
        case Blocked(by=by):
            return f"{', '.join(by)} failed"
    return ""


def reason_json(reason: Reason) -> dict[str, Any]:
    """Return a reason as data, with its text."""
    return asdict(reason) | {"text": reason_text(reason)}


def decision_json(task: str, decision: Decision) -> dict[str, Any]:
    """Return a decision as data. `made` is the build that a known result comes from."""
    reasons, action = getattr(decision, "reasons", ()), getattr(decision, "action", None)
    return {
        "task": task,
        "decision": called(decision).casefold(),
        "reasons": [reason_json(reason) for reason in reasons],
        "waiting": list(getattr(decision, "waiting", ())),
        "text": decision_text(decision),
        "made": action.build if action else None,
    }


def path_json(path: CriticalPath) -> dict[str, Any]:
    return {"seconds": round(path.seconds, 4), "tasks": list(path.tasks)}


def value_text(value: Any) -> str:
    """Format a value of a spec, shortened."""
    return shown(_flow(value))


def _flow(value: Any) -> str:
    """Format JSON as one line of YAML without nulls. A column with its type is shown by its name."""
    if isinstance(value, dict):
        if value.keys() == _COLUMN:
            return str(value["name"])
        pairs = (f"{key}: {_flow(item)}" for key, item in value.items() if item is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _list_change(was: Any, now: Any) -> str:
    """Format which parts are new and which are gone. Columns are named without their split."""
    if not (isinstance(was, list) and isinstance(now, list)):
        return "another list"
    before, after = ({place_of(name)[1] or name for name in map(str, names)} for names in (was, now))
    added = [f"+{name}" for name in sorted(after - before)]
    removed = [f"-{name}" for name in sorted(before - after)]
    return ", ".join([*added, *removed]) or "in another order"
