"""Checks whether a document has the shape of a spec, each object against its definition in the JSON Schema.

The validator uses the same schema as editors. This module chooses the definition of each object by its
discriminator. That is fast, and errors are about the object that was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mlbuild.diagnostics import CODES, WARNINGS, Path, Problem
from mlbuild.hints import did_you_mean, listed, misspelt
from mlbuild.kinds import Json
from mlbuild.models import LEARNERS
from mlbuild.models.searches.dimensions import DIMENSIONS
from mlbuild.models.searches.search import DIMENSION
from mlbuild.params import TaggedUnion, params_of
from mlbuild.spec.shape.definitions import ROOT, Definitions, definitions, option_errors
from mlbuild.spec.shape.learners import OF_LEARNER
from mlbuild.spec.shape.synonyms import near_option
from mlbuild.spec.shape.wording import CheckedObject, glued, of_type, shown

#: Messages for keys that belong elsewhere, or are known for another reason, by definition.
_ELSEWHERE = {
    "warnings": {
        code: "this is an error; only warnings can be changed here" for code in CODES if code not in WARNINGS
    }
}


class Structure:
    """Checks the values of a spec and of its variants. Shared parts are checked once."""

    def __init__(self, seen: Collection[tuple[int, str | int]] = ()) -> None:
        self._seen = set(seen)

    def problems(self, value: Any) -> list[Problem]:
        """Return everything that is wrong with the shape of a spec, by path.

        What an alias repeats is reported once.
        """
        return [*_Check(_seen=self._seen).object(value, ROOT, ())]

    def variant(self) -> Structure:
        """Return a check of values that share parts with those checked here.

        These must stay alive while it is used.
        """
        return Structure(self._seen)


def included_problems(value: Any) -> list[Problem]:
    """Return what is wrong with an included file, except its definitions, which are checked after joining."""
    found = CheckedObject((), "an included file").problems(definitions()["included"].errors(value))
    return [problem for problem in found if len(problem.at) < 2 or problem.at[0] == "include"]


def overlay_problems(value: Any, name: str) -> list[Problem]:
    """Return what is wrong with the overlay of a profile, except its definitions, which are checked after merging."""
    at = ("profiles", name)
    errors = definitions()["overlay"].errors(value)
    found = CheckedObject((), f"profile '{name}'").problems(errors)
    return [problem.under(*at) for problem in found if len(problem.at) < 2]


@dataclass
class _Check:
    """One pass over a document."""

    _definitions: Definitions = field(default_factory=definitions)
    _seen: set[tuple[int, str | int]] = field(default_factory=set)

    def object(self, value: Any, name: str, at: Path, named: bool = False) -> Iterator[Problem]:
        """Yield the problems of a value that should match the definition `name`, and of everything inside it.

        `named` is true if the last part of the path is a name that the user chose.
        """
        if self._again(value, name):
            return
        if (union := self._definitions.union(name)) is not None:
            yield from self._union_member(value, union, at, named)
            return
        title = f"{name} '{at[-1]}'" if named else f"'{at[-1]}'" if at else "the spec"
        if name == "model" and isinstance(value, dict):
            yield from self._model(value, at, title)
        else:
            yield from self._shaped(value, name, CheckedObject(at, title, _ELSEWHERE.get(name, {})))

    def _shaped(self, value: Any, name: str, object_: CheckedObject) -> Iterator[Problem]:
        shape = self._definitions[name]
        yield from object_.problems(shape.errors(value))
        yield from self._below(shape.leads, value, object_.at)

    def _below(self, leads: Json, value: Any, at: Path, named: bool = False) -> Iterator[Problem]:
        """Yield the problems of the values that have their own definition."""
        if "$ref" in leads:
            yield from self.object(value, leads["$ref"], at, named)
        elif leads and not self._again(value, id(leads)):
            if isinstance(value, dict):
                properties, others = leads.get("properties", {}), leads.get("additionalProperties", {})
                for key, child in value.items():
                    below = properties.get(key, others)
                    yield from self._below(below, child, (*at, key), key not in properties)
            elif isinstance(value, list):
                for index, child in enumerate(value):
                    yield from self._below(leads.get("items", {}), child, (*at, index))

    def _again(self, value: Any, what: str | int) -> bool:
        """Whether a map or list, such as one that aliases repeat, was already checked in this respect."""
        if not isinstance(value, (dict, list)) or (id(value), what) in self._seen:
            return isinstance(value, (dict, list))
        self._seen.add((id(value), what))
        return False

    def _union_member(self, value: Any, kind: TaggedUnion, at: Path, named: bool) -> Iterator[Problem]:
        if not isinstance(value, dict):
            return  # reported where the object that contains it was checked
        which = kind.which(value)
        title = kind.name.rpartition("_")[2]
        if kind.by in value and not (isinstance(which, str) and which in kind.classes.names):
            problem = self._unknown_option(which, kind, (*at, kind.by))
            yield problem
            if problem.meant:
                yield from self._union_member(value | {kind.by: problem.meant}, kind, at, named)
        elif isinstance(which, str) and which in kind.classes.names:
            title = f"{title} '{which}'" if kind.by == "op" else f"{which} {title}"
            yield from self._shaped(value, f"{kind.name}.{which}", CheckedObject(at, title))
        else:
            yield _undivided(value, kind, at, f"{title} '{at[-1]}'" if named else f"a {title}")

    def _unknown_option(self, value: Any, kind: TaggedUnion, at: Path) -> Problem:
        if kind.by not in ("op", "type"):
            return next(CheckedObject(at[:-1], "").problems(option_errors(kind, value)))
        what = "op" if kind.by == "op" else f"{kind.name} {kind.by}"
        near = near_option(value, kind.classes.names) if isinstance(value, str) else None
        for other in self._definitions.unions():
            if other.by == kind.by == "op" and value in other.classes.names:
                near = (
                    "this op is for the steps of a dataset"
                    if other.name == "dataset_step"
                    else "this op is for preprocessing"
                )
        near = near or f"available {what}s: {listed(kind.classes.names)}"
        meant = misspelt(value, kind.classes.names) if isinstance(value, str) else None
        return Problem(f"unknown-{kind.by}", f"unknown {what} {shown(value)}", at, near, meant=meant)

    def _model(self, model: Json, at: Path, title: str) -> Iterator[Problem]:
        """Check a model and the parameters of its learner."""
        type_ = model.get("type")
        if type_ not in LEARNERS.names:
            unknown = _unknown_learner(type_, (*at, "type")) if "type" in model else None
            if unknown is not None:
                yield unknown
            if unknown is not None and unknown.meant:
                yield from self._model(model | {"type": unknown.meant}, at, title)
                return
            wanted = {"type": f"available types: {listed(LEARNERS.names)}"}
            yield from self._shaped(model, "model", CheckedObject(at, title, wanted=wanted))
            return
        cls = LEARNERS.named(type_)
        own = {*params_of(cls), *cls.aliases}
        elsewhere = dict.fromkeys(own, f"move it under 'params': it is a parameter of {type_}")
        yield from self._shaped(model, "model", CheckedObject(at, title, elsewhere))
        aliases = {alias: f"use '{name}' instead" for alias, name in cls.aliases.items()}
        for of, one in OF_LEARNER.items():
            place = one.place
            params = _below(model, place)
            if isinstance(params, dict):
                options = CheckedObject((*at, *place), f"the params of {type_}", aliases, cls.refused)
                yield from self._shaped(params, f"{of}.{type_}", options)
                if of == "space":
                    yield from self._space(params, type_, (*at, *place))

    def _space(self, space: Json, type_: str, at: Path) -> Iterator[Problem]:
        """Check that the learner accepts all values of the dimensions of a search space."""
        for key, given in space.items():
            which = given.get("type") if isinstance(given, dict) else None
            if key not in params_of(LEARNERS.named(type_)) or which not in DIMENSIONS.names:
                continue
            if [*self._definitions[f"dimension.{which}"].errors(given)]:
                continue
            for place, value in DIMENSION.read(given).ends().items():
                errors = self._definitions[f"params.{type_}"].errors({key: value})
                for problem in CheckedObject((), "").problems(errors):
                    yield replace(problem, at=(*at, key, *place))


def _below(value: Any, at: Path) -> Any:
    """Return what is at a path below a value; None if nothing is."""
    for key in at:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _unknown_learner(value: Any, at: Path) -> Problem:
    known = LEARNERS.names
    of_library = [name for name in known if isinstance(value, str) and name.startswith(f"{value}.")]
    near = did_you_mean(value, known) if isinstance(value, str) and not of_library else None
    if isinstance(value, str) and near and not _of_known_library(value, known):
        near = None  # a learner of another library is not a typo
    help_ = near or f"available types: {listed(of_library or known)}"
    meant = misspelt(value, known) if near else None
    return Problem("unknown-type", f"unknown model type {shown(value)}", at, help_, meant=meant)


def _of_known_library(value: str, known: Iterable[str]) -> bool:
    """Return whether a type without a dot, or its library, could be meant for one of the known types."""
    library, dot, _ = value.partition(".")
    libraries = {name.partition(".")[0] for name in known}
    return not dot or library in libraries or did_you_mean(library, libraries) is not None


def _undivided(value: Json, kind: TaggedUnion, at: Path, title: str) -> Problem:
    """Return the error for an object without its discriminator."""
    wanted = [kind.by, "path"] if kind.suffixes and "path" not in value else [kind.by]
    for key in value:
        if glued(key, value[key]) in wanted:
            help_ = "put a space after the ':'"
            return Problem("unknown-key", f"unknown key '{key}' in {title}", (*at, key), help_, on="key")
        if (near := did_you_mean(key, wanted)) and not key.startswith("x-"):
            message, meant = f"unknown key '{key}' in {title}", misspelt(key, wanted)
            return Problem("unknown-key", message, (*at, key), near, on="key", meant=meant)
    # A path is never in a database, for example.
    with_path = [name for name, cls in kind.classes.items() if "path" in params_of(cls)]
    options = ", ".join(with_path if kind.suffixes and "path" in value else kind.classes.names)
    if wanted != [kind.by]:
        return Problem("missing-key", f"{title} needs 'path'", at, on="key")
    own = {key for cls in kind.classes for key in params_of(cls)}
    for key in value:
        if key in kind.classes.names and key not in own:
            help_ = f"write '{kind.by}: {key}' and put its parameters beside it"
            return Problem("missing-key", f"{title} needs '{kind.by}'", at, help_, on="key")
    if kind.suffixes and isinstance(value["path"], list):
        message = f"{title} needs '{kind.by}', because 'path' is a list"
        return Problem("missing-key", message, at, f"available {kind.by}s: {options}", on="key")
    if kind.suffixes and not isinstance(value["path"], str):
        return of_type("'path'", value["path"], {"type": "string"}, (*at, "path"))
    if kind.suffixes:
        message = f"{title} needs '{kind.by}': the suffix of {shown(value['path'])} does not imply one"
        return Problem("missing-key", message, at, f"available {kind.by}s: {options}", on="key")
    return Problem("missing-key", f"{title} needs '{kind.by}'", at, f"one of {options}", on="key")
