"""How the texts of a column in a file become values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, cast

from mlbuild.columns import DTYPES, NUMERIC, TEMPORAL
from mlbuild.data.casts import cast as cast_exactly
from mlbuild.data.readings.time_formats import to_iso, wrong_format
from mlbuild.data.readings.zones import is_known, near_zones, to_utc
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.moments import FIRST, LAST
from mlbuild.params import Choice, Described, ListOf, Text, field

if TYPE_CHECKING:
    import polars as pl

#: Spaces around the parts of a value. Programs that separate thousands or units by spaces use the protected ones.
_SPACES = " \t\u00a0\u202f"
#: The dtypes that each key has an effect on. The others can be used with any dtype.
_DTYPES: Mapping[str, Sequence[str]] = {
    "decimal": NUMERIC,
    "thousands": NUMERIC,
    "true": ("bool",),
    "false": ("bool",),
    "format": TEMPORAL,
    "time_zone": ("datetime",),
    "ambiguous": ("datetime",),
}
#: How each separator can be written in a file.
_SEPARATORS = {" ": r"[ \x{a0}\x{202f}]", "'": "['’]"}
_NO_NUMBER = r"(?i)^[+-]?(inf(inity)?|nan)$"
_OFFSET = r"[T ][0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


@frozen
class Reading(Described):
    """How to read a column of a source."""

    from_: str | None = field(
        Text(), "Name of the column in the file. Default: the name in the contract.", default=None, key="from"
    )
    null_values: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, unique=True),
        "Strings that represent a missing value in this column, in addition to those of the source.",
        default=(),
        examples=(["-999"],),
    )
    prefix: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, unique=True),
        'Text to remove from the start of each value. A number can have a sign before this text. Add `""` to the list if '
        "some values do not have it.",
        default=(),
        examples=("$",),
    )
    suffix: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, unique=True),
        'Text to remove from the end of each value. Add `""` to the list if some values do not have it.',
        default=(),
        examples=("%",),
    )
    decimal: str = field(
        Choice({".": "as in `1.5`", ",": "as in `1,5`"}), "Decimal separator of numbers.", default="."
    )
    thousands: str | None = field(
        Choice(
            {
                ",": "as in `1,234,567`",
                ".": "as in `1.234.567`",
                " ": "as in `1 234 567`, also with non-breaking spaces",
                "'": "as in `1'234'567`, also with `’`",
                "_": "as in `1_234_567`",
            }
        ),
        "Separator of groups of three digits. A number can also be written without it.",
        default=None,
    )
    true: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, unique=True),
        "Case-insensitive words for true. They replace `true` and require `false`.",
        default=(),
        examples=(["yes", "y"],),
    )
    false: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, unique=True),
        'Case-insensitive words for false. `""` stands for an empty field, which is otherwise a missing value.',
        default=(),
        examples=(["no", "n"],),
    )
    format: str | None = field(
        Text(),
        "Format of dates or times, with the directives of Python's `strptime`. Default: ISO 8601.",
        default=None,
        examples=("%d.%m.%Y",),
    )
    time_zone: str | None = field(
        Text(),
        "Time zone of times without an offset, which are converted to UTC.",
        default=None,
        examples=("Europe/Berlin",),
    )
    ambiguous: str = field(
        Choice(
            {
                "refuse": "the value does not parse",
                "earlier": "the earlier one",
                "later": "the later one",
            }
        ),
        "Meaning of a local time that occurred twice because clocks were set back.",
        default="refuse",
    )

    def check(self) -> Iterator[Problem]:
        if self.thousands == self.decimal:
            message = f"'{self.thousands}' cannot be the separator of both thousands and decimals"
            other = "," if self.decimal == "." else "."
            yield Problem("contradiction", message, ("thousands",), f"""set 'decimal: "{other}"'""")
        for key, other in (("true", "false"), ("false", "true")):
            if vars(self)[key] and not vars(self)[other]:
                help_ = f"list the words that mean {other}"
                yield Problem("missing-key", f"'{key}' needs '{other}'", (key,), help_, on="key")
        both = {word.strip().casefold() for word in self.true} & {
            word.strip().casefold() for word in self.false
        }
        if both:
            yield Problem("contradiction", f"'{min(both)}' means both true and false", ("false",))
        if self.format is not None:
            yield from wrong_format(self.format, ("format",))
        if self.time_zone is not None and not is_known(self.time_zone):
            help_ = near_zones(self.time_zone) or "use a name of the IANA database, such as Europe/Berlin"
            yield Problem("unknown-time-zone", f"unknown time zone '{self.time_zone}'", ("time_zone",), help_)
        if self.ambiguous != "refuse" and self.time_zone is None:
            message = "'ambiguous' has no effect without 'time_zone'"
            yield Problem("no-effect", message, ("ambiguous",), "remove it, or add 'time_zone'", on="key")

    def judge(self, dtype: str) -> Iterator[Problem]:
        """Report keys that have no effect on a column of this dtype."""
        plain = Reading()
        for key, dtypes in _DTYPES.items():
            if dtype not in dtypes and dtype in DTYPES and vars(self)[key] != vars(plain)[key]:
                message = f"'{key}' has no effect on a column of dtype {dtype}"
                yield Problem(
                    "no-effect", message, (key,), f"it applies only to {', '.join(dtypes)}", on="key"
                )

    @property
    def empty_means(self) -> bool:
        """Whether an empty field is a value rather than a missing one."""
        return "" in (*self.true, *self.false)

    def without_nulls(self, raw: pl.Series) -> pl.Series:
        """Replace the `null_values` by null. In a column of numbers, these are the numbers that they denote."""
        import polars as pl

        if not self.null_values:
            return raw
        if raw.dtype == pl.String:
            return raw.set(raw.is_in([*self.null_values]), None)
        if raw.dtype == pl.Object:
            values = [None if str(one) in self.null_values else one for one in raw]
            return pl.Series(raw.name, values, pl.Object)
        if raw.dtype.is_numeric():
            words = cast_exactly(pl.Series([*self.null_values], dtype=pl.String), "float").drop_nulls()
            return raw.set(raw.cast(pl.Float64).is_in(words.to_list()), None)
        return raw

    def convert(self, present: pl.Series, dtype: str) -> pl.Series:
        """Convert values to a dtype, exactly or not at all. What cannot be converted becomes null."""
        import polars as pl

        texts = present
        if present.dtype.is_integer() and (dtype == "bool" or dtype in TEMPORAL):
            texts = present.cast(pl.String)
        if texts.dtype != pl.String:
            made = cast_exactly(texts, dtype)
            # With a time zone, it was converted to UTC already.
            return made if getattr(texts.dtype, "time_zone", None) else self._in_utc(made, dtype)
        texts = self._cut(texts, dtype)
        if dtype == "bool" and self.true:
            return self._from_words(texts)
        texts = self._plain(texts, dtype)
        return self._in_utc(cast_exactly(texts, dtype), dtype, texts.str.contains(_OFFSET))

    def _cut(self, texts: pl.Series, dtype: str) -> pl.Series:
        """Remove prefix and suffix; null for values without them."""
        if dtype != "string":
            texts = texts.str.strip_chars(_SPACES if self.prefix or self.suffix else " \t")
        sign = "(?P<sign>[+-]?)" if dtype in NUMERIC else "(?P<sign>)"
        for words, pattern, rest in (
            (self.prefix, f"^{sign}(?:{{}})", "${sign}"),
            (self.suffix, "(?:{})$", ""),
        ):
            if words:
                longest = sorted(words, key=len, reverse=True)
                found = pattern.format("|".join(map(re.escape, longest)))
                texts = texts.set(~texts.str.contains(found), None).str.replace(found, rest)
                texts = texts if dtype == "string" else texts.str.strip_chars(_SPACES)
        if self.prefix and dtype in NUMERIC:  # a space between the prefix and the number
            texts = texts.str.replace(r"^([+-])[ \t\x{a0}\x{202f}]+", "$1")
        return texts

    def _plain(self, texts: pl.Series, dtype: str) -> pl.Series:
        """Rewrite texts in the form that conversion expects; null for texts of another form."""
        if dtype in NUMERIC and (self.decimal != "." or self.thousands is not None):
            return self._number(texts)
        return to_iso(texts, self.format) if self.format is not None and dtype in TEMPORAL else texts

    def _number(self, texts: pl.Series) -> pl.Series:
        point = re.escape(self.decimal)
        whole = "[0-9]*"
        if self.thousands is not None:
            between = _SEPARATORS.get(self.thousands, re.escape(self.thousands))
            whole = f"(?:[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+|[0-9]*)"
        form = rf"^[+-]?{whole}(?:{point}[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
        texts = texts.set(~(texts.str.contains(form) | texts.str.contains(_NO_NUMBER)), None)
        if self.thousands is not None:
            texts = texts.str.replace_all(between, "")
        return texts.str.replace(self.decimal, ".", literal=True)

    def _from_words(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        words = {
            word.strip(_SPACES).casefold(): value
            for value, some in ((True, self.true), (False, self.false))
            for word in some
        }
        return texts.str.to_lowercase().replace_strict(
            [*words], [*words.values()], default=None, return_dtype=pl.Boolean
        )

    def _in_utc(self, moments: pl.Series, dtype: str, is_utc: pl.Series | None = None) -> pl.Series:
        """Convert local times to UTC, except those that are in UTC already."""
        import polars as pl

        if self.time_zone is None or dtype != "datetime":
            return moments
        twice = {"refuse": "null", "earlier": "earliest", "later": "latest"}[self.ambiguous]
        utc = to_utc(moments, self.time_zone, cast(Literal["earliest", "latest", "null"], twice))
        utc = utc.set(~utc.cast(pl.Int64).is_between(FIRST, LAST), None)
        return utc if is_utc is None else moments.zip_with(is_utc.fill_null(False), utc)

    def expected(self, dtype: str) -> str | None:
        """Describe the values that parse, for messages; None for those that parse without any keys."""
        told: list[str] = []
        if dtype in NUMERIC and self.decimal != ".":
            told.append(f"'{self.decimal}' as the decimal separator")
        if dtype in NUMERIC and self.thousands is not None:
            told.append(f"'{self.thousands}' between groups of three digits")
        for what, words in (("prefix", self.prefix), ("suffix", self.suffix)):
            told += [f"the {what} {_quoted(words)}"] if any(words) else []
        if dtype == "bool" and self.true:
            told.append(_quoted([*self.true, *self.false]))
        if dtype in TEMPORAL and self.format is not None:
            told.append(f"the format {self.format}")
        if dtype == "datetime" and self.time_zone is not None:
            once = " exactly once" if self.ambiguous == "refuse" else ""
            told.append(f"a time that occurred{once} in {self.time_zone}")
        return f"'read' expects {' and '.join(told)}" if told else None


def _quoted(words: Sequence[str]) -> str:
    return " or ".join(f"'{word}'" for word in words if word)
