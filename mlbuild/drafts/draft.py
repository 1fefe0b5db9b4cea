"""Drafts a spec from a data file: its sections, with the reasons for the choices as comments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mlbuild.data.contracts import Column
from mlbuild.data.formats.by_suffix import implied_by
from mlbuild.data.formats.format import Format
from mlbuild.data.inference import Inferred
from mlbuild.data.rules.bounds import Min
from mlbuild.drafts.block import Noted, Remark, block, reasons, remark_lines, told
from mlbuild.drafts.division import Division, divide
from mlbuild.drafts.goal import Goal, choose_goal
from mlbuild.drafts.groups import groups
from mlbuild.drafts.models import ROWS, ModelDraft
from mlbuild.drafts.names import name_of
from mlbuild.drafts.placeholders import placeholders
from mlbuild.drafts.roles import Roles, choose_roles
from mlbuild.drafts.template import MODELINE, models_to_fill_in
from mlbuild.drafts.times import passed_over, timelines
from mlbuild.frozen import frozen
from mlbuild.models.learner import AnswerClass
from mlbuild.params import params_of
from mlbuild.spec.text.quoting import as_yaml


@frozen(eq=False)
class Draft:
    """A spec as text, and what it was made of. Without a target, it ends with the contract."""

    text: str
    inferred: Inferred
    goal: Goal | None = None
    division: Division | None = None
    roles: Roles | None = None

    @property
    def remarks(self) -> list[str]:
        """Return what a person should think about."""
        columns = self.inferred.columns
        doubts = [f"'{name}' {doubt}" for name, doubt in self.inferred.doubts.items() if name in columns]
        about_rows = self.division.remarks if self.division else ()
        about_target = [self.goal.note] if self.goal and self.goal.note else []
        return [*about_rows, *about_target, *doubts, *placeholders(self.inferred)]


def draft(
    inferred: Inferred, path: str, project: str, target: str | None, answer: AnswerClass | None = None
) -> Draft:
    """Draft a spec for the file at `path`, which is relative to the folder of the spec.

    Raises:
        Rejected: The target does not exist, or nothing can be learned from this file.
    """
    source = name_of(PurePosixPath(path).stem, "data")
    goal = None if target is None else choose_goal(inferred, target, answer)
    sections = [{"mlbuild": 1, "project": project}, *_tables(inferred, goal, source, path)]
    height = inferred.rows.height
    rows = "the only row" if height == 1 else f"the {height:,} rows"
    said = [f"drafted from {rows} of {as_yaml(path)}: correct it where you know better"]
    if goal is None:
        text = _text(said, sections) + models_to_fill_in(source)
        return Draft(text, inferred)
    division, roles = _choices(inferred, goal)
    sections += ModelDraft(inferred, goal, division, roles).sections(source if source != ROWS else "data")
    return Draft(_text(said, sections), inferred, goal, division, roles)


def _choices(inferred: Inferred, goal: Goal) -> tuple[Division, Roles]:
    times = list(timelines(inferred, goal.rows, goal.name))
    keys = groups(inferred, goal.rows, goal.name, times)
    division = divide(goal, times, keys, list(passed_over(inferred, goal.rows, goal.name, times)))
    return division, choose_roles(inferred, goal, division, keys)


def _text(said: list[str], sections: list[dict[Any, Any]]) -> str:
    head = [MODELINE.rstrip("\n"), *(line for text in said for line in remark_lines(text))]
    parts = ["\n".join(block(section)) + "\n" for section in sections]
    return "\n".join([*head, "\n".join(parts)])


def _tables(inferred: Inferred, goal: Goal | None, source: str, path: str) -> list[dict[Any, Any]]:
    columns = {
        name: goal.column if goal and name == goal.name else column
        for name, column in inferred.columns.items()
    }
    named = source if source != ROWS else "data"
    return [
        {"sources": {named: _source(inferred, path, named)}},
        contract_section(named, columns, inferred.refused),
    ]


def contract_section(name: str, columns: Mapping[str, Column], refused: Mapping[str, str]) -> dict[Any, Any]:
    """Return the section with one contract. `refused` says why other columns are left out."""
    found: dict[Any, Any] = {column: _column(one) for column, one in columns.items()}
    if refused:
        found[Remark("left out of the contract, so not available to models:\n" + reasons(refused))] = None
    rules = "rules for every row; a violation fails the build"
    if any(column.rule(Min).applied for column in columns.values()):
        rules += " ('min: 0' is a guess from names and zeros)"
    return {"contracts": Noted({name: {"columns": found}}, rules)}


def _source(inferred: Inferred, path: str, contract: str) -> dict[str, Any]:
    form = inferred.format
    keys: dict[str, Any] = {}
    if implied_by(path) is not type(form):
        keys["type"] = form.type
    keys["path"] = path.replace("${", "$${")  # not a variable
    usual = type(form)().for_file(path)
    for key, param in params_of(type(form)).items():
        if vars(form)[param.name] != vars(usual)[param.name]:
            value = _ways(form) if key == "read" else told(form)[key]
            keys[key] = Noted(value, inferred.remarks[key]) if key in inferred.remarks else value
    return keys | {"contract": contract}


def _ways(form: Format) -> dict[str, Any]:
    return {name: told(way) for name, way in form.ways.items()}


def _column(column: Column) -> Any:
    """Return only the dtype if it describes the column completely."""
    keys = told(column)
    return column.dtype if len(keys) == 1 else keys
