"""Reads what a spec defines into described values, as far as its structure is sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlbuild.data.contracts import Contract
from mlbuild.data.sources import Source
from mlbuild.diagnostics import Path, Problem
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.ops.op import Op
from mlbuild.params import Described, Kind, params_of, read
from mlbuild.spec import language
from mlbuild.spec.findings import Findings

_PLAIN = ("project", "description", "seed")
LEARNER = {cls.type: cls for cls in LEARNERS}


@dataclass(frozen=True)
class Definitions:
    """What stands under the top-level keys, by name; None where a definition is at fault in itself."""

    project: str = ""
    description: str | None = None
    seed: int = 0
    sources: Mapping[str, Source | None] = field(default_factory=dict)
    contracts: Mapping[str, Contract | None] = field(default_factory=dict)
    datasets: Mapping[str, language.Dataset | None] = field(default_factory=dict)
    preprocessing: Mapping[str, tuple[Op, ...] | None] = field(default_factory=dict)
    models: Mapping[str, language.Model | None] = field(default_factory=dict)
    outputs: Mapping[str, language.Output | None] = field(default_factory=dict)
    #: The learner of each model, None where its parameters are at fault.
    learners: Mapping[str, Learner | None] = field(default_factory=dict)
    #: The columns of each contract that are at fault, and of a type that nobody knows.
    doubtful: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_definitions(value: Mapping[str, Any], faults: frozenset[Path], findings: Findings) -> Definitions:
    """The definitions of a spec, without what `faults` names.

    What the fields of each contradict in each other is added to `findings`, and leaves it None too.
    """
    reader = _Reader(faults, findings)
    found: dict[str, Any] = {}
    for key, param in params_of(language.Document).items():
        if key in language.SECTIONS:
            (kind,) = param.kind.nested()
            things = value.get(key, {}).items()
            found[key] = {name: reader.definition(kind, given, (key, name)) for name, given in things}
        elif key in _PLAIN and key in value and (key,) not in faults:
            found[key] = param.kind.read(value[key])
    return Definitions(**found, learners=reader.learners, doubtful=reader.doubtful)


class _Reader:
    """Reads one definition after the other."""

    def __init__(self, faults: frozenset[Path], findings: Findings) -> None:
        self.faults, self.findings = faults, findings
        self.learners: dict[str, Learner | None] = {}
        self.doubtful: dict[str, frozenset[str]] = {}

    def definition(self, kind: Kind, given: Any, at: Path) -> Any:
        """What stands at a path of two parts, None where it is at fault."""
        section, name = at[0], str(at[1])
        if section == "models":
            self.learners[name] = None
        if at in self.faults:
            return None
        if section == "contracts":
            return self._contract(kind, given, name)
        if section == "models":
            return self._model(kind, given, name)
        return self._sound(kind.read(given), at)

    def _contract(self, kind: Kind, given: Any, name: str) -> Contract | None:
        """The contract; columns at fault have any type in it, and are doubtful."""
        at: Path = ("contracts", name)
        faulty = {column for column in given["columns"] if (*at, "columns", column) in self.faults}
        columns = {column: "string" if column in faulty else one for column, one in given["columns"].items()}
        contract: Contract = kind.read({**given, "columns": columns})
        problems = [*_contradictions(contract, at)]
        self.findings.extend(problems)
        places = [problem.at for problem in problems if problem.severity == "error"]
        faulty.update(str(place[3]) for place in places if place[2] == "columns")
        self.doubtful[name] = frozenset(faulty)
        return contract if all(place[2] == "columns" for place in places) else None

    def _model(self, kind: Kind, given: Any, name: str) -> language.Model | None:
        """The model; parts at fault that nothing else depends on are left out of it."""
        at: Path = ("models", name)
        model: language.Model = kind.read(
            {key: part for key, part in given.items() if (*at, key) not in self.faults}
        )
        if (*at, "params") not in self.faults:
            made = read(LEARNER[model.type], model.params)
            self.learners[name] = self._sound(made, (*at, "params"))
        return self._sound(model, at)  # type: ignore[no-any-return] # what it is given

    def _sound(self, value: Any, at: Path) -> Any:
        """The value, or None where its own check or that of anything inside it fails."""
        return value if self.findings.extend(_contradictions(value, at)) else None


def _contradictions(value: Any, at: Path) -> Iterator[Problem]:
    if isinstance(value, Described):
        yield from (problem.under(*at) for problem in value.check())
        for key, param in params_of(type(value)).items():
            yield from _contradictions(getattr(value, param.name), (*at, key))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _contradictions(item, (*at, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _contradictions(item, (*at, index))
