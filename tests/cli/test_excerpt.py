"""Carets are below the right characters, whatever precedes them in the line."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.cli.output.problems.excerpt import WIDEST, Texts, marked
from mlbuild.diagnostics import Span
from mlbuild.shown import visible
from mlbuild.spec.layers.bounds import EVERYWHERE
from tests.budget import examples


def span(line: int, column: int, end: int, file: str = "mlbuild.yaml") -> Span:
    return Span(file, line, column, line, end)


@pytest.mark.parametrize(
    ("line", "meant", "shown", "carets"),
    [
        pytest.param("op: imput", "imput", "op: imput", "    ^^^^^", id="plain"),
        pytest.param("\top: imput", "imput", "    op: imput", "        ^^^^^", id="a tab is four blanks"),
        pytest.param("a\tb: imput", "imput", "a    b: imput", "        ^^^^^", id="a tab inside the line"),
        pytest.param("島: [x, ý]", "ý", "島: [x, ý]", "        ^", id="wide before"),
        pytest.param("a: 島島 b", "島島", "a: 島島 b", "   ^^^^", id="wide itself"),
        pytest.param("🐧🐧: mass", "mass", "🐧🐧: mass", "      ^^^^", id="emoji"),
        pytest.param("cafe\u0301: mass", "mass", "cafe\u0301: mass", "      ^^^^", id="combining before"),
        pytest.param("a: cafe\u0301", "cafe\u0301", "a: cafe\u0301", "   ^^^^", id="combining itself"),
        pytest.param("a\x07: mass", "mass", "a\\x07: mass", "       ^^^^", id="a control character"),
        pytest.param("a: \x00", "\x00", "a: \\x00", "   ^^^^", id="a NUL itself"),
        pytest.param("a\u202e: mass", "mass", "a\\u202e: mass", "         ^^^^", id="a turn of direction"),
        pytest.param("a\u2028: mass", "mass", "a\\u2028: mass", "         ^^^^", id="a line separator"),
        pytest.param("a\x85: mass", "mass", "a\\x85: mass", "       ^^^^", id="a next-line character"),
        pytest.param("a:   ", "", "a:", "^", id="nothing"),
    ],
)
def test_carets_stand_below_what_is_meant(line: str, meant: str, shown: str, carets: str) -> None:
    start = line.index(meant)
    assert marked(line, start, start + len(meant)) == (shown, carets)


@pytest.mark.parametrize(
    ("start", "end", "shown", "carets"),
    [
        pytest.param(0, 3, "012" + "." * 97 + "…", "^^^", id="at the beginning"),
        pytest.param(500, 503, "…" + "." * 40 + "500" + "." * 57 + "…", " " * 41 + "^^^", id="inside"),
        pytest.param(997, 1000, "…" + "." * 40 + "997", " " * 41 + "^^^", id="at the end"),
        pytest.param(2, 990, ".." + "x" * 98 + "…", "  " + "^" * 98, id="longer than a line"),
        pytest.param(300, 990, "…" + "." * 40 + "x" * 60 + "…", " " * 41 + "^" * 60, id="both"),
    ],
)
def test_a_long_line_is_cut_around_what_is_meant(start: int, end: int, shown: str, carets: str) -> None:
    meant = "x" * (end - start) if end - start > 3 else f"{start:03}" if start else "012"
    line = "." * start + meant + "." * (1000 - end)
    assert marked(line, start, end) == (shown, carets)


def test_a_line_that_just_fits_is_whole() -> None:
    line = "a" * WIDEST
    assert marked(line, 99, 100) == (line, " " * 99 + "^")
    assert marked(line + "b", 99, 100) == ("…" + "a" * 41 + "b", " " * 41 + "^")


def columns(text: str) -> int:
    """Return the number of terminal columns of a text without control characters."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char) in ("Mn", "Me") for char in text)


@settings(max_examples=examples(200, 20_000))
@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 20))
def test_any_line_stays_in_one_line_with_carets_inside_it(line: str, start: int, length: int) -> None:
    line = line.replace("\n", "").replace("\r", "")
    start = min(start, len(line))
    shown, carets = marked(line, start, start + length)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in shown)
    # Two cuts, and an escape that ends beyond the edge.
    assert columns(shown) <= WIDEST + 2
    assert carets.strip(" ") == "^" * len(carets.strip(" "))
    assert len(carets) <= max(columns(shown), WIDEST + 12)


def test_a_text_is_told_in_one_line() -> None:
    assert visible("a\nb\tc\x1b[31m é 島") == "a\\nb\\tc\\x1b[31m é 島"


@pytest.mark.parametrize(
    ("content", "place", "shown"),
    [
        pytest.param(b"a: 1\r\nb: 2\r\n", span(2, 4, 5), ("b: 2", "   ^"), id="CRLF"),
        pytest.param(b"a: 1\rb: 2\r", span(2, 4, 5), ("b: 2", "   ^"), id="CR"),
        pytest.param(b"\xef\xbb\xbfa: 1\n", span(1, 4, 5), ("a: 1", "   ^"), id="a byte order mark"),
        pytest.param(
            "a: '\u2028\x85'\nb: 2\n".encode(), span(2, 4, 5), ("b: 2", "   ^"), id="no line breaks"
        ),
        pytest.param(b"a: \xe9\n", span(1, 4, 4), ("a: \ufffd", "   ^"), id="not UTF-8"),
        pytest.param("a: 1\n".encode("utf-16"), span(1, 1, 1), ("a: 1", "^"), id="UTF-16"),
        pytest.param(b"a: 1\n", span(2, 1, 1), ("", "^"), id="behind the last line break"),
        pytest.param(b"a: 1\n", span(3, 1, 1), None, id="no such line"),
        pytest.param(b"", span(1, 1, 1), None, id="an empty file"),
        pytest.param(b"a: [\n1]\n", Span("mlbuild.yaml", 1, 4, 2, 3), ("a: [", "   ^"), id="over two lines"),
    ],
)
def test_lines_are_those_that_spans_count(
    content: bytes,
    place: Span,
    shown: tuple[str, str] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "mlbuild.yaml").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert Texts(bounds=[EVERYWHERE]).excerpt(place) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a: postgresql://bob:s3cret@host/db", "a: postgresql://bob:******@host/db"),
        (
            "a: 'pg://bob:p%40:x@h', b: \"pg://u:pw@h/?password=q&x=1\"",
            "a: 'pg://bob:******@h', b: \"pg://u:**@h/?password=*&x=1\"",
        ),
        ("a: https://host:8080/x, b: c@d", "a: https://host:8080/x, b: c@d"),
    ],
)
def test_a_password_is_covered(line: str, shown: str) -> None:
    assert marked(line, 0, 1)[0] == shown


def test_a_file_that_is_not_there_has_no_lines() -> None:
    assert Texts(bounds=[EVERYWHERE]).excerpt(span(1, 1, 1, "none.yaml")) is None
    assert Texts(bounds=[EVERYWHERE]).excerpt(span(1, 1, 1, "a\0b")) is None
    assert Texts({"<command line>": "mlbuild build x"}).excerpt(span(1, 15, 16, "<command line>")) == (
        "mlbuild build x",
        " " * 14 + "^",
    )
