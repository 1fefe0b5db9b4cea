"""Describes what the tests and gates of a build found, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from mlbuild.cli.output.printing import counted, shown_path
from mlbuild.data.faults import failure_lines
from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.pipeline.tasks.verdicts import gate, test
from mlbuild.spec.spec import Spec

#: How a test or a gate ended. It is `skipped` if what it needs failed, and a gate also if the rows do not decide, or
#: there is no baseline, and the spec accepts that.
Outcome = Literal["passed", "failed", "warned", "skipped"]
_WORDS: Mapping[Outcome, str] = {"passed": "PASS", "failed": "FAIL", "warned": "WARN", "skipped": "SKIP"}
_BLOCKED = "did not run, because one of its dependencies failed"
_STYLES: Mapping[Outcome, str] = {"passed": "ok", "failed": "error", "warned": "warning", "skipped": "dim"}


@frozen
class Tested:
    """How a test or a gate of an output ended. `cached` means that an earlier build found this out."""

    name: str
    output: str
    outcome: Outcome
    text: str
    lines: tuple[str, ...]
    cached: bool
    seconds: float
    place: tuple[str, int]

    def to_json(self) -> Json:
        told = {key: vars(self)[key] for key in ("output", "outcome", "text", "cached", "seconds")}
        return {
            "test": self.name,
            **told,
            "lines": [*self.lines],
            "file": self.place[0],
            "line": self.place[1],
        }

    @property
    def word(self) -> str:
        return _WORDS[self.outcome]

    @property
    def style(self) -> str:
        return _STYLES[self.outcome]


def tested(spec: Spec, result: BuildResult, store: DiskStore) -> list[Tested]:
    """Return the tests that a build was asked for, in the order of the spec."""
    return [one for name in spec.tests for one in _tested(spec, name, result, store)]


def _tested(spec: Spec, name: str, result: BuildResult, store: DiskStore) -> Iterator[Tested]:
    item, task, tried = spec.tests[name], test.task_of(name), test.try_of(name)
    cached, seconds = tried in result.reused, result.times.get(tried, 0.0)
    outcome: Outcome
    if action := result.actions.get(tried):
        report = json.loads(store.contents.get(action.digests[test.REPORT]) or b"null")
        outcome, text = report["outcome"], report["text"]
        lines = [] if outcome == "passed" else failure_lines(Failure("gate", text, report["details"]))
    elif failure := result.failures.get(tried):
        outcome, text, lines = "failed", failure.message, failure_lines(failure)
        cached = tried in result.remembered
    elif task in result.blocked:
        outcome, text, lines = "skipped", _BLOCKED, []
    else:
        return
    yield Tested(name, item.output, outcome, text, tuple(lines), cached, seconds, spec.place(item.at))


def summary(tests: Sequence[Json]) -> list[str]:
    """Return the line about the tests of an output in the results of a build."""
    if not tests:
        return []
    passed = [one for one in tests if one["outcome"] == "passed"]
    cached = sum(one["cached"] for one in passed)
    # What a build without anything to do prints must not depend on whether it looked.
    some = cached and not all(one["cached"] for one in tests)
    told = f"{len(passed)} passed" + (f" ({cached} cached)" if some else "")
    warned = sum(one["outcome"] == "warned" for one in tests)
    return [f"  tests: {told}" + (f", {counted(warned, 'warning')}" if warned else "")]


def gates_of(output: str, result: BuildResult, store: DiskStore) -> list[Json]:
    """Return what the gates of an output found, if they were judged."""
    action = result.actions.get(gate.judge_of(output))
    content = store.contents.get(action.digests[gate.REPORT]) if action else None
    return json.loads(content)["gates"] if content else []


def judged(spec: Spec, result: BuildResult, store: DiskStore) -> list[Tested]:
    """Return the gates that a build was asked for, in the order of the spec."""
    return [
        one
        for name, output in spec.outputs.items()
        if output.gates
        for one in _judged(spec, name, result, store)
    ]


def _judged(spec: Spec, output: str, result: BuildResult, store: DiskStore) -> Iterator[Tested]:
    task, gates = gate.judge_of(output), spec.outputs[output].gates
    if not any(task in some for some in (result.actions, result.failures, result.blocked)):
        return
    cached = task in result.reused or task in result.remembered
    found, seconds = gates_of(output, result, store), result.times.get(task, 0.0) / len(gates)
    failure = result.failures.get(task)
    for index, one in enumerate(gates):
        if found:
            outcome, text = found[index]["outcome"], gate.line(found[index])
        elif failure:  # it was not judged
            outcome, text = "failed", failure.message
        else:
            outcome, text = "skipped", _BLOCKED
        place = spec.place((*spec.outputs[output].at, "gates", index))
        yield Tested(one.words, output, outcome, text, (), cached, seconds, place)


def gates_summary(gates: Sequence[Json]) -> list[str]:
    """Return the lines about the gates of an output in the results of a build: those that did not pass in detail."""
    if not gates:
        return []
    others = [one for one in gates if one["verdict"] != "pass"]
    counts = Counter(one["verdict"].replace("_", " ") for one in others)
    told = [f"{len(gates) - len(others)} passed", *(f"{count} {word}" for word, count in counts.items())]
    lines = [f"    {one['verdict'].upper()}  {one['words']}: {one['text']}" for one in others]
    return [f"  gates: {', '.join(told)}", *lines]


def table(tests: Sequence[Tested], paint: Any) -> list[str]:
    """Return the lines about each test, and their number."""
    width = max((len(one.name) for one in tests), default=0)
    lines = []
    for one in tests:
        place = "" if one.outcome == "passed" else f"  ({shown_path(one.place[0])}:{one.place[1]})"
        cached = "  (cached)" if one.cached else ""
        lines.append(f"{paint(one.style, one.word)}  {one.name:<{width}}  {one.text}{cached}{place}")
        lines += [f"      {line}" for line in one.lines]
    counts = Counter(one.outcome for one in tests)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in _WORDS if counts[outcome])
    return [*lines, f"{counted(len(tests), 'test')}: {told or 'none are defined'}"]
