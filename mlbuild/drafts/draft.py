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
from mlbuild.drafts.block import Noted, Remark, block, remark_lines
from mlbuild.drafts.division import Division, divide
from mlbuild.drafts.goal import Goal, choose_goal
from mlbuild.drafts.groups import groups
from mlbuild.drafts.names import name_of
from mlbuild.drafts.roles import Roles, choose_roles
from mlbuild.drafts.template import MODELINE, models_to_fill_in
from mlbuild.drafts.times import passed_over, timelines
from mlbuild.drafts.training import training
from mlbuild.frozen import frozen
from mlbuild.models.answers.regression import Regression
from mlbuild.models.learner import AnswerClass
from mlbuild.params import Described, params_of, write
from mlbuild.spec.text.quoting import as_sql, as_yaml

ROWS, STEPS = "rows", "tabular"


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
        return [*(self.division.remarks if self.division else ()), *doubts]


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
    said = [
        f"drafted from the {inferred.rows.height:,} rows of {as_yaml(path)}: correct it where you know better"
    ]
    if goal is None:
        text = _text(said, sections) + models_to_fill_in(source)
        return Draft(text, inferred)
    division, roles = _choices(inferred, goal)
    sections += _models(inferred, goal, division, roles, source if source != ROWS else "data")
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
    columns: dict[Any, Any] = {
        name: _column(goal.column if goal and name == goal.name else column)
        for name, column in inferred.columns.items()
    }
    if inferred.refused:
        columns[
            Remark("left out of the contract, so not available to models:\n" + _reasons(inferred.refused))
        ] = None
    rules = "rules for every row; a violation fails the build"
    if any(column.rule(Min).applied for column in inferred.columns.values()):
        rules += " ('min: 0' is a guess from names and zeros)"
    named = source if source != ROWS else "data"
    return [
        {"sources": {named: _source(inferred, path, named)}},
        {"contracts": Noted({named: {"columns": columns}}, rules)},
    ]


def _source(inferred: Inferred, path: str, contract: str) -> dict[str, Any]:
    form = inferred.format
    told: dict[str, Any] = {}
    if implied_by(path) is not type(form):
        told["type"] = form.type
    told["path"] = path.replace("${", "$${")  # not a variable
    usual = type(form)().for_file(path)
    for key, param in params_of(type(form)).items():
        if vars(form)[param.name] != vars(usual)[param.name]:
            value = _ways(form) if key == "read" else _told(form)[key]
            told[key] = Noted(value, inferred.remarks[key]) if key in inferred.remarks else value
    return told | {"contract": contract}


def _ways(form: Format) -> dict[str, Any]:
    return {name: _told(way) for name, way in form.ways.items()}


def _column(column: Column) -> Any:
    """Return only the dtype if it describes the column completely."""
    told = _told(column)
    return column.dtype if len(told) == 1 else told


def _told(described: Described) -> dict[str, Any]:
    """Return what a person would write for a value: no defaults, and lists on one line."""
    params = params_of(type(described))
    told = {
        key: value
        for key, value in write(described).items()
        if key not in params or getattr(described, params[key].name) != params[key].default
    }
    return {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}


def _models(
    inferred: Inferred, goal: Goal, division: Division, roles: Roles, source: str
) -> list[dict[Any, Any]]:
    steps, name = _steps(inferred, roles), name_of(goal.name, "model")
    model: dict[Any, Any] = {
        "type": _learner(goal),
        "dataset": ROWS,
        "features": [*roles.features],
    }
    if roles.suspects:
        told = "check that these are known before the target is; otherwise, remove them from the features:\n"
        model[Remark(told + _reasons(roles.suspects))] = None
    if roles.left_out:
        model[Remark("left out of the features:\n" + _reasons(roles.left_out))] = None
    if steps:
        model["preprocessing"] = STEPS
    model |= {"target": goal.name, **training(goal, division)}
    tables = "tables to train models on: joined, filtered, split"
    found: list[dict[Any, Any]] = [{"datasets": Noted({ROWS: _dataset(goal, division, source)}, tables)}]
    if steps:
        found.append({"preprocessing": Noted({STEPS: steps}, "steps that are part of the artifact")})
    shipped = f"dist/{name}/model.onnx, verified against the trained model"
    return [*found, {"models": {name: model}}, {"outputs": Noted({name: {"model": name}}, shipped)}]


def _learner(goal: Goal) -> Any:
    if goal.answer is Regression:
        return "lightgbm.regressor"
    if goal.column.type.categories == (0, 1):
        return Noted("lightgbm.classifier", "predicts the probability of 1")
    if goal.column.dtype == "int":
        number = f"{goal.classes} classes; if they are quantities, use lightgbm.regressor and other metrics"
        return Noted("lightgbm.classifier", number)
    return "lightgbm.classifier"


def _dataset(goal: Goal, division: Division, source: str) -> dict[Any, Any]:
    told: dict[Any, Any] = {"from": source}
    steps = [dict(step) for step in division.steps]
    if goal.column.type.nullable:
        steps.insert(0, {"op": "filter", "where": f"{as_sql(goal.name)} IS NOT NULL"})
    if steps:
        told["steps"] = steps
    if division.remarks:
        told[Remark("\n".join(division.remarks))] = None
    return told | {"split": Noted(_told(division.split), division.why)}


def _steps(inferred: Inferred, roles: Roles) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for parts in dict.fromkeys(roles.parts.values()):
        columns = [name for name, found in roles.parts.items() if found == parts]
        steps.append({"op": "date_parts", "columns": columns, "parts": parts})
    native = Noted("category", "categorical codes for LightGBM, which also handle unseen and missing values")
    if any(inferred.columns[name].dtype == "string" for name in roles.features):
        steps.append({"op": native, "columns": {"dtype": "string"}})
    if roles.codes:
        steps.append({"op": native, "columns": list(roles.codes)})
    return steps


def _reasons(why: Mapping[str, str]) -> str:
    return "\n".join(f"  {as_yaml(name)}: {_in_one_line(reason)}" for name, reason in why.items())


def _in_one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
