"""Reasons and decisions of the engine in words."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from mlbuild.cli.render import shown_path
from mlbuild.engine.reasons import Reason
from mlbuild.engine.stale import Blocked, Decision, FailedBefore, Fresh, Restorable, Stale, Unsure

#: What a decision is called in `plan`.
CALLED = {
    Stale: "RUN",
    Unsure: "MAYBE",
    Fresh: "REUSE",
    Restorable: "RESTORE",
    Blocked: "BLOCKED",
    FailedBefore: "FAILED",
}

_LONGEST = 60


def waiting_text(holder: int | None) -> str:
    """What is told before a wait for another process."""
    who = "" if holder is None else f" (process {holder})"
    return f"waiting for another build of this project{who}"


def reason_text(reason: Reason) -> str:
    """One reason as a phrase: `models.late.params.num_leaves: 63 -> 31 (mlbuild.yaml:48)`."""
    part = reason.part.rpartition("/")[2] or reason.part
    texts = {
        "never built": "it was never built",
        "forced": "it is forced",
        "param": f"{reason.where}: {_value(reason.was)} -> {_value(reason.now)}",
        "param added": f"{reason.where}: {_value(reason.now)} added",
        "param removed": f"{reason.where}: {_value(reason.was)} removed",
        "code": f"the code of {reason.where} changed",
        "code added": f"the code of {reason.where} is used now",
        "code removed": f"the code of {reason.where} is not used any more",
        "library": f"{reason.where} {reason.was} -> {reason.now}",
        "library added": f"{reason.where} {reason.now} is used now",
        "library removed": f"{reason.where} is not used any more",
        "file": f"the file {reason.where} changed",
        "file added": f"the file {reason.where} is read now",
        "file removed": f"the file {reason.where} is not read any more",
        "file missing": f"the file {reason.where} is missing",
        "input part": f"'{part}' of {reason.where} changed",
        "input added": f"'{part}' of {reason.where} is read now",
        "input removed": f"'{part}' of {reason.where} is not read any more",
        "input order": f"the order of what is read as '{reason.where}' changed",
        "parts": f"it gives other results: {_list_change(reason.was, reason.now)}",
        "result missing": "its stored result is gone",
        "export missing": f"{reason.where} is missing",
        "export edited": f"{reason.where} was edited",
        "export extra": f"{reason.where} does not belong there",
    }
    place = f" ({shown_path(reason.file)}:{reason.line})" if reason.line else ""
    return texts[reason.what] + place


def reasons_text(reasons: tuple[Reason, ...], most: int = 3) -> str:
    """The first few reasons in one line."""
    told = [reason_text(reason) for reason in reasons[:most]]
    more = f"and {len(reasons) - most} more" if len(reasons) > most else ""
    return "; ".join([*told, *([more] if more else [])])


def decision_text(decision: Decision) -> str:
    """Why a decision was taken; empty for a result that is simply reused."""
    match decision:
        case Stale(reasons=reasons) | Restorable(reasons=reasons):
            return reasons_text(reasons)
        case Unsure(waiting=waiting, reasons=reasons):
            changed = f"; {reasons_text(reasons)}" if reasons and reasons[0].what != "never built" else ""
            return f"depends on what {', '.join(waiting)} gives{changed}"
        case FailedBefore(failure=failure):
            return failure.message
        case Blocked(by=by):
            return f"{', '.join(by)} failed"
    return ""


def reason_json(reason: Reason) -> dict[str, Any]:
    """A reason as data, with its phrase."""
    return asdict(reason) | {"text": reason_text(reason)}


def decision_json(task: str, decision: Decision) -> dict[str, Any]:
    reasons = getattr(decision, "reasons", ())
    return {
        "task": task,
        "decision": CALLED[type(decision)].lower(),
        "reasons": [reason_json(reason) for reason in reasons],
        "waiting": list(getattr(decision, "waiting", ())),
        "text": decision_text(decision),
    }


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _list_change(was: Any, now: Any) -> str:
    if not (isinstance(was, list) and isinstance(now, list)):
        return "another list"
    before, after = set(was), set(now)
    added = [f"+{name}" for name in sorted(after - before)]
    removed = [f"-{name}" for name in sorted(before - after)]
    return ", ".join([*added, *removed]) or "in another order"
