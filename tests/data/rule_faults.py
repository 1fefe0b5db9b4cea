"""Rules with one planted fault each, which the law must find: real ones, changed in one place."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from mlbuild.data.rules.bounds import Max, Min
from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.lengths import MaxLength
from mlbuild.data.rules.max_age import MaxAge
from mlbuild.data.rules.monotone import Monotone
from mlbuild.data.rules.nullable import Nullable
from mlbuild.data.rules.pattern import Pattern
from mlbuild.data.rules.references import References
from mlbuild.data.rules.rule import Age, ColumnKeys, Rule
from mlbuild.data.rules.unique import Unique
from mlbuild.diagnostics import Problem
from mlbuild.moments import DAY
from mlbuild.params import Json


class ExcludesItsBound(Min):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) & pl.col(name).ne(0)


class KeptByEverything(Max):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) | True


class ViolatedByMissingValues(Categories):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype).fill_null(False)


class FindsNothingAmongRepeatedValues(References):
    """Only values that occur once in the other column count."""

    def kept_among(self, name: str, others: pl.Series) -> pl.Expr:
        return super().kept_among(name, others.filter(others.is_unique()))


class KeptByMissingValues(Nullable):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return pl.lit(True)


class KeepsTheFirst(Unique):
    """The first of several equal values is not found."""

    def kept(self, name: str, dtype: str) -> pl.Expr:
        return pl.col(name).is_first_distinct()


class AllOrNothing(Finite):
    """One violation makes all rows violate the rule."""

    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) & super().kept(name, dtype).all()


class ComparesWithMissingValues(Monotone):
    """A value after a missing one is never out of order."""

    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) | pl.col(name).shift(1).is_null()


class MatchesAPart(Pattern):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return pl.col(name).str.contains(self.pattern or "")


class CountsBytes(MaxLength):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return pl.col(name).str.len_bytes().le(self.max_length)


class TakesTheOldest(MaxAge):
    def age(self, values: pl.Series, now: int) -> Age:
        return super().age(values.sort().head(1), now)


class HoldsForADay(MaxAge):
    """It can be another result before a day has passed."""

    def age(self, values: pl.Series, now: int) -> Age:
        return Age(super().age(values, now).why, now + DAY)


class DependsOnTheOrder(Min):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) & pl.col(name).ge(pl.col(name).drop_nulls().first())


class ViolatedWithoutRows(Max):
    def kept(self, name: str, dtype: str) -> pl.Expr:
        return super().kept(name, dtype) & pl.len().gt(0).replace_strict({True: True})


class ForgetsItsKey(Min):
    def canonical(self, dtype: str) -> Json:
        return super().canonical(dtype) | {"min": "1900-01-01" if dtype in ("date", "datetime") else -1000}


class HasNoKey(Unique):
    def canonical(self, dtype: str) -> Json:
        return {}


class TooManyDtypes(Finite):
    dtypes = ("float", "string")


class RefusesItsExample(Categories):
    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        yield Problem("wrong-value", "always wrong", ("categories",))


class NeverApplied(Finite):
    @property
    def applied(self) -> bool:
        return not self.finite


#: The test that finds each, and its message.
FAULTS: dict[type[Rule], tuple[str, str]] = {
    ExcludesItsBound: ("keeps_what_it_should", "is violated by"),
    KeptByEverything: ("finds_what_is_planted", "is not violated by"),
    ViolatedByMissingValues: ("takes_little", "violated by missing values"),
    FindsNothingAmongRepeatedValues: ("keeps_what_it_should", "is violated by"),
    KeptByMissingValues: ("finds_what_is_planted", "is not violated by"),
    KeepsTheFirst: ("finds_what_is_planted", "in other rows"),
    AllOrNothing: ("finds_what_is_planted", "in other rows"),
    ComparesWithMissingValues: ("finds_what_is_planted", "violated"),
    MatchesAPart: ("finds_what_is_planted", "violated"),
    CountsBytes: ("keeps_what_it_should", "is violated by"),
    TakesTheOldest: ("keeps_what_it_should", "is violated by"),
    HoldsForADay: ("tells_when_it_changes", "max_age"),
    DependsOnTheOrder: ("keeps_what_it_should", "is violated by"),
    ViolatedWithoutRows: ("takes_little", "incomplete mapping"),
    ForgetsItsKey: ("survives_being_canonical", "lost a key"),
    HasNoKey: ("has_its_name_as_a_key", "no key"),
    TooManyDtypes: ("takes_little", "is_finite"),
    RefusesItsExample: ("accepts_its_examples", "always wrong"),
    NeverApplied: ("accepts_its_examples", "no value can violate it"),
}
