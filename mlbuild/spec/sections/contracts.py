"""The section `contracts`: what the columns of tables must look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.data.contracts import CONTRACT, Contract
from mlbuild.diagnostics import Path
from mlbuild.params import Object
from mlbuild.spec.meaning.contradictions import contradictions
from mlbuild.spec.meaning.definitions import DefinedContract
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.references import check_references, referenced
from mlbuild.spec.sections.section import Section


class Contracts(Section[DefinedContract, None]):
    key, one, kind = "contracts", "contract", Object(CONTRACT)
    doc = "Contracts by name: the columns that a table must have. They are checked before any training."
    bears = ("contract",)
    counted = False

    def check(self, project: Project) -> Mapping[str, None]:
        check_references(project.definitions, project.findings)
        return {}

    def uses(self, definition: DefinedContract) -> Iterator[tuple[str, str]]:
        for _, (source, _) in referenced(definition.contract):
            yield "sources", source

    def unreadable(self, at: Path) -> Path:
        """If a column is invalid, the other columns are still read."""
        return at[:4] if at[2:3] == ("columns",) and len(at) > 3 else at[:2]

    def read(
        self, given: Any, at: Path, faults: frozenset[Path], findings: Findings
    ) -> DefinedContract | None:
        """Return the contract. An invalid column gets any type and is marked as doubtful."""
        if at in faults:
            return None
        faulty = {column for column in given["columns"] if (*at, "columns", column) in faults}
        columns = {
            column: _doubtful(one) if column in faulty else one for column, one in given["columns"].items()
        }
        contract: Contract = self.kind.read({**given, "columns": columns})
        problems = [*contradictions(contract, at)]
        if faulty:  # the types of columns that checks read are not known
            problems = [problem for problem in problems if problem.at[2:3] != ("checks",)]
        findings.extend(problems)
        places = [problem.at for problem in problems if problem.severity == "error"]
        faulty.update(str(place[3]) for place in places if place[2] == "columns")
        usable = all(place[2] == "columns" for place in places)
        return DefinedContract(contract, frozenset(faulty)) if usable else None


def _doubtful(column: Any) -> Any:
    """Return what is read of an invalid column: some type, and that its values are unique if it says so."""
    unique = isinstance(column, dict) and bool(column.get("unique"))
    return {"dtype": "string", "unique": True} if unique else "string"
