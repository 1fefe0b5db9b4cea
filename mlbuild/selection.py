"""Column selectors: a name, a list of names, or a description of columns."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from mlbuild.columns import DTYPES, INTERNAL, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed, meant_as_list
from mlbuild.params import Json, Kind, Name, described

#: The values of `dtype:` besides the dtypes themselves.
GROUPS = {
    "numeric": "int and float",
    "temporal": "date and datetime",
}


@frozen
class Selector:
    """Either `names`, in the given order, or every column that matches `dtype` and `matches`, without `excluded`."""

    names: tuple[str, ...] | None = None
    dtype: str | None = None
    matches: str | None = None
    excluded: tuple[str, ...] = ()

    def resolve(self, schema: Schema) -> tuple[str, ...]:
        """Return the names of the selected columns of `schema`.

        Raises:
            Rejected: A name does not exist, has no effect or is given twice, or the selector matches nothing.
        """
        if self.names is not None:
            return self._named(schema)
        if self.dtype is None and self.matches is None and not self.excluded:
            help_ = "add 'dtype', 'matches' or 'except'"
            raise Rejected(Problem("empty", "the selector selects nothing", help=help_))
        problems = [one for index in range(len(self.excluded)) for one in self._excluded(index, schema)]
        if problems:
            raise Rejected(*problems)
        excluded = {*self.excluded}
        found = tuple(name for name in schema if self._takes(name, schema) and name not in excluded)
        if not found and not schema.open and all(type_.known for type_ in schema.values()):
            raise Rejected(
                Problem(
                    "empty-selection",
                    "the selector matches no column",
                    help=f"available columns: {listed(schema)}",
                )
            )
        return found

    def _named(self, schema: Schema) -> tuple[str, ...]:
        names = self.names or ()
        one = len(names) == 1
        problems, seen = [], set[str]()
        for index, name in enumerate(names):
            if name not in schema:
                problems.append(_unknown(name, schema, () if one else (index,)))
            elif name in seen:
                problems.append(Problem("duplicate-item", f"column '{name}' is listed twice", (index,)))
            seen.add(name)
        if problems:
            raise Rejected(*problems)
        return names

    def _excluded(self, index: int, schema: Schema) -> Iterator[Problem]:
        """Report what is wrong with an excluded name."""
        name, at = self.excluded[index], ("except", index)
        if name not in schema:
            yield _unknown(name, schema, at)
        elif name in self.excluded[:index]:
            yield Problem("duplicate-item", f"column '{name}' is listed twice", at)
        elif schema[name].known and not self._takes(name, schema):
            message = f"excluding '{name}' has no effect: the selector does not match it"
            yield Problem("no-effect", message, at, "remove it")

    def _takes(self, name: str, schema: Schema) -> bool:
        type_ = schema[name]
        if self.dtype == "numeric":
            fits = type_.numeric
        elif self.dtype == "temporal":
            fits = type_.temporal
        else:
            fits = self.dtype is None or type_.dtype == self.dtype
        return fits and (self.matches is None or fnmatchcase(name, self.matches))


def _unknown(name: str, schema: Schema, at: tuple[str | int, ...]) -> Problem:
    near = meant_as_list(name, schema) or did_you_mean(name, schema)
    return Problem(
        "unknown-column",
        f"unknown column '{name}'",
        at,
        help=near or f"available columns: {listed(schema) or 'none'}",
    )


@frozen
class ColumnSelection(Kind):
    """The kind of a field that selects columns. `name` is the kind of one of them."""

    name: Name = Name("column")

    def json_schema(self) -> Json:
        dtypes = [*DTYPES, *INTERNAL, *GROUPS]
        docs = [*DTYPES.values(), "codes of a category", "a block of numbers", *GROUPS.values()]
        dtype = {"enum": dtypes, "markdownEnumDescriptions": docs} | described(
            "Select columns of this dtype."
        )
        glob = {"type": "string"} | described(
            "Select columns whose name matches this glob, such as `temp_*`."
        )
        names = {"items": self.name.json_schema(), "minItems": 1}
        forms = [self.name.json_schema(), {"title": "list of column names", "type": "array"}]
        except_ = names | {"anyOf": forms} | described("Columns to exclude.")
        return {
            "title": "columns",
            "properties": {"dtype": dtype, "matches": glob, "except": except_},
            "patternProperties": {"^x-": True},
            "additionalProperties": False,
            "minProperties": 1,
            **names,
            "anyOf": [*forms, {"title": "column selector", "type": "object"}],
        }

    def nested(self) -> tuple[Kind, ...]:
        return (self.name,)

    def read(self, value: Any) -> Selector:
        if isinstance(value, str):
            return Selector(names=(value,))
        if isinstance(value, (list, tuple)):
            return Selector(names=tuple(value))
        excluded = value.get("except", ())
        return Selector(
            dtype=value.get("dtype"),
            matches=value.get("matches"),
            excluded=(excluded,) if isinstance(excluded, str) else tuple(excluded),
        )

    def canonical(self, value: Any) -> Any:
        if value.names is not None:
            return list(value.names)
        out = {"dtype": value.dtype, "matches": value.matches, "except": list(value.excluded)}
        return {key: part for key, part in out.items() if part}

    def phrase(self) -> str:
        return "a column name, a list of column names, or a selector"
