"""The report about an output, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import BAD, GOOD, WARN, Badge, Cell, Interval, Name, Number, words
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections import SECTIONS
from mlbuild.reports.writing.page import page, words_html


def report(facts: Facts) -> str:
    """Return the page. Equal facts give equal bytes: it has no time, no place and no name of a build."""
    found = [section().part(facts) for section in SECTIONS]
    about = facts.about
    head = [
        words(Badge("verified", GOOD), *verdicts(facts)),
        words(
            "Model",
            Name(about["model"]),
            "of type",
            Name(about["type"]),
            "predicts",
            Name(about["target"]),
            "in project",
            Name(about["project"]),
        ),
        *([words(about["description"])] if about["description"] else []),
    ]
    title = f"Report on {about['output']}"
    return page(title, [words_html(one) for one in head], [part for part in found if part])


def verdicts(facts: Facts) -> Iterator[Cell]:
    """Yield in few words what was found, the most important first."""
    if facts.refused:
        yield Badge("not published: a gate or test failed", BAD)
    gates = facts.part("gates.json").get("gates", ())
    passed = sum(one["verdict"] == "pass" for one in gates)
    if gates:
        yield Badge(f"{passed} of {len(gates)} gates passed", GOOD if passed == len(gates) else WARN)
    kept = sum(one["outcome"] == "passed" for one in facts.tests.values())
    if facts.tests:
        yield Badge(f"{kept} of {len(facts.tests)} tests passed", GOOD if kept == len(facts.tests) else WARN)
    count = len(facts.findings)
    if count:
        yield Badge(f"{count} {'finding' if count == 1 else 'findings'}", WARN)
    if facts.split is not None and facts.labels:
        name = facts.labels[0]
        value, interval = facts.metrics[facts.split][name], facts.intervals.get(name)
        yield (Name(name), "of the", facts.split, "rows:", Number(value), Interval(interval))
