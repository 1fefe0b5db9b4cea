"""Writes what a monitored log shows as an HTML page or as Markdown."""

from __future__ import annotations

from mlbuild.cli.output.monitoring.findings import Findings
from mlbuild.cli.output.monitoring.parts import head_of, parts_of
from mlbuild.reports.writing.markdown import escaped, markdown
from mlbuild.reports.writing.page import page, words_html
from mlbuild.shown import shown


def findings_page(found: Findings) -> str:
    """Return the page. Equal findings give equal pages."""
    return page(_title(found), [words_html(one) for one in head_of(found)], parts_of(found))


def findings_md(found: Findings) -> list[str]:
    """Return the lines of Markdown. Pictures are left out; the tables say the same."""
    lines = [f"## {escaped(_title(found))}", "", *markdown(head_of(found))]
    for part in parts_of(found):
        lines += [f"### {escaped(part.title)}", "", *markdown(part.blocks)]
    return lines[:-1]


def _title(found: Findings) -> str:
    return f"Monitoring of {shown(found.name)}"
