"""Why a task runs, as data: what changed, where, from what to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from difflib import SequenceMatcher
from typing import Any, Literal, get_args

from mlbuild.engine.canonical import canonical
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.graph import Origin
from mlbuild.frozen import frozen

#: If more definitions changed, they are not listed individually.
_MOST_DEFINITIONS = 20

Path = tuple[str | int, ...]
Origins = Mapping[Path, Origin]
Definitions = Callable[[str], Mapping[str, str] | None]

What = Literal[
    "never built",
    "forced",
    "kind",
    "param",
    "param added",
    "param removed",
    "code",
    "code added",
    "code removed",
    "library",
    "library added",
    "library removed",
    "file",
    "file added",
    "file removed",
    "file missing",
    "refresh",
    "expired",
    "place",
    "machine",
    "not fetched",
    "input part",
    "input added",
    "input removed",
    "input order",
    "parts",
    "result missing",
    "export missing",
    "export edited",
    "export extra",
]


@frozen(slots=True)
class Reason:
    """One thing that changed. `was` and `now` are readable JSON, never digests.

    `where` depends on `what`: the path of a parameter in the spec, a file relative to the project, the name of a
    task that is read, a definition (empty if unknown), or a distribution. `part` is the part of a task that is read
    or missing. `file` and `line` are the place of the parameter in the spec; line 0 if it is unknown.
    """

    what: What
    where: str = ""
    part: str = ""
    was: Any = None
    now: Any = None
    file: str = ""
    line: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return all of its facts; unset ones are left out."""
        told = ((item.name, getattr(self, item.name), item.default) for item in _FIELDS)
        return {name: value for name, value, default in told if value != default}


_FIELDS = fields(Reason)
_SHAPES = {
    "what": get_args(What),
    "where": str,
    "part": str,
    "was": object,
    "now": object,
    "file": str,
    "line": int,
}


def is_reason(value: Any) -> bool:
    """Whether a value is the JSON of a reason."""
    return (
        isinstance(value, dict)
        and "what" in value
        and all(name in _SHAPES and fits(item, _SHAPES[name]) for name, item in value.items())
    )


def changes(
    old: Ingredients, old_origins: Origins, new: Ingredients, origins: Origins, definitions: Definitions
) -> tuple[Reason, ...]:
    """Return every difference between what determined a result and what would determine it now.

    There are none only if both keys are equal. Parts that are not known yet are skipped. `definitions` returns the
    definitions in a code version, as far as it is known.
    """
    found = list(_param_reasons(old.params, old_origins, new.params, origins))
    found += _file_reasons(old, new)
    for slot in sorted({*old.inputs, *new.inputs}):
        found += _input_reasons(old, new, slot)
    if old.parts != new.parts:
        found.append(Reason("parts", was=list(old.parts), now=list(new.parts)))
    for what, name in _changed(old.libraries, new.libraries, "library"):
        found.append(Reason(what, name, was=old.libraries.get(name), now=new.libraries.get(name)))
    if old.kind != new.kind:
        found.append(Reason("kind", was=old.kind, now=new.kind))
    if old.run != new.run:
        found.append(Reason("code", new.run, was=old.run, now=new.run))
    elif old.code != new.code:
        found += _code_reasons(definitions(old.code), definitions(new.code))
    return tuple(found)


def _code_reasons(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[Reason]:
    """Return which definitions changed or, if there are many, in which modules.

    Changed ones come before added and removed ones.
    """
    if old is None or new is None:
        yield Reason("code")
        return
    found = sorted(_changed(old, new, "code"), key=lambda one: one[0] != "code")
    if len(found) <= _MOST_DEFINITIONS:
        yield from (Reason(what, name.strip(":").replace(":", ".")) for what, name in found)
    else:
        yield from (
            Reason("code", name) for name in dict.fromkeys(name.partition(":")[0] for _, name in found)
        )


def _changed(
    old: Mapping[str, Any], new: Mapping[str, Any], what: Literal["file", "library", "code"]
) -> Iterator[tuple[What, str]]:
    """Yield the names for which two maps differ, each with what happened to it."""
    added: dict[str, What] = {"file": "file added", "library": "library added", "code": "code added"}
    removed: dict[str, What] = {"file": "file removed", "library": "library removed", "code": "code removed"}
    for name in sorted({*old, *new}):
        if name not in new:
            yield removed[what], name
        elif name not in old:
            yield added[what], name
        elif old[name] != new[name]:
            yield what, name


def _file_reasons(old: Ingredients, new: Ingredients) -> Iterator[Reason]:
    for what, slot in _changed(old.files, new.files, "file"):
        path = new.paths[slot] if slot in new.paths else old.paths[slot]
        yield Reason(what, path)


def replaced(old: Ingredients, new: Ingredients) -> dict[str, dict[str, str]]:
    """Return the previous digests of the parts that are read and have changed, by task and part."""
    found: dict[str, dict[str, str]] = {}
    for slot in new.inputs:
        was, now_from = dict(old.inputs.get(slot, ())), _producers(new, slot)
        for part, digest in new.inputs[slot]:
            former = was.get(part)
            if former is not None and digest is not None and digest != former:
                found.setdefault(now_from[part], {})[part] = former
    return found


def _input_reasons(old: Ingredients, new: Ingredients, slot: str) -> Iterator[Reason]:
    was, was_from = dict(old.inputs.get(slot, ())), _producers(old, slot)
    now, now_from = dict(new.inputs.get(slot, ())), _producers(new, slot)
    for part, digest in now.items():
        if part not in was:
            yield Reason("input added", now_from[part], part)
        elif digest is not None and digest != was[part]:
            yield Reason("input part", now_from[part], part)
    for part in was:
        if part not in now:
            yield Reason("input removed", was_from[part], part)
    if list(was) != list(now) and was.keys() == now.keys():
        yield Reason("input order", slot, was=list(was), now=list(now))


def _producers(of: Ingredients, slot: str) -> dict[str, str]:
    return {
        part: task
        for (part, _), task in zip(of.inputs.get(slot, ()), of.producers.get(slot, ()), strict=True)
    }


def _param_reasons(old: Any, old_origins: Origins, new: Any, origins: Origins) -> Iterator[Reason]:
    for what, path, was, now in differences(old, new):
        gone = what == "param removed"
        where, origin = _spec_path(path, old_origins if gone else origins)
        if gone:  # use the place of what contained it
            origin = _spec_path(path[:-1], origins)[1] or origin
        file, line = (origin.file, origin.line) if origin else ("", 0)
        yield Reason(what, where, was=was, now=now, file=file, line=line)


def _spec_path(path: Path, origins: Origins) -> tuple[str, Origin | None]:
    """Return where a parameter is in the spec, from the nearest parent with a known origin."""
    for end in range(len(path), -1, -1):
        if path[:end] in origins:
            origin = origins[path[:end]]
            return origin.path + _dotted(path[end:]), origin
    return _dotted(path).removeprefix("."), None


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


Difference = tuple[Literal["param", "param added", "param removed"], Path, Any, Any]


def differences(old: Any, new: Any, old_at: Path = (), at: Path = ()) -> Iterator[Difference]:
    """Yield where two JSON values differ, at leaves.

    Lists are compared by content: an inserted item is one difference.

    The path is that in `new`, or in `old` for something that was removed.
    """
    if canonical(old) == canonical(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            if name not in new:
                yield "param removed", (*old_at, name), old[name], None
            elif name not in old:
                yield "param added", (*at, name), None, new[name]
            else:
                yield from differences(old[name], new[name], (*old_at, name), (*at, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(old, new, old_at, at)
    else:
        yield "param", at, old, new


def _list_differences(old: list[Any], new: list[Any], old_at: Path, at: Path) -> Iterator[Difference]:
    texts = [canonical(item) for item in old], [canonical(item) for item in new]
    for what, start, end, new_start, new_end in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        before, after = range(start, end), range(new_start, new_end)
        if len(before) == len(after):  # edited in place
            for index, new_index in zip(before, after, strict=True):
                yield from differences(old[index], new[new_index], (*old_at, index), (*at, new_index))
        else:
            yield from (("param removed", (*old_at, index), old[index], None) for index in before)
            yield from (("param added", (*at, index), None, new[index]) for index in after)
