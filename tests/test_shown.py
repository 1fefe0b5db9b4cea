"""Text from outside becomes a short, visible part of a line, whatever it contains."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlbuild.diagnostics import Diagnostic, Failure, Problem, Rejected, Related, Span
from mlbuild.shown import LONGEST, LONGEST_MESSAGE, cut, line, shown, told, visible

#: What CI runners interpret as commands: GitHub's current and old ones, Azure's, and TeamCity's.
COMMANDS = [
    "::error::x",
    "  ::add-mask::x",
    "\u00a0::stop-commands::x",
    "##[error]x",
    "a ##vso[task.x]b",
    "##teamcity[x]",
]
TEXTS = st.text() | st.lists(
    st.sampled_from(["'", " ", "\n", "\r", "\x1b", "\u202e", "##", "[", "::", "é", "島", "…", "x" * 50])
).map("".join)


def harmless(text: str) -> bool:
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return not any(unicodedata.category(char) in unseen for char in text) and not re.search(
        r"##[\w.-]*\[", text
    )


@given(TEXTS)
@example("\ud800\x00\x85\u2028\U000e0001\ufeff")
@example("###[x")
def test_everything_can_be_seen(text: str) -> None:
    for seen in (visible(text), line(text), shown(text), told(text)):
        assert harmless(seen)
    assert not line(text).lstrip().startswith("::")


@given(TEXTS, st.integers(1, 40))
def test_values_and_messages_are_short(text: str, times: int) -> None:
    long = text * times
    assert len(shown(long)) <= LONGEST
    assert len(told(long)) <= LONGEST_MESSAGE
    assert len(told(f"the value '{long.replace(chr(39), '')}' is wrong")) <= LONGEST + 21


@given(TEXTS)
def test_showing_again_changes_nothing(text: str) -> None:
    for show in (visible, line, shown, told):
        assert show(show(text)) == show(text)


@given(
    st.text(
        st.characters(whitelist_categories=["L", "N", "P", "S", "M"], blacklist_characters="#:'"),
        max_size=LONGEST,
    )
)
def test_what_is_short_and_visible_stays(text: str) -> None:
    assert visible(text) == line(text) == shown(text) == told(text) == text


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_a_command(command: str) -> None:
    seen = line(command)
    assert not re.match(r"\s*::", seen) and "##" not in seen and not re.search(r"##\S*\[", seen)


def test_the_ends_of_a_long_value_are_shown() -> None:
    assert cut("a" * 100 + "b" * 100) == "a" * 53 + "…" + "b" * 26
    assert (
        told(f"no file '{'a' * 100}.csv' or '{'b' * 80}'")
        == f"no file '{'a' * 53}…{'a' * 22}.csv' or '{'b' * 80}'"
    )
    assert told("x" * 100 + " is one word") == "x" * 53 + "…" + "x" * 26 + " is one word"
    own = f"'a' {'and so on ' * 12}'b', which isn't {'long ' * 20}at 'all'"
    assert told(own) == own


def test_what_people_are_told_of_mistakes_is_shown() -> None:
    hostile, seen, span = "\x1b[2J\n::error::", r"\x1b[2J\n::error::", Span("a", 1, 1, 1, 1)
    diagnostic = Diagnostic("empty", hostile, span, hostile, (Related(hostile, span),), lines=(hostile,))
    told_of = (diagnostic.message, diagnostic.help, diagnostic.related[0].message, *diagnostic.lines)
    assert set(told_of) == {seen}
    assert Failure("data", hostile).message == seen
    assert str(Rejected(Problem("empty", hostile))) == seen


def test_long_texts_cost_little() -> None:
    for text in ("x'" + "\x1b" * 20_000_000, "\x1b '" * 5_000_000, "'" * 10_000_000, "##[" * 5_000_000):
        assert len(told(text)) <= LONGEST_MESSAGE and len(shown(text)) <= LONGEST
