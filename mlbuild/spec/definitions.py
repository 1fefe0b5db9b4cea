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
from mlbuild.params import Described, params_of, read
from mlbuild.spec import language
from mlbuild.spec.findings import Findings

SECTIONS = ("sources", "contracts", "datasets", "preprocessing", "models", "outputs")
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


def read_definitions(value: Mapping[str, Any], faults: frozenset[Path], findings: Findings) -> Definitions:
    """The definitions of a spec, those under a path of `faults` left None.

    What the fields of each contradict in each other is added to `findings`, and leaves it None too.
    """
    params = params_of(language.Document)
    found: dict[str, Any] = {}
    for key, given in value.items():
        if key not in params or (key,) in faults:
            continue
        kind = params[key].kind
        if key not in SECTIONS:
            found[key] = kind.read(given)
            continue
        (item,) = kind.nested()
        found[key] = {
            name: None if (key, name) in faults else _sound(item.read(one), (key, name), findings)
            for name, one in given.items()
        }
    found.pop("mlbuild", None)
    models: dict[str, language.Model | None] = found.get("models", {})
    learners = {name: _learner(name, model, findings) for name, model in models.items()}
    return Definitions(**found, learners=learners)


def _learner(name: str, model: language.Model | None, findings: Findings) -> Learner | None:
    learner: Learner | None = None
    if model is not None:
        made = read(LEARNER[model.type], model.params)
        learner = _sound(made, ("models", name, "params"), findings)
    return learner


def _sound(value: Any, at: Path, findings: Findings) -> Any:
    """The value, or None where its own check or that of anything inside it fails."""
    return value if findings.extend(_contradictions(value, at)) else None


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
