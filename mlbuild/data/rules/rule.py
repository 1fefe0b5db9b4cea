"""The base classes of the rules of contracts: what rows must be like, and which keys of a contract say so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

from mlbuild.columns import DTYPES
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Described, Json, params_of, write

if TYPE_CHECKING:
    import polars as pl


R = TypeVar("R", bound="Rule")
#: The severity of a violation by default.
ERROR = "error"
#: The severity of a violation that is only reported.
WARN = "warn"


@frozen
class Example:
    """Keys of a column with a rule, and values of the column. `breaks` are values that violate the rule.

    The `keeps` keep the rule in any order, if the rule is not `ordered`. The `breaks` all violate it if they are
    added to the `keeps`; none of them does alone if some rows may violate the rule. `others` are the values of the other
    column, if the rule compares with one. If the rule is `timed`, `now` is the time of the build, and a column violates
    the rule if it has only `breaks`.
    """

    column: Mapping[str, Any]
    keeps: Sequence[Any]
    breaks: Sequence[Any]
    others: Sequence[Any] = ()
    now: datetime | None = None


@frozen
class Condition:
    """What rows must be like: an expression that is true for the rows that are, and its name in messages.

    `allowed` is the share of rows that need not be. `at` is its path in the contract.
    """

    columns: tuple[str, ...]
    text: str
    kept: pl.Expr
    at: tuple[str, ...]
    level: str = ERROR
    allowed: float = 0.0
    about_nulls: bool = False


@frozen
class Age:
    """Whether the values of a column are too old: `why` says so and can quote them; empty if they are not.

    `until` is when this changes, in microseconds since 1970; None for never.
    """

    why: str = ""
    until: int | None = None


@frozen
class Whole:
    """What is wrong with a table as a whole. `why` can quote its values, those of the columns in `quotes`."""

    text: str
    why: str
    at: tuple[str, ...]
    level: str = ERROR
    quotes: tuple[str, ...] = ()


class ColumnKeys(Protocol):
    """What rules see of the column whose keys they are."""

    @property
    def dtype(self) -> str: ...

    @property
    def empty_is_null(self) -> bool: ...

    @property
    def null_token(self) -> str | None: ...

    @property
    def max_share(self) -> Described | None: ...

    def rule(self, cls: type[R]) -> R:
        """Return the keys of another rule."""


class ContractKeys(Protocol):
    """What rules see of the contract whose keys they are."""

    @property
    def columns(self) -> Mapping[str, ColumnKeys]: ...


@frozen
class Rule(Described):
    """A rule for the values of a column. Its fields are keys of the column; the first one is the name of the rule.

    A subclass defines `rule`, its fields, `kept` and `examples`, and `keywords` if a value alone decides. One that compares with values of another source defines
    `other` and `kept_among` instead of `kept`, and one that the time decides, `age`.
    """

    by = "rule"
    rule: ClassVar[str]
    #: The dtypes to which its keys apply.
    dtypes: ClassVar[tuple[str, ...]] = tuple(DTYPES)
    #: Whether missing values can violate the rule. They keep all other rules.
    about_nulls: ClassVar[bool] = False
    #: Whether the order of rows can violate the rule.
    ordered: ClassVar[bool] = False
    #: Whether the time of the build decides, and the column as a whole keeps or violates the rule.
    timed: ClassVar[bool] = False
    #: Whether every violation is an error, because later steps rely on the rule.
    strict: ClassVar[bool] = False
    #: Whether a key of the rule itself says how many rows may violate it.
    shared: ClassVar[bool] = False
    #: The names of rules of which each implies this one, whatever its keys.
    stricter: ClassVar[tuple[str, ...]] = ()
    #: Whether a violation can be an error.
    promises: ClassVar[bool] = True
    #: Examples for documentation. A test checks that they are true.
    examples: ClassVar[tuple[Example, ...]]

    @property
    def applied(self) -> bool:
        """Whether values can violate the rule with these keys."""
        value = self.values_by_field()[self.rule]
        return value is not None and value is not False

    @property
    def allowed_share(self) -> float:
        """The share of the rows that may violate the rule, as its own keys say."""
        return 0.0

    @property
    def other(self) -> tuple[str, str] | None:
        """The source and the column whose values the rule compares with, if it does."""
        return None

    @property
    def text(self) -> str:
        """The rule in messages about violations."""
        return f"{self.rule} {self.values_by_field()[self.rule]}"

    @property
    def described(self) -> str:
        """The rule with all of its keys, for comparisons."""
        return self.text

    def implied_by(self, other: Self) -> bool:
        """Whether values that keep another rule of this class keep this one, too. If that is not known, they do not."""
        return self == other

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        """Yield what is wrong with the keys of the rule in a column to whose dtype they apply."""
        return iter(())

    def canonical(self, dtype: str) -> Json:
        """Return the canonical keys, for a column of a dtype."""
        return {key: value for key, value in write(self).items() if key != self.by}

    def kept(self, name: str, dtype: str) -> pl.Expr:
        """Return an expression that is true for the rows that keep the rule."""
        raise NotImplementedError

    def keywords(self, dtype: str) -> Json:
        """Return the keywords of JSON Schema that exactly the values that keep the rule satisfy, for clients.

        Empty if other rows decide, or if there are none. A date or datetime is an ISO text; `formatMinimum` and similar
        ones are those of ajv.
        """
        return {}

    def kept_among(self, name: str, others: pl.Series) -> pl.Expr:
        """Return the same for a rule that compares with the values of another column."""
        raise NotImplementedError

    def age(self, values: pl.Series, now: int) -> Age:
        """Return whether values are too old at a time in microseconds since 1970, for a rule that is `timed`."""
        raise NotImplementedError


@frozen
class TableRule(Described):
    """A rule for several columns of a table together, or for the table as a whole. Its fields are keys of the contract.

    A subclass defines `described`, and `conditions` for its rows, `wholes` for the table, or both.
    """

    by = "rule"
    rule: ClassVar[str]
    strict: ClassVar[bool] = False
    shared: ClassVar[bool] = False
    allowed_share: ClassVar[float] = 0.0
    stricter: ClassVar[tuple[str, ...]] = ()

    @property
    def promises(self) -> bool:
        """Whether a violation can be an error."""
        return True

    @property
    def applied(self) -> bool:
        """Whether a table can violate the rule with these keys."""
        return self.values_by_field()[self.rule] is not None

    @property
    def described(self) -> str:
        """The rule with all of its keys, for comparisons."""
        raise NotImplementedError

    def implied_by(self, other: Self) -> bool:
        """Whether tables that keep another rule of this class keep this one, too. If that is not known, they do not."""
        return self == other

    def contradictions(self, contract: ContractKeys) -> Iterator[Problem]:
        """Yield what is wrong with the keys of the rule."""
        return iter(())

    def canonical(self, dtypes: Mapping[str, str]) -> Json:
        """Return the canonical keys, for columns with these dtypes."""
        return {key: value for key, value in write(self).items() if key != self.by}

    def for_rows(self) -> Self | None:
        """Return the part of the rule that a few rows of the table must keep, too; None if it is about all of its rows."""
        return self

    def conditions(self, dtypes: Mapping[str, str]) -> Iterator[Condition]:
        """Yield the conditions that each row must meet."""
        return iter(())

    def wholes(self, rows: pl.DataFrame, absent: Collection[str]) -> Iterator[Whole]:
        """Yield what is wrong with a table as a whole; the file lacks the columns `absent`."""
        return iter(())


def given(rule: Described) -> Iterator[str]:
    """Yield the keys with a value other than the default."""
    values = rule.values_by_field()
    for key, param in params_of(type(rule)).items():
        if not param.required and values[param.name] != param.default:
            yield key


def no_effect(name: str, message: str, help_: str) -> Problem:
    """Return the problem for a key without effect."""
    return Problem("no-effect", message, (name,), help_, on="key")
