"""What changes from one contract to another, and whether those who read the table can rely on it as before.

A change is compatible if every table that satisfies the new contract also gave its readers what the old one promised:
new columns and stricter rules are compatible, and removed columns and looser rules break something. Rules are compared
one by one. A rule that only warns promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.columns import text_of
from mlbuild.data.contracts import Column, Contract
from mlbuild.data.rules.stated import Stated
from mlbuild.frozen import frozen

#: What a column is apart from its rules: how its values are read, and whether they are known at prediction time.
_KEYS = ("dtype", "empty_is_null", "null_token", "serving")


@frozen
class Change:
    """A change of a contract, of one of its columns, or of one of their rules: from `before` to `after`."""

    contract: str
    column: str | None
    what: str
    before: str | None
    after: str | None
    breaking: bool

    def __str__(self) -> str:
        place = self.contract if self.column is None else f"{self.contract}.{self.column}"
        if self.before is None or self.after is None:
            return f"{place}: {'added' if self.before is None else 'removed'} {self.after or self.before}"
        return f"{place}: {self.before} -> {self.after}"


def contract_changes(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[Change]:
    """Return all changes between the contracts of two specs."""
    found: list[Change] = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new or name not in old:
            before, after = ("contract" if name in some else None for some in (old, new))
            found.append(Change(name, None, "contract", before, after, name not in new))
        else:
            found += _changes(name, old[name], new[name])
    return found


def _changes(name: str, old: Contract, new: Contract) -> Iterator[Change]:
    for column in dict.fromkeys([*old.columns, *new.columns]):
        before, after = old.columns.get(column), new.columns.get(column)
        if before is None or after is None:
            was, now = (None if one is None else f"column of dtype {one.dtype}" for one in (before, after))
            yield Change(name, column, "column", was, now, after is None)
            continue
        yield from _of_keys(name, column, before, after)
        if before.dtype == after.dtype:  # otherwise, its rules are about other values
            yield from _of_rules(name, column, before.rules(), after.rules())
    yield from _of_rules(name, None, old.rules().table, new.rules().table)


def _of_keys(name: str, column: str, before: Column, after: Column) -> Iterator[Change]:
    for key in _KEYS:
        one, other = ({**vars(some)}[key] for some in (before, after))
        if one != other:
            # A value that is known earlier than before harms nobody.
            breaking = key != "serving" or not other
            yield Change(name, column, key, f"{key} {_shown(one)}", f"{key} {_shown(other)}", breaking)


def _shown(value: object) -> str:
    return "none" if value is None else text_of(value)


def _of_rules(
    name: str,
    column: str | None,
    before: Sequence[Stated[Any]],
    after: Sequence[Stated[Any]],
) -> Iterator[Change]:
    mine, theirs = ({one.rule.rule: one for one in some} for some in (before, after))
    for rule in dict.fromkeys([*mine, *theirs]):
        one, other = mine.get(rule), theirs.get(rule)
        if one != other:
            broken = one is not None and not _kept(one, other, theirs)
            was, now = (None if stated is None else _text(stated) for stated in (one, other))
            yield Change(name, column, rule, was, now, broken)


def _kept(
    one: Stated[Any],
    other: Stated[Any] | None,
    others: Mapping[str, Stated[Any]],
) -> bool:
    """Whether a rule still holds. `other` is the rule of the same class, if there is one."""
    if one.level != "error" or not one.rule.promises:
        return True
    if any(stricter in others and others[stricter].certain for stricter in one.rule.stricter):
        return True
    if other is None or other.level != "error" or other.allowed > one.allowed:
        return False
    return bool(one.rule.implied_by(other.rule))


def _text(one: Stated[Any]) -> str:
    told = [one.rule.described]
    told += ["only warns"] if one.level != "error" else []
    told += [f"at most {100 * one.max_share:.4g}% of the rows"] if one.max_share else []
    return f"{told[0]} ({', '.join(told[1:])})" if len(told) > 1 else told[0]
