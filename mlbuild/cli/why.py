"""`mlbuild why TARGET`: why a target would run; when it is up to date, why it last ran."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.project import load_spec
from mlbuild.cli.render import SCHEMA_VERSION
from mlbuild.cli.wording import decision_json, reason_json, reason_text
from mlbuild.engine.records import Record, find_record
from mlbuild.engine.stale import Blocked, Decision, FailedBefore, Fresh, Restorable, Stale, Unsure
from mlbuild.engine.store import open_store
from mlbuild.engine.targets import match

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="tasks, model:NAME, output:NAME, globs")


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    named = match(api.plan(spec), args.targets)
    decisions = {task.name: decision for task, decision in api.foresee(spec, args.targets)}
    store = open_store(spec.root)
    records = {name: find_record(store, name) for name in decisions if name in named}
    if args.json:
        document = {"schema_version": SCHEMA_VERSION, "command": "why", "ok": True, "exit_code": OK}
        tasks = [
            decision_json(name, decisions[name]) | _last_json(record) for name, record in records.items()
        ]
        print(json.dumps(document | {"tasks": tasks}, indent=2))
        return OK
    for name, record in records.items():
        print("\n".join(_told(name, decisions, record)))
    return OK


def _told(name: str, decisions: Mapping[str, Decision], record: Record | None) -> list[str]:
    match decisions[name]:
        case Fresh(action=action):
            return [f"{name} is up to date: its result is from build {action.build}", *_last_text(record)]
        case Stale(reasons=reasons):
            return [f"{name} would run:", *(f"  {reason_text(reason)}" for reason in reasons)]
        case Restorable(reasons=reasons):
            return [
                f"{name} would be restored, without running:",
                *(f"  {reason_text(one)}" for one in reasons),
            ]
        case Unsure(reasons=reasons):
            lines = [f"  {reason_text(reason)}" for reason in reasons if reason.what != "never built"]
            return [f"{name} may run:", *lines, *_causes(name, decisions)]
        case FailedBefore(failure=failure, action=action):
            return [f"{name} failed in build {action.build}: {failure.message}"]
        case Blocked(by=by):
            return [f"{name} cannot run: {', '.join(by)} failed"]


def _causes(name: str, decisions: Mapping[str, Decision]) -> list[str]:
    """The tasks whose running makes it uncertain, each with its own reasons."""
    lines, seen, waiting = [], {name}, [name]
    while waiting:
        decision = decisions[waiting.pop()]
        if isinstance(decision, Unsure):
            fresh = [other for other in decision.waiting if other not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
            for other in sorted(fresh):
                found = decisions[other]
                if isinstance(found, Stale):
                    lines += [f"  {other} would run: {reason_text(reason)}" for reason in found.reasons]
                elif isinstance(found, Unsure):
                    changed = [one for one in found.reasons if one.what != "never built"]
                    lines += [f"  {other} may run: {reason_text(reason)}" for reason in changed]
    return lines


def _last_text(record: Record | None) -> list[str]:
    if record is None or record.last is None:
        return []
    return [
        f"it last ran in build {record.last.build}, for {record.last.seconds:.2f} s:",
        *(f"  {reason_text(reason)}" for reason in record.last.reasons),
    ]


def _last_json(record: Record | None) -> dict[str, object]:
    if record is None or record.last is None:
        return {"last": None}
    reasons = [reason_json(reason) for reason in record.last.reasons]
    return {"last": {"build": record.last.build, "seconds": record.last.seconds, "reasons": reasons}}
