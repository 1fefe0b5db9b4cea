"""`mlbuild report` says where a report is, also that of a trial, and `diff --html` writes a page about two builds."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, WITHOUT_X, visits
from tests.reports.pages import Page
from tests.reports.test_report import ELEMENTS

#: A browser that writes down which address it should open.
BROWSER = '#!/bin/sh\necho "$1" > opened\n'


@pytest.fixture
def project(mlbuild: Command) -> Command:
    visits(mlbuild.folder, SPEC + "  silent: {model: one, report: false}\n")
    assert mlbuild("build").code == 0
    return mlbuild


def test_the_published_report_is_named_and_opened(project: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project("report", "one").out == "dist/one/report.html\n"
    told = json.loads(project("report", "one", "--json").out)
    assert (told["output"], told["file"]) == ("one", "dist/one/report.html")
    browser = project.folder / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    assert project("report", "one", "--open").code == 0
    assert (project.folder / "opened").read_text().strip() == (
        project.folder / "dist/one/report.html"
    ).as_uri()


def test_the_report_on_a_trial_is_written_to_a_file(project: Command) -> None:
    before = (project.folder / "dist/one/report.html").read_bytes()
    done = project("report", "one", "--set", WITHOUT_X, "-o", "trial.html")
    assert (done.code, done.out) == (0, "trial.html\n")
    assert (project.folder / "trial.html").read_bytes() != before
    assert (project.folder / "dist/one/report.html").read_bytes() == before, "nothing is published"
    (project.folder / "dist/one/report.html").unlink()
    unpublished = project("report", "one")
    assert (unpublished.code, unpublished.out) == (0, ".mlbuild/reports/one.html\n")
    assert unpublished.err == "mlbuild: the model that this report is about is not published as 'one'\n"
    assert (project.folder / ".mlbuild/reports/one.html").read_bytes() == before, "the store has it"
    assert "# one\n" in (project.folder / ".mlbuild/reports/one.md").read_text()
    assert project("report", "one", "-q").err == ""


REFUSED = (
    SPEC.replace("{model: one}", "{model: one, gates: [{gate: metric, metric: roc_auc, min: 0.5}]}").replace(
        "    params:\n      C: 1.0\n", "    params: {C: 1.0}\n"
    )
    + """\
tests:
  high: {output: one, given: {x: 3.0, z: 0.0}, expect: {label: true}}
"""
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("min: 0.5", "min: 0.9999"), "metric roc_auc &gt;= 0.9999"),
        (("label: true", "label: false"), "label true, expected false"),
    ],
    ids=["gate", "test"],
)
def test_a_report_tells_why_a_model_is_not_published(
    mlbuild: Command, change: tuple[str, str], said: str
) -> None:
    file = visits(mlbuild.folder, REFUSED)
    assert mlbuild("build", "-j", "1").code == 0
    published = mlbuild.folder / "dist/one/report.html"
    before, card = published.read_bytes(), mlbuild.folder / "dist/one/MODEL_CARD.md"
    assert "not published" not in published.read_text() + card.read_text()
    file.write_text(REFUSED.replace(*change))
    done = mlbuild("build", "-j", "1")
    assert done.code == 4 and published.read_bytes() == before
    assert "dist/one/model.onnx: out of date, not changed; 'mlbuild report one' tells why" in done.out
    named = mlbuild("report", "one")
    assert (named.code, named.out) == (0, ".mlbuild/reports/one.html\n")
    page = (mlbuild.folder / named.out.strip()).read_text()
    assert said in page and "not published: a gate or test failed" in page
    again = (mlbuild.folder / ".mlbuild/reports/one.md").read_text()
    assert "**This model was not published, because a gate or test failed.**" in again
    file.write_text(REFUSED)
    assert mlbuild("build", "-j", "1").code == 0 and mlbuild("report", "one").out == "dist/one/report.html\n"


def test_a_model_that_was_never_published_has_a_report(mlbuild: Command) -> None:
    visits(mlbuild.folder, REFUSED.replace("min: 0.5", "min: 0.9999"))
    done = mlbuild("build", "-j", "1")
    assert done.code == 4 and "one: not published; 'mlbuild report one' tells why" in done.out.splitlines()
    assert not (mlbuild.folder / "dist").exists()
    (output,) = json.loads(mlbuild("build", "-j", "1", "--json").out)["outputs"]
    assert (output["artifact"], output["stale"], output["report"]) == (None, True, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["oone"], 2, "there is no output 'oone'\n  help: did you mean 'one'?\n"),
        (["zzz"], 2, "there is no output 'zzz'\n  help: outputs: one, silent\n"),
        (["silent"], 2, "output 'silent' has 'report: false'"),
        (["one", "-o", "missing/file.html"], 7, "cannot write 'missing/file.html': no such file"),
    ],
)
def test_mistakes(project: Command, words: list[str], code: int, said: str) -> None:
    done = project("report", *words)
    assert (done.code, done.out) == (code, "") and said in done.err


def test_a_comparison_is_a_page(project: Command) -> None:
    assert project("build", "--set", WITHOUT_X).code == 0
    done = project("diff", "--html", "cmp.html", "--predictions")
    assert (done.code, done.out) == (0, "cmp.html\n")
    page = Page((project.folder / "cmp.html").read_text())
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    texts = [text for _, text in page.texts]
    lines = project("diff", "--predictions").out.splitlines()
    headings = [text for path, text in page.texts if path[-1] == "h2"]
    assert headings == [lines[at + 1] for at, line in enumerate(lines) if not line], (
        "it says what the text says"
    )
    assert "worse" in texts and page.of("svg")
    wrong = project("diff", "--html", "cmp.html", "--md")
    assert wrong.code == 2 and "only one of --md, --html and --json" in wrong.err


def test_equal_comparisons_give_equal_pages(project: Command) -> None:
    for name in ("first.html", "second.html"):
        assert project("diff", "last", "last", "--html", name).code == 0
    first, second = ((project.folder / name).read_bytes() for name in ("first.html", "second.html"))
    assert first == second
