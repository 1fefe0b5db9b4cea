"""Recognizes most valid values without the library that validates them, whose import is a sixth of the time of a check.

The library decides about all other values, and finds what is wrong with them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from mlbuild.kinds import Json
from mlbuild.spec.shape.wording import repeated

#: The keywords of a schema that only describe: editors show them, and validation ignores them.
_PROSE = frozenset(
    "title description markdownDescription markdownEnumDescriptions default examples defaultSnippets"
    " patternErrorMessage words hints".split()
)


def surely_valid(value: Any, schema: Any) -> bool:
    """Whether a value certainly matches a schema. False if it does not, or if that is not certain."""
    if not isinstance(schema, dict):
        return schema is True
    return all(
        word in _PROSE or (word in _WORDS and _WORDS[word](value, wanted, schema))
        for word, wanted in schema.items()
    )


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(value: Any, wanted: str | list[str], _: Json) -> bool:
    return any(_TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))


def _same(value: Any, wanted: Any) -> bool:
    return type(value) is type(wanted) and not isinstance(value, (list, dict)) and bool(value == wanted)


def _properties(value: Any, wanted: Json, _: Json) -> bool:
    return not isinstance(value, dict) or all(
        surely_valid(value[key], part) for key, part in wanted.items() if key in value
    )


def _patterns(value: Any, wanted: Json, _: Json) -> bool:
    return not isinstance(value, dict) or all(
        surely_valid(part, wanted[pattern])
        for key, part in value.items()
        for pattern in wanted
        if re.search(pattern, key)
    )


def _others(value: Any, wanted: Any, schema: Json) -> bool:
    if not isinstance(value, dict):
        return True
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = (key for key in value if key not in known and not any(re.search(one, key) for one in patterns))
    return all(surely_valid(value[key], wanted) for key in others)


def _pattern(value: Any, wanted: str, _: Json) -> bool:
    return not isinstance(value, str) or re.search(re.sub(r"\$$", r"\\Z", wanted), value) is not None


#: What each word of a schema demands of a value. The last argument is the whole schema.
_WORDS: Mapping[str, Callable[[Any, Any, Json], bool]] = {
    "type": _type,
    "const": lambda value, wanted, _: _same(value, wanted),
    "enum": lambda value, wanted, _: any(_same(value, one) for one in wanted),
    "anyOf": lambda value, wanted, _: any(surely_valid(value, one) for one in wanted),
    "allOf": lambda value, wanted, _: all(surely_valid(value, one) for one in wanted),
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _others,
    "propertyNames": lambda value, wanted, _: (
        not isinstance(value, dict) or all(surely_valid(key, wanted) for key in value)
    ),
    "required": lambda value, wanted, _: not isinstance(value, dict) or all(key in value for key in wanted),
    "minProperties": lambda value, wanted, _: not isinstance(value, dict) or len(value) >= wanted,
    "items": lambda value, wanted, _: (
        not isinstance(value, list) or all(surely_valid(one, wanted) for one in value)
    ),
    "minItems": lambda value, wanted, _: not isinstance(value, list) or len(value) >= wanted,
    "uniqueItems": lambda value, wanted, _: (
        not (wanted and isinstance(value, list)) or repeated(value) is None
    ),
    "pattern": _pattern,
    "minLength": lambda value, wanted, _: not isinstance(value, str) or len(value) >= wanted,
    "minimum": lambda value, wanted, _: not is_number(value) or value >= wanted,
    "maximum": lambda value, wanted, _: not is_number(value) or value <= wanted,
    "exclusiveMinimum": lambda value, wanted, _: not is_number(value) or value > wanted,
    "exclusiveMaximum": lambda value, wanted, _: not is_number(value) or value < wanted,
}
