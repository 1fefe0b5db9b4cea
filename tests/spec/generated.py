"""Random valid projects, with every op, learner, source, split and form of the language.

The language's own classes decide what is valid, so a new op or learner is included automatically.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path

from mlbuild.frozen import frozen
from mlbuild.models import LEARNERS
from mlbuild.params import Json
from mlbuild.spec.root import SECTION_KEYS
from tests.spec.generated_models import Models, metric_of
from tests.spec.generated_tables import TEXTS, Tables
from tests.spec.styled import styled


@frozen
class Generated:
    """The files of a project by path, with empty data files; and the profiles and settings to use."""

    files: Mapping[str, str]
    profiles: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write the project into a folder; return the spec."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        return folder / "mlbuild.yaml"


def generated(chance: random.Random) -> Generated:
    """Return a random project."""
    return _Project(chance).made()


class _Project:
    """Builds the value of a spec, and then divides it into files and profiles."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        tables = Tables(chance)
        models = Models(tables, chance)
        for number in range(chance.randint(1, 3)):
            split = [name for name, one in tables.spec["datasets"].items() if "split" in one]
            models.add(f"m{number}", chance.choice(split))
        self.maybe, self.data, self.sections = tables.maybe, tables.data, tables.spec

    def made(self) -> Generated:
        """Return the spec in one file or several, with profiles, settings and `x-` keys."""
        spec: Json = {"mlbuild": 1, "project": "p-1"}
        if self.maybe():
            spec |= {"description": self.chance.choice(TEXTS), "seed": self.chance.choice([0, 7, 31.0])}
        if self.maybe(0.3):
            spec |= {
                "x-own": {"n": [1, 1.0, None, True, math.inf, "1e3"], "t": TEXTS},
                "warnings": {"unused": "ignore"},
            }
        spec |= {key: dict(part) for key, part in self.sections.items() if part or self.maybe()}
        profiles: tuple[str, ...] = ()
        files = dict.fromkeys(self.data, "")
        if self.maybe(0.4):
            files |= self._included(spec)
        if self.maybe(0.5):
            spec["profiles"] = {"quick": self._overlay(), "unused": {"seed": 5, "x-why": "later"}}
            profiles = self.chance.choice([(), ("quick",), ("quick", "unused")])
        settings = ("seed=11", "description='a # b'") if self.maybe(0.3) else ()
        return Generated(
            files | {"mlbuild.yaml": styled(self._shuffled(spec), self.chance)}, profiles, settings
        )

    def _included(self, spec: Json) -> dict[str, str]:
        """Return files with definitions moved out of the spec. The first file may include the second."""
        names = ["parts/a.yaml", "b.yaml"][: self.chance.randint(1, 2)]
        parts: list[Json] = [{"x-common": {"of": "this file"}} for _ in names]
        for section in SECTION_KEYS:
            for name in [name for name in spec.get(section, {}) if self.maybe()]:
                self.chance.choice(parts).setdefault(section, {})[name] = spec[section].pop(name)
        spec["include"] = names
        if len(names) == 2 and self.maybe():
            spec["include"] = names[0]
            parts[0]["include"] = ["../b.yaml"]
        return {name: styled(part, self.chance) for name, part in zip(names, parts, strict=True)}

    def _overlay(self) -> Json:
        overlay: Json = {"project": "other", "outputs": {}, "models": {}}
        for name, model in self.sections["models"].items():
            if self.maybe():
                overlay["models"][name] = {"metrics": [metric_of(LEARNERS.named(model["type"]))]}
            if name in self.sections["outputs"] and self.maybe():
                overlay["outputs"][name] = {"verify": {"rows": 3}, "x-by": name}
        return overlay

    def _shuffled(self, spec: Json) -> Json:
        """Return a spec with its keys in another order, which has no meaning."""
        keys = [*spec]
        if self.maybe(0.3):
            self.chance.shuffle(keys)
        return {key: spec[key] for key in keys}
