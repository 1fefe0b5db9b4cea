"""The rule that strings match a regular expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.rule import ColumnKeys, Example, Rule
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Json, Text, field

if TYPE_CHECKING:
    import polars as pl


#: Characters, sets of them and escaped marks, each with a number of times, and alternatives of these.
_SOME = r"\[\^?(?:[A-Za-z0-9 _:;,/@#.+*()?!=<>%'\"$](?:-[A-Za-z0-9])?)+-?\]"
_ONE = rf"(?:[A-Za-z0-9 _:;,/@#'\"=!<>&%~-]|\\[.+*?()|\[\]{{}}^$\\-]|{_SOME})"
_PLAIN = re.compile(rf"(?:{_ONE}(?:[?*+]|\{{[0-9]{{1,3}}(?:,[0-9]{{1,3}})?\}})?|\|)*")
#: How often parts of a pattern can match different numbers of characters: at most one without a limit, and two others.
_UNLIMITED, _LIMITED = re.compile(r"[*+]"), re.compile(r"[?]|\{[0-9]+,")


@frozen
class Pattern(Rule):
    """The whole value matches `pattern`."""

    rule = "pattern"
    dtypes = ("string",)
    examples = (
        Example(
            {"dtype": "string", "pattern": "C[0-9]{2}"},
            keeps=["C00", "C42"],
            breaks=["c00", "C0", "C000", " C00", "C00\n"],
        ),
        Example({"dtype": "string", "pattern": "a|b"}, keeps=["a", "b"], breaks=["ab", "ax"]),
    )

    pattern: str | None = field(
        Text(),
        "Regular expression that the whole value must match, in the syntax of Rust's regex crate, which polars uses "
        "(string only).",
        default=None,
        examples=("[A-Z]{2}[0-9]+",),
    )

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.pattern is None:
            return
        yield from column.rule(Categories).replaces("pattern")
        # Both, because 'a)(b' is valid only between parentheses, and '(?x)a #b' only without them.
        reason = _refused(self.pattern) or _refused(_whole(self.pattern))
        if reason:
            message = f"'pattern' is not a valid regular expression: {reason}"
            yield Problem("wrong-value", message, ("pattern",), "see https://docs.rs/regex for the syntax")

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        assert self.pattern is not None
        return pl.col(name).str.contains(_whole(self.pattern))

    def keywords(self, dtype: str) -> Json:
        """Only for patterns that mean the same in all languages, and that no engine takes long to match."""
        pattern = self.pattern or ""
        fast = len(_UNLIMITED.findall(pattern)) <= 1 and len(_LIMITED.findall(pattern)) <= 2
        return {"pattern": f"^(?:{pattern})$"} if fast and _PLAIN.fullmatch(pattern) else {}


def _whole(pattern: str) -> str:
    """Return a pattern that matches only whole values."""
    return rf"\A(?:{pattern})\z"


def _refused(pattern: str) -> str | None:
    """Return the reason why polars cannot use a pattern. Only specs with patterns pay for the import."""
    import polars as pl
    from polars.exceptions import ComputeError

    try:
        pl.Series([""]).str.contains(pattern)
    except ComputeError as error:
        text = str(error).partition("\n\nThis error")[0]
        return text.rpartition("error: ")[2].strip()
    return None
