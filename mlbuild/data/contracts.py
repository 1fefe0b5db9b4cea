"""Contracts: what the columns of a source must look like."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, Self, TypeAlias, TypeVar, cast

from mlbuild.columns import DTYPES, ColumnType
from mlbuild.data.lineage import Raw
from mlbuild.data.parsing import Parsing
from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.bounds import Max, Min
from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.nullable import Nullable
from mlbuild.data.rules.rule import Rule, TableRule, given, no_effect
from mlbuild.data.rules.stated import Stated, StatedRules
from mlbuild.data.rules.strictness import max_shares, severities, without_rule
from mlbuild.data.rules.unique import Unique, UniqueTogether
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.params import Boolean, Choice, Described, Json, MapOf, Object, Text, field, params_of

R = TypeVar("R", bound=Rule)
T = TypeVar("T", bound=TableRule)
D = TypeVar("D", bound=Described)
#: The class of a rule; `Column` has another `type`.
RuleClass: TypeAlias = type[R]


#: What logs can have of the values of a column, the most careful first.
DROP, HASH, KEEP = "drop", "hash", "keep"
LOGGED = {
    DROP: "nothing",
    HASH: "a keyed hash, by which equal values can be counted and joined",
    KEEP: "the values",
}
_SEVERITY_DOC = (
    "What happens when rows violate a rule, by rule: `error` fails the build, `warn` reports a warning."
)
_MAX_SHARE_DOC = "Share of the rows that may violate a rule without being reported, by rule."


@frozen
class Column(Parsing):
    """A column of a contract."""

    serving: bool = field(
        Boolean(),
        "Whether the value is known at prediction time. If false, no feature can depend on it.",
        default=True,
    )
    description: str | None = field(
        Text(),
        "Description of the column, such as its meaning and unit, for readers of the spec.",
        default=None,
    )
    private: bool = field(
        Boolean(),
        "Whether the values are kept out of all human-readable output: reports, descriptions and messages show only counts.",
        default=False,
    )
    pii: str | None = field(
        Choice(LOGGED),
        "What the log of a server has of the values. By default, those of private columns are dropped, and others are kept.",
        default=None,
        examples=("hash",),
    )
    severity: Described | None = field(
        Object(severities("Severity", RULES)), _SEVERITY_DOC, default=None, examples=({"min": "warn"},)
    )
    max_share: Described | None = field(
        Object(max_shares("MaxShare", RULES)), _MAX_SHARE_DOC, default=None, examples=({"min": 0.001},)
    )

    @property
    def type(self) -> ColumnType:
        """The type of the column, with the categories in the order of the contract and converted to the dtype."""
        categories = self.rule(Categories).values(self.dtype)
        finite = self.dtype != "float" or self._holds(Finite) or (self._holds(Min) and self._holds(Max))
        return ColumnType(self.dtype, self.rule(Nullable).nullable, categories, finite)

    def rule(self, cls: RuleClass[R]) -> R:
        """Return the keys of one rule."""
        return _part(cls, self)

    def ruled(self, *rules: Rule) -> Self:
        """Return the column with other keys for some rules."""
        changes: dict[str, Any] = {}
        for one in rules:
            changes |= one.values_by_field()
        return replace(self, **changes)

    def rules(self) -> tuple[Stated[Rule], ...]:
        """Return the rules that values can violate."""
        every = (self.rule(cls) for cls in RULES if self.dtype in cls.dtypes)
        about = _strictness(self)
        return tuple(Stated.of(rule, about) for rule in every if rule.applied)

    @property
    def is_unique(self) -> bool:
        """Whether all values of a table that passes are different."""
        return self._holds(Unique)

    def _holds(self, cls: RuleClass[Rule]) -> bool:
        """Whether the column states a rule, and no row of a table that passes violates it."""
        rule = self.rule(cls)
        return rule.applied and Stated.of(rule, _strictness(self)).certain

    def check(self) -> Iterator[Problem]:
        rules = [self.rule(cls) for cls in RULES]
        for rule in rules:
            if self.dtype not in rule.dtypes:
                for key in given(rule):
                    yield self._no_effect(key, rule.dtypes)
        if self.dtype != "string":
            for key in given(self.parsed()):
                yield self._no_effect(key, ("string",))
        elif self.null_token is not None and self.empty_is_null:
            yield no_effect(
                "null_token",
                "'null_token' has no effect unless 'empty_is_null' is false",
                "remove it, or set 'empty_is_null: false'",
            )
        for rule in rules:
            if self.dtype in rule.dtypes:
                yield from rule.contradictions(self)
        stated, dtypes = [one.rule.rule for one in self.rules()], {cls.rule: cls.dtypes for cls in RULES}
        for key, values in _strictness(self).items():
            yield from without_rule(key, values, stated, dtypes, self.dtype)
        missing = self.rule(Nullable).nullable and not self.empty_is_null and self.null_token is None
        if self.dtype == "string" and missing:
            yield Problem(
                "missing-null-token",
                "a nullable string column with 'empty_is_null: false' needs a 'null_token'",
                ("empty_is_null",),
                help='choose a string that is never a value, such as null_token: "<missing>"',
                on="key",
            )

    def _no_effect(self, key: str, dtypes: Sequence[str]) -> Problem:
        message = f"'{key}' has no effect on a column of dtype {self.dtype}"
        return no_effect(key, message, f"it applies only to {', '.join(dtypes)}")


def _part(cls: type[D], whole: Described) -> D:
    """Return the keys that a class shares with a value of a class made from it."""
    values = whole.values_by_field()
    return cls(**{param.name: values[param.name] for param in params_of(cls).values()})


def _strictness(whole: Column | Contract) -> Json:
    """Return the severities and the shares that are not defaults, by rule."""
    keys = {"severity": whole.severity, "max_share": whole.max_share}
    told = {key: (value, {*given(value)}) for key, value in keys.items() if value is not None}
    return {
        key: {rule: value.values_by_field()[rule] for rule in some} for key, (value, some) in told.items()
    }


def _with_keys(base: type[D], rules: Sequence[type[Described]]) -> type[D]:
    """Return a class that has the keys of rules in addition to its own."""
    made = [
        (item.name, item.type, dataclasses.field(default=item.default, kw_only=True, metadata=item.metadata))
        for rule in rules
        for item in fields(cast(Any, rule))
    ]
    about = {"__doc__": base.__doc__, "__module__": __name__}
    return dataclasses.make_dataclass(base.__name__, made, bases=(base,), unsafe_hash=True, namespace=about)


#: Columns as people write them, with the keys of all rules.
COLUMN = _with_keys(Column, RULES)


@frozen
class Contract(Described):
    """What the columns of a table must look like. Columns that are not named here are not available downstream."""

    columns: Mapping[str, Column] = field(
        MapOf(Object(COLUMN, Choice(DTYPES), "dtype"), min_items=1),
        "Columns by name. Each is a dtype or a map. Columns of the data that are not listed here are not read.",
    )
    description: str | None = field(
        Text(), "Description of the table, such as what one row is, for readers of the spec.", default=None
    )
    private: bool = field(
        Boolean(),
        "Whether the values are kept out of all human-readable output: reports, descriptions and messages show only counts.",
        default=False,
    )
    severity: Described | None = field(
        Object(severities("TableSeverity", TABLE_RULES)),
        _SEVERITY_DOC,
        default=None,
        examples=({"unique": "warn"},),
    )
    max_share: Described | None = field(
        Object(max_shares("TableMaxShare", TABLE_RULES)),
        _MAX_SHARE_DOC,
        default=None,
        examples=({"unique": 0.001},),
    )

    def rule(self, cls: type[T]) -> T:
        """Return the keys of one rule of the table."""
        return _part(cls, self)

    def check(self) -> Iterator[Problem]:
        for name in self.columns:
            if unusable(name):
                yield bad_name(name, ("columns", name))
        for cls in TABLE_RULES:
            yield from self.rule(cls).contradictions(self)
        stated = [one.rule.rule for one in self.rules().table]
        for key, values in _strictness(self).items():
            yield from without_rule(key, values, stated, {}, "")

    def rules(self) -> StatedRules:
        """Return what rows can violate."""
        dtypes = {name: column.dtype for name, column in self.columns.items()}
        columns = {name: column.rules() for name, column in self.columns.items()}
        table, about = (self.rule(cls) for cls in TABLE_RULES), _strictness(self)
        return StatedRules(dtypes, columns, tuple(Stated.of(rule, about) for rule in table if rule.applied))

    def table(self, file: str, at: Path) -> Table:
        """Return the table of a file with this contract, which is defined at the path `at` of the spec."""
        columns = {
            name: TableColumn(
                node=Raw(name, (*at, "columns", name), file=file),
                served=column.type,
                trained=column.type,
                null_token="" if column.empty_is_null else column.null_token,
            )
            for name, column in self.columns.items()
        }
        # A rule that rows may violate promises nothing.
        certain = [one.rule for one in self.rules().table if one.certain]
        together = [rule.columns for rule in certain if isinstance(rule, UniqueTogether)]
        promises = [*together, *((name,) for name, column in self.columns.items() if column.is_unique)]
        return Table(
            columns,
            unique=tuple(tuple(columns[name].node for name in names) for names in promises),
            afterwards=tuple(
                columns[name].node for name, column in self.columns.items() if not column.serving
            ),
        )


#: Contracts as people write them, with the keys of all rules.
CONTRACT = _with_keys(Contract, TABLE_RULES)


def unusable(name: str) -> bool:
    """Whether a name cannot be a column name: some libraries would read it as a pattern, or cut it."""
    return name in ("", "*") or (name.startswith("^") and name.endswith("$")) or "\0" in name


def bad_name(name: str, at: Path, on: Literal["key", "value"] = "key") -> Problem:
    help_ = "a column name cannot be empty, '*' or of the form '^...$', or contain the character U+0000"
    return Problem("bad-name", f"'{name}' is not a valid column name", at, help_, on)
