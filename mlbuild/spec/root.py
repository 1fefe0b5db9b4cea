"""The top-level keys of a spec, in the order of data flow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.hints import in_words
from mlbuild.params import INT32, Choice, Described, Integer, ListOf, MapOf, Object, Text, field
from mlbuild.spec.language import NAME, Overlay
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.warnings import Warnings

#: The keys of the sections. Each contains definitions by name.
SECTION_KEYS = tuple(section.key for section in SECTIONS)
#: Keys that determine which files and layers make up a spec. They have no meaning in the composed spec.
COMPOSING = ("include", "profiles")


@frozen
class _Head(Described):
    mlbuild: int = field(Choice({1: "version of the spec language"}), "Version of the spec language.")
    project: str = field(Text(NAME, "a name"), "Name of the project. It appears in reports and artifacts.")
    description: str | None = field(
        Text(), "Description of the project, for readers of the spec.", default=None
    )
    seed: int = field(
        Integer(min=0, max=INT32),
        "Random seed of the splits and learners that do not set their own.",
        default=0,
    )
    include: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, min_items=1, unique=True),
        f"Files with more {in_words(SECTION_KEYS)}. Paths are relative to the file that includes them.",
        default=(),
        examples=(["contracts.yaml"],),
    )
    warnings: Warnings = field(
        Object(Warnings),
        "Level of each warning, by code. `mlbuild explain CODE` explains a code.",
        default=Warnings(),
    )


_PROFILES = field(
    MapOf(Overlay(), 0, NAME),
    "Variants of the spec, applied with `--profile NAME`. Maps are merged; all other values are replaced.",
    default={},
)

#: The described class of a whole spec: plain keys, one map per section, then the profiles.
Root: type[Described] = dataclasses.make_dataclass(
    "Root",
    [
        *(
            (section.key, Mapping[str, Any], field(MapOf(section.kind, 0, NAME), section.doc, default={}))
            for section in SECTIONS
        ),
        ("profiles", Mapping[str, Any], _PROFILES),
    ],
    bases=(_Head,),
    unsafe_hash=True,
    namespace={"__doc__": f"An mlbuild project: {in_words(SECTION_KEYS)}."},
)

#: Keys with a value that nothing else in a spec refers to.
PLAIN = tuple(item.name for item in dataclasses.fields(_Head) if item.name not in COMPOSING)
#: The keys that a profile can change.
OVERLAID = (*(key for key in PLAIN if key != "mlbuild"), *SECTION_KEYS)
