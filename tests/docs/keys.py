"""Formats described classes as tables of their keys, and lists of options as tables of their meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.kinds import Choice, Kind, ListOf, MapOf, Name
from mlbuild.models.learner import Learner
from mlbuild.params import Object, Param, TaggedUnion, params_of
from mlbuild.spec.kinds import LearnerType
from tests.docs.markdown import table

#: The longest list of options that is repeated in the table of keys.
_LISTED = 8
_NAMED = {"table": "a source or dataset", "feature": "a column"}


def keys_of(cls: type, links: Mapping[str, str] | None = None) -> str:
    """A table of the keys of a class, then tables of the options that are documented; `links` has the page of each key."""
    params = params_of(cls)
    # The `type` of a learner is next to its parameters, not one of them.
    mark = None if issubclass(cls, Learner) else getattr(cls, "discriminator", None)
    rows = [[code(mark[0]), code(mark[1]), "required", ""]] if mark else []
    rows += [_row(param, links or {}) for param in params.values()]
    options = (options_of(key, found) for key, param in params.items() if (found := _choice(param.kind)))
    return "\n".join([table(["key", "value", "default", ""], rows), *filter(None, options)])


def options_of(key: str, choice: Choice) -> str:
    """A table of the options of a key, if there are several with documentation."""
    told = [[code(value), doc] for value, doc in zip(choice.values, choice.docs, strict=True) if doc]
    return table([code(key), ""], told) if len(told) > 1 else ""


def doc_of(cls: type) -> Iterator[str]:
    """The paragraphs of the docstring of a class, each as one line."""
    for paragraph in (cls.__doc__ or "").strip().split("\n\n"):
        yield " ".join(paragraph.split())


def code(value: Any) -> str:
    """Format a value of the spec as code."""
    return f"`{value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)}`"


def words(kind: Kind) -> str:
    """A phrase for the values of a kind."""
    kind = kind.choice() if isinstance(kind, LearnerType) else kind
    if isinstance(kind, Name):
        return _NAMED.get(kind.of, f"{'an' if kind.of[0] in 'aeiou' else 'a'} {kind.of}")
    if isinstance(kind, Choice):
        names = ", ".join(code(value) for value in kind.values)
        return names if len(kind.values) == 1 else f"one of {'those below' if _long(kind) else names}"
    if isinstance(kind, ListOf):
        return (
            words(kind.item) + ", or a list of them"
            if kind.or_one
            else f"a list; each item is {words(kind.item)}"
        )
    if isinstance(kind, MapOf):
        return f"a map by name; each value is {words(kind.item)}"
    if isinstance(kind, TaggedUnion):
        return "a map with `type`" if kind.name.endswith("s") else f"a {kind.name.rpartition('_')[2]}"
    if isinstance(kind, Object):
        return f"{words(kind.short)}, or a map" if kind.short else "a map"
    return kind.phrase().replace("2.14748e+09", "2147483647")


def _row(param: Param, links: Mapping[str, str]) -> list[str]:
    key = code(param.key)
    key = f"[{key}]({links[param.key]})" if param.key in links else key
    return [key, words(param.kind), "required" if param.required else _default(param), param.doc]


def _default(param: Param) -> str:
    """The default as code; empty if the documentation of the key describes it."""
    if param.default is None:
        return ""
    return code(param.kind.canonical(param.default)) if param.default not in ((), {}) else "none"


def _choice(kind: Kind) -> Choice | None:
    inner = kind.item if isinstance(kind, ListOf) else kind
    inner = inner.choice() if isinstance(inner, LearnerType) else inner
    return inner if isinstance(inner, Choice) else None


def _long(choice: Choice) -> bool:
    return len(choice.values) > _LISTED
