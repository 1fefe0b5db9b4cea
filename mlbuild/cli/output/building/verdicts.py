"""Describes what the tests of a build found, for people, for programs and for CI systems that read JUnit files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from mlbuild.cli.output.printing import counted, shown_path
from mlbuild.data.faults import failure_lines
from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.pipeline.tasks.verdicts import gate, test
from mlbuild.shown import visible
from mlbuild.spec.spec import Spec

#: How a test ended. It is `skipped` if what it needs failed.
Outcome = Literal["passed", "failed", "warned", "skipped"]
_WORDS: Mapping[Outcome, str] = {"passed": "PASS", "failed": "FAIL", "warned": "WARN", "skipped": "SKIP"}
_STYLES: Mapping[Outcome, str] = {"passed": "ok", "failed": "error", "warned": "warning", "skipped": "dim"}


@frozen
class Tested:
    """How a test of an output ended. `cached` means that an earlier build found this out."""

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
    item, task = spec.tests[name], test.task_of(name)
    cached, seconds = task in result.reused, result.times.get(task, 0.0)
    if failure := result.failures.get(task):
        outcome: Outcome = "failed"
        text, lines, cached = failure.message, failure_lines(failure), task in result.remembered
    elif action := result.actions.get(task):
        report = json.loads(store.contents.get(action.digests[test.REPORT]) or b"null")
        outcome, text = "passed" if report["passed"] else "warned", report["text"]
        found = [Failure("gate", one["message"], one.get("details", {})) for one in report["findings"]]
        lines = [line for one in found for line in failure_lines(one)]
    elif task in result.blocked:
        outcome, text, lines = "skipped", "did not run, because one of its dependencies failed", []
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
    """Return what the gates of an output found, if they were judged and let it pass."""
    action = result.actions.get(gate.task_of(output))
    content = store.contents.get(action.digests[gate.REPORT]) if action else None
    return json.loads(content)["gates"] if content else []


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


def junit(project: str, tests: Iterable[Tested]) -> str:
    """Return the tests as a JUnit file."""
    tests = [*tests]
    failed, skipped = (sum(one.outcome == kind for one in tests) for kind in ("failed", "skipped"))
    seconds = sum(one.seconds for one in tests)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuite name={_quoted(project)} tests="{len(tests)}" failures="{failed}" skipped="{skipped}" '
        f'errors="0" time="{seconds:.3f}">',
    ]
    for one in tests:
        lines.append(
            f"  <testcase classname={_quoted(one.output)} name={_quoted(one.name)} "
            f'file={_quoted(one.place[0])} line="{one.place[1]}" time="{one.seconds:.3f}">'
        )
        said = _text("\n".join([one.text, *one.lines]))
        tag = {"failed": "failure", "skipped": "skipped"}.get(one.outcome)
        lines.append(
            f"    <{tag} message={_quoted(one.text)}>{said}</{tag}>"
            if tag
            else f"    <system-out>{said}</system-out>"
        )
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def _quoted(text: str) -> str:
    return quoteattr(visible(text))


def _text(text: str) -> str:
    return escape("\n".join(map(visible, text.split("\n"))))
