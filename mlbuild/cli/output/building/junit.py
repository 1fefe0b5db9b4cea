"""The option `--junit`: writes how the tests and gates of a build ended as a JUnit XML file, which CI systems show."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mlbuild.cli.output.building.verdicts import Tested
from mlbuild.cli.output.written import written_file
from mlbuild.shown import visible

_TAGS = {"failed": "failure", "skipped": "skipped"}


def add_junit(parser: argparse.ArgumentParser, what: str) -> None:
    """Let a command write a JUnit file."""
    parser.add_argument(
        "--junit", metavar="FILE", help=f"also write the results of {what} to a JUnit XML file"
    )


def write_junit(file: str, project: str, found: Sequence[Tested]) -> None:
    """Write the tests and gates of a project to a file.

    Raises:
        Stopped: It cannot be written.
    """
    written_file(file, _suite(project, found).encode())


def _suite(project: str, found: Sequence[Tested]) -> str:
    failed, skipped = (sum(one.outcome == kind for one in found) for kind in _TAGS)
    seconds = sum(one.seconds for one in found)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuite name={_quoted(project)} tests="{len(found)}" failures="{failed}" skipped="{skipped}" '
        f'errors="0" time="{seconds:.3f}">',
    ]
    for one in found:
        lines.append(
            f"  <testcase classname={_quoted(one.output)} name={_quoted(one.name)} "
            f'file={_quoted(one.place[0])} line="{one.place[1]}" time="{one.seconds:.3f}">'
        )
        said = _text("\n".join([one.text, *one.lines]))
        tag = _TAGS.get(one.outcome)
        lines.append(
            f"    <{tag} message={_quoted(one.text)}>{said}</{tag}>"
            if tag
            else f"    <system-out>{said}</system-out>"
        )
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def _quoted(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # it imports clients of networks

    return quoteattr(visible(text))


def _text(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape("\n".join(map(visible, text.split("\n"))))
