"""`mlbuild why TARGET`: explain why a target would run or, if it is up to date, why it last ran."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from mlbuild import api
from mlbuild.cli.exits import OK
from mlbuild.cli.output.building.differing import Differing
from mlbuild.cli.output.building.reasons import decision_json, reason_text, telling
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import seconds_text, show, show_document
from mlbuild.cli.output.values import Values
from mlbuild.cli.project import load_spec
from mlbuild.cli.words import TARGETS
from mlbuild.data.faults import failure_lines
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.decide.records import Record, find_record
from mlbuild.engine.decide.stale import Blocked, Decision, FailedBefore, Fresh, Restorable, Stale, Unsure
from mlbuild.engine.queries.targets import match
from mlbuild.engine.store.store import open_store

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="+", metavar="TARGET", help=TARGETS)


def run(args: argparse.Namespace) -> int:
    spec = load_spec(args)
    plan = api.plan(spec)
    named = match(plan, args.targets)
    found = Values(args).decisions(api.foresee(spec, args.targets, planned=plan))
    decisions = {task.name: decision for task, decision in found}
    store = open_store(spec.root)
    differing = Differing(store)
    records = {name: find_record(store.local, name) for name in decisions if name in named}
    if args.json:
        tasks = [_json(name, decisions[name], record, differing) for name, record in records.items()]
        show_document(document("why", OK, {"tasks": tasks}))
        return OK
    for name, record in records.items():
        show(_told(name, decisions, record, named, differing))
    return OK


def _told(
    name: str,
    decisions: Mapping[str, Decision],
    record: Record | None,
    named: Collection[str],
    differing: Differing,
) -> list[str]:
    match decisions[name]:
        case Fresh(action=action, ingredients=now):
            found = f"{name} is up to date: its result comes from build {action.build}"
            return [found, *_last_text(record, now, differing)]
        case Stale(reasons=reasons, ingredients=now):
            rows = differing.before(record, now)
            return [f"{name} would run:", *_indented(differing.texts(reasons, rows))]
        case Restorable(reasons=reasons):
            return [
                f"{name} would be restored from the store without running:",
                *_indented(map(reason_text, reasons)),
            ]
        case Unsure() as unsure:
            return [f"{name} may run:", *_indented([*_changed(unsure), *_causes(name, decisions, named)])]
        case FailedBefore(failure=failure, action=action):
            head = f"{name} failed in build {action.build}: {failure.message}"
            return [head, *_indented(failure_lines(failure))]
        case Blocked(by=by):
            return [f"{name} cannot run: {', '.join(by)} failed"]


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _changed(decision: Decision) -> list[str]:
    """Return what has changed for a task itself, whatever it waits for."""
    reasons = decision.reasons if isinstance(decision, (Stale, Unsure)) else ()
    known = [one for one in reasons if isinstance(decision, Stale) or one.what != "never built"]
    return [*dict.fromkeys(map(reason_text, telling(known)))]


def _causes(name: str, decisions: Mapping[str, Decision], named: Collection[str]) -> list[str]:
    """Return the tasks that make it uncertain whether this one runs, with those of their reasons that are not
    printed anyway.

    Tasks that will certainly run come first. For the others, only their own changes are included.
    """
    lines, told = [], {*_changed(decisions[name])}
    others = _waited_for(name, decisions)
    for other in sorted(others, key=lambda other: (not isinstance(decisions[other], Stale), other)):
        decision = decisions[other]
        new = [] if other in named else [reason for reason in _changed(decision) if reason not in told]
        told.update(new)
        if isinstance(decision, Stale):
            lines += [f"{other} would run: {reason}" for reason in new] or [f"{other} would run"]
        else:
            lines += [f"{other} may run: {reason}" for reason in new]
    return lines


def _waited_for(name: str, decisions: Mapping[str, Decision]) -> set[str]:
    """Return the tasks that a task waits for, directly or indirectly."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        decision = decisions[waiting.pop()]
        fresh = set(decision.waiting) - found if isinstance(decision, Unsure) else set()
        found |= fresh
        waiting.extend(fresh)
    return found


def _last_text(record: Record | None, now: Ingredients, differing: Differing) -> list[str]:
    """Format when and why a task ran for its current result, ignoring later runs for other results."""
    if record is None or record.ran is None or record.key != now.key:
        return []
    run, told = record.ran, differing.texts(record.ran.reasons, differing.after(record))
    return [f"it last ran in build {run.build}, for {seconds_text(run.seconds)}:", *_indented(told)]


def _json(name: str, decision: Decision, record: Record | None, differing: Differing) -> dict[str, Any]:
    told = decision_json(name, decision)
    if isinstance(decision, Stale):
        told["reasons"] = differing.json(decision.reasons, differing.before(record, decision.ingredients))
    told["last"] = None
    if record and record.last:
        reasons = differing.json(record.last.reasons, differing.after(record))
        told["last"] = {"build": record.last.build, "seconds": record.last.seconds, "reasons": reasons}
    return told
