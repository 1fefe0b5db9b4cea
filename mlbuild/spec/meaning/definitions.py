"""The definitions of a spec, as far as they can be read: described values by section and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from mlbuild.data.contracts import Contract
from mlbuild.data.sources import Source
from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer
from mlbuild.models.learner import Learner
from mlbuild.ops.op import Op
from mlbuild.spec import language
from mlbuild.spec.shipping import Output


@frozen
class DefinedContract:
    """A contract. `doubtful` are its invalid columns, whose type is unknown."""

    contract: Contract
    doubtful: frozenset[str]


@frozen
class Item:
    """One item of a matrix: its name, that without its seed, what it sets, and where its settings are written.

    The learner is None if its parameters are invalid, and the seed if it is that of the project.
    """

    label: str
    combination: str
    learner: Learner | None
    seed: int | None
    settings: Mapping[str, Any]
    places: Mapping[Path, Path]


@frozen
class DefinedModel:
    """A model, its answer, its learner (None if the parameters are invalid), and the items of its matrix."""

    model: language.Model
    answer: Answer
    learner: Learner | None
    items: tuple[Item, ...] = ()


@frozen
class Definitions:
    """The values of the top-level keys. In a section, an invalid definition is None."""

    project: str = ""
    description: str | None = None
    seed: int = 0
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, section: str) -> Mapping[str, Any]:
        """Return the definitions of a section by name."""
        return self.named.get(section, {})

    @property
    def sources(self) -> Mapping[str, Source | None]:
        return self.of("sources")

    @property
    def contracts(self) -> Mapping[str, DefinedContract | None]:
        return self.of("contracts")

    @property
    def datasets(self) -> Mapping[str, language.Dataset | None]:
        return self.of("datasets")

    @property
    def preprocessing(self) -> Mapping[str, tuple[Op, ...] | None]:
        return self.of("preprocessing")

    @property
    def models(self) -> Mapping[str, DefinedModel | None]:
        return self.of("models")

    @property
    def outputs(self) -> Mapping[str, Output | None]:
        return self.of("outputs")
