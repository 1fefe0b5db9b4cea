"""Described classes as tables of their keys, and closed lists of values as tables of their meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.kinds import Choice, Kind, ListOf, MapOf, Name
from mlbuild.models.learner import Learner
from mlbuild.params import Dispatch, Object, Param, params_of
from tests.docs.markdown import table

#: A longer list of options is not repeated in the table of the keys.
_LISTED = 8
_NAMED = {"table": "a source or dataset", "feature": "a column"}


def keys_of(cls: type, links: Mapping[str, str] | None = None) -> str:
    """The keys of a class, then the options that have meanings of their own; `links` gives the pages of keys."""
    params = params_of(cls)
    # The `type` of a learner stands beside its parameters, not among them.
    mark = None if issubclass(cls, Learner) else getattr(cls, "discriminator", None)
    rows = [[code(mark[0]), code(mark[1]), "required", ""]] if mark else []
    rows += [_row(param, links or {}) for param in params.values()]
    options = (options_of(key, found) for key, param in params.items() if (found := _choice(param.kind)))
    return "\n".join([table(["key", "value", "default", ""], rows), *filter(None, options)])


def options_of(key: str, choice: Choice) -> str:
    """The options of a key, where there are several and they have meanings of their own."""
    told = [[code(value), doc] for value, doc in zip(choice.values, choice.docs, strict=True) if doc]
    return table([code(key), ""], told) if len(told) > 1 else ""


def doc_of(cls: type) -> Iterator[str]:
    """The paragraphs of a class's docstring, each as one line."""
    for paragraph in (cls.__doc__ or "").strip().split("\n\n"):
        yield " ".join(paragraph.split())


def code(value: Any) -> str:
    """A value of the spec as code."""
    return f"`{value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)}`"


def words(kind: Kind) -> str:
    """How a table calls the values of a kind."""
    if isinstance(kind, Name):
        return _NAMED.get(kind.of, f"a {kind.of}")
    if isinstance(kind, Choice):
        names = ", ".join(code(value) for value in kind.values)
        return names if len(kind.values) == 1 else f"one of {'those below' if _long(kind) else names}"
    if isinstance(kind, ListOf):
        return words(kind.item) + ", or a list of them" if kind.or_one else f"a list, each {words(kind.item)}"
    if isinstance(kind, MapOf):
        return f"a map by name, each {words(kind.item)}"
    if isinstance(kind, Dispatch):
        return f"a {kind.name.rpartition('_')[2]}"
    if isinstance(kind, Object):
        return f"{words(kind.short)}, or a map" if kind.short else "a map"
    return kind.phrase().replace("2.14748e+09", "2147483647")


def _row(param: Param, links: Mapping[str, str]) -> list[str]:
    key = code(param.key)
    key = f"[{key}]({links[param.key]})" if param.key in links else key
    return [key, words(param.kind), "required" if param.required else _default(param), param.doc]


def _default(param: Param) -> str:
    """Empty where the text of the key tells it."""
    if param.default is None:
        return ""
    return code(param.kind.canonical(param.default)) if param.default not in ((), {}) else "none"


def _choice(kind: Kind) -> Choice | None:
    inner = kind.item if isinstance(kind, ListOf) else kind
    return inner if isinstance(inner, Choice) else None


def _long(choice: Choice) -> bool:
    return len(choice.values) > _LISTED
