"""Turns failed keywords of the JSON Schema into messages: one problem for one mistake."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from mlbuild.columns import text_of
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed, meant_as_list, misspelt
from mlbuild.kinds import INT32, Json, bound_words
from mlbuild.shown import cut
from mlbuild.spec.language import NAME
from mlbuild.spec.shape.synonyms import meant_option, near_option

#: A `jsonschema.ValidationError`. In its stubs, every field can be unset.
ValidationError = Any

_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "nothing",
}
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_NAME_HELP = "names have up to 80 letters, digits, '_' and '-', and start with a letter or '_'"
_COLUMN_HELP = "a column name cannot be empty, '*' or of the form '^...$'"
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
#: The maximum number of options in one sentence.
_LISTED = 8


@frozen
class CheckedObject:
    """An object that was checked: its place and its name in messages.

    For an unknown key, `elsewhere` says what it is called here or where it belongs, and `refused` why it does not
    exist. `wanted` says what to write for a missing key.
    """

    at: Path
    title: str
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)

    def problems(self, errors: Iterable[ValidationError]) -> Iterator[Problem]:
        """Return the mistakes behind the errors of the object's own schema."""
        told: set[Path] = set()
        for error in errors:
            at = (*self.at, *error.absolute_path)
            if error.validator in ("additionalProperties", "required"):
                # Both are about keys, and a misspelt key is also missing, so they are reported together, once per
                # object.
                if at not in told:
                    yield from self._keys(error, at)
                told.add(at)
            else:
                yield _of_value(error, at)

    def _keys(self, error: ValidationError, at: Path) -> Iterator[Problem]:
        shape: Json = dict(error.schema)
        known = shape.get("properties", {})
        unknown = [key for key in error.instance if key not in known and not key.startswith("x-")]
        missing = [key for key in shape.get("required", ()) if key not in error.instance]
        closed = shape.get("additionalProperties") is False
        title = self.title if at == self.at else f"'{_last_key(at)}'"
        meant = []
        for key in unknown if closed else ():
            problem, name = self._unknown(key, [*known], error.instance, missing, len(unknown), title)
            meant.append(name)
            yield problem.under(*at)
        for key in missing:
            if key not in meant:
                help_ = self.wanted.get(key) or _options(key, known[key])
                yield Problem("missing-key", f"{title} needs '{key}'", at, help_, on="key")

    def _unknown(
        self, key: str, known: list[str], given: Json, missing: list[str], unknown: int, title: str
    ) -> tuple[Problem, str | None]:
        """Return the problem of an unknown key, and the key that was meant, if it is known."""
        if key in self.refused:
            message = f"'{key}' cannot be set: {self.refused[key]}"
            return Problem("refused-key", message, (key,), on="key"), None
        message = f"unknown key '{key}' in {title}"
        if (name := glued(key, given[key])) in known:
            return Problem("unknown-key", message, (key,), "put a space after the ':'", on="key"), name
        free = [name for name in known if name not in given]
        near = did_you_mean(key, known)
        name = next((name for name in free if near == f"did you mean '{name}'?"), None)
        help_ = self.elsewhere.get(key) or (near if name else None)
        if help_ is None and unknown == 1 and len(missing) == 1:
            help_, name = f"did you mean the required key '{missing[0]}'?", missing[0]
        help_ = help_ or near
        help_ = help_ or (f"available keys: {listed(free)}" if free else "all its keys are already set")
        clear = name if name and (misspelt(key, [name]) or name in missing) else None
        return Problem("unknown-key", message, (key,), help_, on="key", meant=clear), name


def glued(key: str, value: Any) -> str | None:
    """Return the key that was meant if no space follows its ':', as in `{path:rows.csv}`."""
    return key.partition(":")[0] if value is None and ":" in key else None


def _of_value(error: ValidationError, at: Path) -> Problem:
    """Return what is wrong with a value, apart from the keys of an object."""
    keyword, value, shape = error.validator, error.instance, dict(error.schema)
    if "propertyNames" in error.absolute_schema_path:
        if shape["pattern"] == NAME:
            return Problem("bad-name", f"'{value}' is not a valid name", (*at, value), _NAME_HELP, on="key")
        message = f"'{value}' is not a valid column name"
        return Problem("bad-name", message, (*at, value), _COLUMN_HELP, on="key")
    if keyword == "anyOf":
        return _of_forms(error, at)
    subject = _subject(at)
    if keyword == "enum":
        options = [str(option) for option in shape["enum"]]
        near = (
            (meant_as_list(value, options) or near_option(value, options)) if isinstance(value, str) else None
        )
        if value in options and value not in shape["enum"]:
            near = "remove the quotes"
        if near is None and len(options) > _LISTED:
            near = f"one of {', '.join(options)}"
        message = f"{subject} must be {words(shape)}, not {shown(value)}"
        meant = meant_option(value, options) if isinstance(value, str) else None
        return Problem("not-allowed", message, at, near, meant=meant)
    if keyword == "type":
        return of_type(subject, value, shape, at)
    if keyword in _BOUNDS:
        if error.validator_value == INT32:
            shape.pop("minimum", None)
        return Problem("out-of-range", f"{subject} must be {words(shape)}, not {shown(value)}", at)
    if keyword == "pattern":
        if shape["pattern"] == NAME:
            return Problem("bad-name", f"{shown(value)} is not a valid name", at, _NAME_HELP)
        return Problem("bad-format", f"{subject} must be {words(shape)}, not {shown(value)}", at)
    if keyword == "uniqueItems":
        index = repeated(value) or 0
        return Problem("duplicate-item", f"{shown(value[index])} is listed twice", (*at, index))
    if keyword in ("minItems", "minProperties"):
        return Problem("empty", f"{subject} is empty", at, "add at least one entry", on="key")
    return Problem("not-allowed", f"{subject} must be {words(shape)}", at)


def repeated(items: list[Any]) -> int | None:
    """Return the index of the first item that equals an earlier one; lists and maps are ignored."""
    seen = set()
    for index, item in enumerate(items):
        if isinstance(item, (list, dict)):
            continue
        # In JSON, `1` equals `1.0` but not `true`.
        if (isinstance(item, bool), item) in seen:
            return index
        seen.add((isinstance(item, bool), item))
    return None


#: How dates begin.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def of_type(subject: str, value: Any, shape: Json, at: Path) -> Problem:
    """Return the problem of a value whose type differs from that in its schema."""
    if isinstance(value, float) and not math.isfinite(value) and "number" in shape["type"]:
        return Problem("out-of-range", f"{subject} must be a finite number, not {shown(value)}", at)
    if value is None:
        cut = (
            bool(at) and isinstance(at[-1], str) and at[-1].count(")") > at[-1].count("(")
        )  # `{z: LAG(x, 2)}`
        help_ = "put the whole expression in quotes: without them, it ends at the ','" if cut else None
        return Problem(
            "wrong-type", f"{subject} must be {words(shape)}, but has no value", at, help_, on="key"
        )
    help_ = shape.get("hints", {}).get(value) if isinstance(value, str) else None
    if shape["type"] == "array" and isinstance(value, (str, int, float)) and "\n" not in str(value):
        help_ = help_ or f"write a list: [{value if isinstance(value, str) else shown(value)}]"
    elif isinstance(value, str):
        help_ = help_ or _retyped(value, shape["type"])
    elif shape["type"] == "string" and not isinstance(value, (list, dict)):
        examples = shape.get("examples", ())
        dates = examples and all(_DATE.match(str(one)) for one in examples)  # no number in quotes is one
        help_ = f"write a date, such as {examples[0]}" if dates else f"put it in quotes: '{shown(value)}'"
    return Problem("wrong-type", f"{subject} must be {words(shape)}, not {shown(value)}", at, help_)


def _retyped(text: str, wanted: Any) -> str | None:
    """Return how to write a text that was meant as a value of another type."""
    if wanted == "boolean" and text.casefold() in _TRUTHS:
        return f"write {_TRUTHS[text.casefold()]}"
    number = text.removesuffix("%").strip()
    if wanted in ("integer", "number") and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", number):
        return f"write {float(number) / 100:g}" if text.endswith("%") else "remove the quotes"
    return None


def _options(key: str, shape: Json) -> str | None:
    """Return the options of a key, if it has a list of them."""
    options = [str(option) for option in shape.get("enum", ())]
    if len(options) == 1:
        return f"write '{key}: {options[0]}'"
    return f"one of {listed(options)}" if options else None


def _of_forms(error: ValidationError, at: Path) -> Problem:
    """Return the problem of a value that has none of several forms; if one of them has its type, the problem with
    that form.
    """
    forms: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        forms.setdefault(int(inner.schema_path[0]), []).append(inner)
    for inner, *_ in forms.values():
        if inner.validator == "enum":
            options = inner.validator_value
            if any(type(option) is type(inner.instance) for option in options):
                problem = _of_value(inner, at)
                return Problem(
                    problem.code,
                    f"{_subject(at)} must be {words(dict(error.schema))}, not {shown(inner.instance)}",
                    at,
                    problem.help,
                    meant=problem.meant,
                )
        elif inner.validator != "type":
            return _of_value(inner, at)
    return of_type(_subject(at), error.instance, dict(error.schema) | {"type": ""}, at)


def words(shape: Json) -> str:
    """Describe what a schema allows, for messages."""
    if "words" in shape:
        return str(shape["words"])
    if "anyOf" in shape:
        return " or ".join(words(form) for form in shape["anyOf"])
    if "enum" in shape:
        signs = any(isinstance(option, str) and not re.search(r"\w", option) for option in shape["enum"])
        options = [shown(option) if signs else shown(option).strip("'") for option in shape["enum"]]
        if len(options) > _LISTED:
            return f"one of {len(options)} options"
        return options[0] if len(options) == 1 else f"one of {', '.join(options)}"
    if "patternErrorMessage" in shape:
        return str(shape["patternErrorMessage"]).removeprefix("must be ")
    if isinstance(shape.get("type"), list):
        return "a single value" if len(shape["type"]) > 2 else " or ".join(_TYPES[t] for t in shape["type"])
    low, above, high, below = (shape.get(name) for name in _BOUNDS)
    return _TYPES[shape.get("type", "object")] + bound_words(low, above, high, below)


def shown(value: Any) -> str:
    """Format a value of the spec for messages."""
    if isinstance(value, str):
        return f"'{cut(' '.join(value.split()))}'"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list) else "a map" if isinstance(value, dict) else text_of(value)


def _subject(at: Path) -> str:
    if not at:
        return "the spec"
    return f"'{at[-1]}'" if isinstance(at[-1], str) else f"an item of '{_last_key(at)}'"


def _last_key(at: Path) -> str:
    return str(next(part for part in reversed(at) if isinstance(part, str)))
