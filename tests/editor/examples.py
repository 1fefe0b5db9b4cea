"""A small valid spec, and in it the smallest example of everything that a spec can contain, with each of its
parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import yaml

from mlbuild.columns import Schema
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.by_suffix import NAMED
from mlbuild.diagnostics import Path as Place
from mlbuild.frozen import frozen
from mlbuild.kinds import Choice, Json, Kind, ListOf
from mlbuild.models import LEARNERS
from mlbuild.models.answers.answer import Answer
from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.searches import SEARCHES
from mlbuild.ops.op import Op
from mlbuild.params import Described, Object, Param, params_of, read
from mlbuild.spec.root import Root
from mlbuild.spec.shape.schema import shipped_schema, tagged_unions
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document as SourceText
from tests.editor.steps import FEATURES, smallest_step

#: The files that the spec names. Data files are never read.
FILES = {f"rows{suffix}": "" for suffix in NAMED} | {
    "others.csv": "",
    "shop.db": "",
    "table/_delta_log/0.json": "",
    "more.yaml": "contracts: {}\n",
}
BASE: Json = {
    "mlbuild": 1,
    "project": "editor",
    "warnings": {"unused": "ignore"},
    "sources": {
        "rows": {"path": "rows.csv", "contract": "row", "read": {"amount": {"from": "Amount"}}},
        "others": {"path": "others.csv", "contract": "other"},
        "again": {"path": "rows.csv", "contract": "row"},
        "visits": {"path": "others.csv", "contract": "visit"},
    },
    "contracts": {
        "row": {
            "columns": {
                "id": "string",
                "day": "datetime",
                "x": "float",
                "kind": {"dtype": "string", "nullable": True},
                "label": {"dtype": "string", "categories": ["no", "yes"]},
                "amount": {"dtype": "float"},
            }
        },
        "other": {
            "unique": ["id"],
            "severity": {"unique": "error"},
            "max_share": {"unique": 0},
            "rows": {"min": 0},
            "checks": {"sized": {"where": "size > 0"}},
            "columns": {
                "id": "string",
                "size": {"dtype": "float", "severity": {"finite": "warn"}, "max_share": {"finite": 0.1}},
                "color": {"dtype": "string", "categories": {"values": ["red"], "open": True}},
            },
        },
        "visit": {
            "unique": ["id", "seen"],
            "columns": {
                "id": {"dtype": "string", "references": {"source": "others", "column": "id"}},
                "seen": "datetime",
            },
        },
    },
    "datasets": {
        "table": {
            "from": "rows",
            "steps": [],
            "split": {"type": "random", "valid": 0.2},
            "folds": {"type": "random"},
            "cluster": {"column": ["day"], "every": "1d"},
        }
    },
    "preprocessing": {"p": []},
    "models": {
        "m": {
            "type": "lightgbm.classifier",
            "dataset": "table",
            "features": ["x"],
            "preprocessing": "p",
            "target": {"column": "label"},
            "slices": [{"column": "x", "bins": [0]}],
            "early_stopping": {"rounds": 5},
            "params": {"num_leaves": 7},
        },
        "several": {
            "type": "lightgbm.classifier",
            "dataset": "table",
            "features": ["x"],
            "target": {"column": "label"},
            "matrix": {"params": {"num_leaves": [3, 7]}},
            "choose": {"on": "valid"},
        },
        "searched": {
            "type": "lightgbm.classifier",
            "dataset": "table",
            "features": ["x"],
            "target": {"column": "label"},
            "search": {
                "type": "random",
                "trials": 4,
                "space": {"params": {"num_leaves": {"type": "int", "min": 2, "max": 9}}},
            },
        },
    },
    "outputs": {
        "m": {
            "model": "m",
            "verify": {"rows": 100},
            "importance": {"rows": 100},
            "gates": [],
            "report": False,
        }
    },
    "tests": {
        "t": {
            "output": "m",
            "given": {"x": 1},
            "expect": {"label": "yes", "probability": {"min": 0.5}},
        },
        "s": {"output": "m", "given": {"x": 3}, "expect": {"label": "no"}},
        "u": {"output": "m", "rows": [{"given": {"x": 2}, "expect": {"near": "t", "within": 0.1}}]},
        "f": {"output": "m", "path": "rows.arrow", "format": {"type": "arrow"}},
        "d": {"test": "directional", "output": "m", "change": {"x": "x + 1"}, "expect": {"at_least": 0}},
    },
}

#: The definitions of what is below `tests`.
_OF_TESTS = ("test", "expected", "range", "example", "format", "rise")
#: Where an object of each definition is in the spec.
PLACES: dict[str, Place] = {
    "": (),
    "warnings": ("warnings",),
    "source": ("sources", "rows"),
    "reading": ("sources", "rows", "read", "amount"),
    "contract": ("contracts", "row"),
    "column": ("contracts", "row", "columns", "amount"),
    "reference": ("contracts", "visit", "columns", "id", "references"),
    "severity": ("contracts", "other", "columns", "size", "severity"),
    "maxshare": ("contracts", "other", "columns", "size", "max_share"),
    "listed": ("contracts", "other", "columns", "color", "categories"),
    "tableseverity": ("contracts", "other", "severity"),
    "tablemaxshare": ("contracts", "other", "max_share"),
    "rowcount": ("contracts", "other", "rows"),
    "check": ("contracts", "other", "checks", "sized"),
    "dataset": ("datasets", "table"),
    "dataset_step": ("datasets", "table", "steps", 0),
    "split": ("datasets", "table", "split"),
    "folds": ("datasets", "table", "folds"),
    "cluster": ("datasets", "table", "cluster"),
    "step": ("preprocessing", "p", 0),
    "model": ("models", "m"),
    "target": ("models", "m", "target"),
    "slice": ("models", "m", "slices", 0),
    "threshold": ("models", "m", "threshold"),
    "metric": ("models", "m", "metrics", 0),
    "stopping": ("models", "m", "early_stopping"),
    "params": ("models", "m", "params"),
    "matrix": ("models", "several", "matrix"),
    "choose": ("models", "several", "choose"),
    "search": ("models", "searched", "search"),
    "space": ("models", "searched", "search", "space"),
    "dimension": ("models", "searched", "search", "space", "params", "num_leaves"),
    "output": ("outputs", "m"),
    "verify": ("outputs", "m", "verify"),
    "importance": ("outputs", "m", "importance"),
    "test": ("tests", "v"),
    "expected": ("tests", "t", "expect"),
    "range": ("tests", "t", "expect", "probability"),
    "example": ("tests", "u", "rows", 0),
    "format": ("tests", "f", "format"),
    "rise": ("tests", "d", "expect"),
    "gate": ("outputs", "m", "gates", 0),
    "baseline": ("outputs", "m", "baseline"),
}

#: The required parameters of everything that has a discriminator.
SMALLEST: dict[tuple[str, str], Json] = {
    **{("source", one.type): {"path": f"rows{one.suffixes[0]}", "contract": "row"} for one in FORMATS},
    ("source", "sql"): {"connection": "sqlite:///shop.db", "query": "SELECT * FROM rows", "contract": "row"},
    ("source", "delta"): {"path": "table", "contract": "row"},
    ("source", "iceberg"): {"connection": "sqlite:///shop.db", "table": "shop.rows", "contract": "row"},
    ("dataset_step", "join"): {"with": "others", "using": ["id"]},
    ("dataset_step", "filter"): {"where": "x > 0"},
    ("dataset_step", "derive"): {"columns": {"double": "x * 2"}},
    ("dataset_step", "select"): {"columns": {"except": "day"}},
    ("dataset_step", "rename"): {"columns": {"amount": "size"}},
    ("dataset_step", "concat"): {"with": ["again"]},
    ("dataset_step", "aggregate"): {"by": ["label", "x"], "columns": {"total": "SUM(amount)"}},
    ("dataset_step", "window"): {"by": ["id"], "time": "day", "columns": {"before": "LAST(x)"}},
    ("dataset_step", "asof_join"): {"with": "visits", "by": ["id"], "time": "day", "their_time": "seen"},
    ("dataset_step", "unpivot"): {"columns": ["kind", "id"]},
    ("dataset_step", "deduplicate"): {"by": ["id"]},
    ("dataset_step", "sort"): {"by": ["x"]},
    ("dataset_step", "sample"): {"fraction": 0.5, "key": ["id"]},
    ("split", "hash"): {"key": ["id"]},
    ("split", "time"): {"column": "day", "valid_from": "2013-10-01"},
    ("split", "random"): {},
    ("split", "stratified"): {"column": "kind"},
    ("split", "column"): {"column": "kind", "test": ["a"]},
    ("split", "sources"): {"test": "again"},
    ("folds", "hash"): {"key": ["id"]},
    ("folds", "time"): {"column": "day"},
    ("folds", "random"): {},
    ("folds", "stratified"): {"column": "kind"},
    ("threshold", "fixed"): {"value": 0.3},
    ("threshold", "best"): {},
    ("threshold", "at_least"): {"metric": "precision", "value": 0.8},
    ("threshold", "cost"): {"false_positive": 1, "false_negative": 5},
    ("step", "clip"): {"columns": "x", "min": 0},
    ("step", "replace"): {"columns": "kind", "missing": "N/A"},
    ("step", "rare"): {"columns": "kind", "min_frequency": 0.01},
    ("step", "derive"): {"columns": {"double": "x * 2"}},
    **{("metric", cls.metric): {"group": ["id"]} for cls in METRICS if "group" in params_of(cls)},
    **{
        ("search", name): {
            "trials": 4,
            "space": {"params": {"num_leaves": {"type": "int", "min": 2, "max": 9}}},
        }
        for name in SEARCHES.names
    },
    ("dimension", "int"): {"min": 2, "max": 9},
    ("dimension", "float"): {"min": 2, "max": 9},
    ("dimension", "choice"): {"values": [3, 7]},
    ("test", "expect"): {"output": "m", "given": {"x": 1}, "expect": {"label": "yes"}},
    **{("format", name): {} for name in FORMATS.names},
    ("test", "monotone"): {"output": "m", "column": "x", "direction": "increasing"},
    ("test", "directional"): {"output": "m", "change": {"x": "x + 1"}, "expect": {"at_least": 0}},
    ("test", "invariant"): {"output": "m", "columns": ["x"]},
    ("gate", "metric"): {"metric": "log_loss", "max": 0.5},
    ("gate", "better"): {"metric": "log_loss"},
    ("gate", "no_worse"): {"metric": "log_loss", "margin": 0.01},
    ("gate", "spread"): {"metric": "log_loss", "slice": "kind", "max_difference": 0.1},
    ("gate", "churn"): {"max": 0.1},
    ("gate", "size"): {"max": "2MB"},
    ("gate", "latency"): {"median": "500us"},
    ("baseline", "file"): {"path": "rows.arrow"},
    ("baseline", "channel"): {"name": "prod"},
    ("baseline", "model"): {"model": "n"},
    ("test", "features"): {"output": "m", "given": {"x": 1}, "expect": {"x": 1}},
}

#: Values of parameters that have neither a default nor an example, and other parameters that they need; None is for
#: one that they exclude.
VALUES: dict[tuple[str, str], Json] = {
    ("", "description"): {"description": "What it is for."},
    ("", "profiles"): {"profiles": {"small": {"models": {"m": {"params": {"num_leaves": 3}}}}}},
    ("", "include"): {"include": ["more.yaml"]},
    **{(one.type, "read"): {"read": {"amount": {"decimal": ","}}} for one in FORMATS},
    **{(one.type, "refresh"): {"path": "https://example.com/rows", "refresh": "6h"} for one in FORMATS},
    ("sql", "read"): {"read": {"amount": {"from": "Amount"}}},
    ("sql", "query"): {"query": "SELECT * FROM rows"},
    ("sql", "table"): {"query": None, "table": "rows"},
    **{(lake, "read"): {"read": {"amount": {"from": "Amount"}}} for lake in ("delta", "iceberg")},
    ("iceberg", "warehouse"): {"connection": "https://example.com/api", "warehouse": "main"},
    ("sql", "version_query"): {"version_query": "SELECT max(id) FROM rows"},
    ("csv", "null_values"): {"null_values": ["NA"]},
    ("join", "on"): {"on": {"id": "id"}, "using": None},
    ("reading", "thousands"): {"thousands": ","},
    ("reading", "true"): {"true": ["yes"], "false": ["no"]},
    ("reading", "false"): {"true": ["yes"], "false": ["no"]},
    ("reading", "ambiguous"): {"time_zone": "Europe/Berlin", "ambiguous": "later"},
    ("join", "prefix"): {"prefix": "other_"},
    ("sources", "valid"): {"valid": "again", "test": None},
    ("deduplicate", "order"): {"order": ["x"]},
    ("sort", "descending"): {"descending": ["x"]},
    ("sample", "seed"): {"seed": 1},
    ("hash", "seed"): {"seed": 1},
    ("random", "seed"): {"seed": 1},
    ("stratified", "seed"): {"seed": 1},
    ("time", "test_from"): {"test_from": "2013-11-01"},
    ("bin", "edges"): {"strategy": "edges", "edges": [0, 18, 65]},
    ("impute", "fill_value"): {"strategy": "constant", "fill_value": 0},
    ("column", "min"): {"min": 0},
    ("column", "max"): {"max": 9},
    ("column", "exclusive_min"): {"min": 0, "exclusive_min": True},
    ("column", "exclusive_max"): {"max": 9, "exclusive_max": True},
    ("column", "pattern"): {"dtype": "string", "pattern": "[a-z]+"},
    ("column", "min_length"): {"dtype": "string", "min_length": 2},
    ("column", "max_length"): {"dtype": "string", "max_length": 9},
    ("column", "references"): {"dtype": "string", "references": {"source": "others", "column": "id"}},
    ("column", "max_age"): {"dtype": "date", "max_age": "2d"},
    ("column", "monotone"): {"monotone": "increasing"},
    ("column", "severity"): {"min": 0, "severity": {"min": "warn"}},
    ("column", "max_share"): {"min": 0, "max_share": {"min": 0.1}},
    ("column", "max_null_share"): {"nullable": True, "max_null_share": 0.1},
    ("check", "table"): {"where": None, "table": "COUNT(*) > 0"},
    ("contract", "checks"): {"checks": {"sized": {"where": "amount > 0"}}},
    ("contract", "severity"): {"unique": ["id"], "severity": {"unique": "warn"}},
    ("contract", "max_share"): {"unique": ["id"], "max_share": {"unique": 0.1}},
    ("column", "categories"): {"dtype": "int", "categories": [1, 2]},
    ("column", "null_token"): {"dtype": "string", "empty_is_null": False, "null_token": "none"},
    ("column", "description"): {"description": "What it holds."},
    ("contract", "unique"): {"unique": ["id"]},
    ("contract", "description"): {"description": "What a row is."},
    **{(cls.metric, "class"): {"class": "yes"} for cls in METRICS if "class" in params_of(cls)},
    **{(cls.metric, "group"): {"group": ["id", "label"]} for cls in METRICS if "group" in params_of(cls)},
    ("slice", "columns"): {"columns": ["x"], "column": None, "bins": None},
    ("slice", "where"): {"where": "x > 0", "name": "positive", "column": None, "bins": None},
    ("target", "positive"): {"positive": "yes"},
    ("model", "threshold"): {"threshold": 0.3},
    ("model", "seed"): {"seed": 1},
    ("model", "matrix"): {"matrix": {"params": {"max_depth": [3]}}, "choose": {}},
    ("model", "choose"): {"matrix": {"params": {"max_depth": [3]}}, "choose": "log_loss"},
    ("model", "search"): {
        "search": {
            "type": "random",
            "trials": 4,
            "space": {"params": {"max_depth": {"type": "int", "min": 2, "max": 9}}},
        }
    },
    ("choose", "metric"): {"metric": "log_loss"},
    **{(name, "metric"): {"metric": "log_loss"} for name in SEARCHES.names},
    ("model", "metrics"): {"metrics": ["log_loss"]},
    ("stopping", "metric"): {"metric": "log_loss"},
    ("lightgbm.classifier", "objective"): {"objective": "binary"},
    ("sklearn.logistic_regression", "class_weight"): {"class_weight": "balanced"},
    ("expect", "rows"): {
        "rows": [{"given": {"x": 1}, "expect": {"label": "yes"}}],
        "given": None,
        "expect": None,
    },
    ("expect", "path"): {"path": "rows.arrow", "given": None, "expect": None},
    ("expect", "format"): {"path": "rows.csv", "format": {"type": "csv"}, "given": None, "expect": None},
    ("monotone", "class"): {"class": "no"},
    ("directional", "class"): {"class": "no"},
    ("invariant", "change"): {"change": {"x": "x + 1"}, "columns": None},
    ("invariant", "within"): {"within": 0.1},
    ("expected", "probabilities"): {"probabilities": {"yes": {"min": 0.5}}},
    ("expected", "value"): {"value": {"min": 0.5}, "label": None, "probability": None},
    ("expected", "near"): {"near": "s", "within": 0.1},
    ("expected", "within"): {"near": "s", "within": 0.1},
    ("range", "max"): {"max": 1},
    ("metric", "min"): {"min": 0.1},
    **{(gate, "slices"): {"slices": ["kind"]} for gate in ("metric", "better", "no_worse")},
    ("output", "baseline"): {
        "baseline": {"type": "file", "path": "rows.arrow"},
        "gates": [{"gate": "churn", "max": 0.1, "split": "valid"}],
    },
    ("output", "gates"): {"gates": [{"gate": "size", "max": "2MB"}]},
    ("rise", "at_most"): {"at_most": 1},
}


@frozen
class Example:
    """A valid object in a valid spec. `which` is its op or type, or the name of its definition."""

    name: str
    which: str
    cls: type[Described]
    value: Json

    @property
    def title(self) -> str:
        """Its name in tests."""
        return " ".join(dict.fromkeys([self.name, self.which])) or "spec"

    @property
    def at(self) -> Place:
        return PLACES[self.name]

    @property
    def params(self) -> Mapping[str, Param]:
        """The parameters of its class; for a learner, those in its `params`."""
        return params_of(self.cls)

    def spec(self, changed: Json | None = None) -> Json:
        """Return the spec with this object, or a changed version of it, in its place."""
        spec = deepcopy(BASE)
        value = self.value if changed is None else changed
        if not self.at:
            return value
        if issubclass(self.cls, Metric):
            _measure(spec, self.cls)
        if self.name == "slice":
            spec["models"]["m"]["slices"] = []
        *above, last = self.at
        put(spec, tuple(above), last, deepcopy(value))
        model = spec["models"]["m"]
        if self.name == "params":
            model["type"] = self.which
            _suit(model, self.which)
        if self.name == "reading":
            spec["contracts"]["row"]["columns"]["amount"]["dtype"] = _dtype_for(value)
        if self.name == "split":
            del model["early_stopping"]
            del spec["models"]["several"], spec["models"]["searched"]
        if self.name == "dataset_step":  # the column may be gone
            del spec["datasets"]["table"]["cluster"]
        if self.name in ("gate", "baseline"):
            _compare(spec)
        if self.name == "expected" and "value" in value:  # a number
            model["type"] = "lightgbm.regressor"
            _suit(model, model["type"])
            del spec["tests"]["s"]
        if self.name not in _OF_TESTS:  # the model may do something else
            del spec["tests"]
        if self.name == "step" and self.which != "derive":
            model["features"] = sorted({"x", str(self.value["columns"])})
            if self._leaves_text():
                spec["preprocessing"]["p"].append({"op": "category", "columns": {"dtype": "string"}})
        return spec

    def _leaves_text(self) -> bool:
        """Whether the columns of a step are texts after it, which no learner accepts."""
        assert issubclass(self.cls, Op)
        column = str(self.value["columns"])
        made = read(self.cls, self.value).infer(Schema({column: FEATURES[column]}))
        return any(type_.dtype == "string" for part in made.values() for type_ in part.values())

    def with_parameter(self, key: str) -> Json:
        """Return the object with a valid value for one parameter."""
        param = self.params[key]
        more = VALUES.get((self.which, key))
        if more is None and key not in self.value:
            default = None if param.default is None else param.kind.canonical(param.default)
            assert default not in (None, [], {}) or param.examples, f"add ({self.which!r}, {key!r}) to VALUES"
            more = {key: default if default not in (None, [], {}) else param.examples[0]}
        value = self.value | self._with_companions(more or {})
        return {key: part for key, part in value.items() if part is not None}

    def _with_companions(self, value: Json) -> Json:
        """Add an option if a parameter would otherwise have no effect or contradict another one."""
        options: list[Json] = [{}]
        for key, param in self.params.items():
            if isinstance(param.kind, Choice) and key not in value:
                options += [{key: option} for option in param.kind.values]
        if self.name != "params":
            return value
        return next(value | one for one in options if not [*read(self.cls, value | one).check()])


def _measure(spec: Json, metric: type[Metric]) -> None:
    """Give the model a target that the metric is for, and no other metrics."""
    model = spec["models"]["m"]
    model["metrics"] = []
    model.pop("early_stopping")
    wanted = Regression if metric.answer is Answer else metric.answer  # some options are only for numbers
    if not issubclass(LEARNERS.named(model["type"]).answer, wanted):
        learner = next(cls for cls in LEARNERS if issubclass(cls.answer, wanted))
        model |= {"type": learner.type, "target": _target(learner.answer), "params": {}}
        _suit(model, learner.type)
    elif not read(metric, smallest_metric(metric)).suits(2):
        spec["contracts"]["row"]["columns"]["label"]["categories"] = ["maybe", "no", "yes"]


def smallest_metric(metric: type[Metric]) -> Json:
    """Return the options that a metric needs."""
    required = {key: param.examples[0] for key, param in params_of(metric).items() if param.required}
    return required | SMALLEST.get(("metric", metric.metric), {})


def _dtype_for(reading: Json) -> str:
    """Return a dtype on which the keys of a reading have an effect."""
    if reading.keys() & {"true", "false"}:
        return "bool"
    return "datetime" if reading.keys() & {"format", "time_zone"} else "float"


def _compare(spec: Json) -> None:
    """Give the output a baseline and a gate that compares with it, unless it has them, and a part to compare on."""
    output = spec["outputs"]["m"]
    spec["models"]["n"] = deepcopy(spec["models"]["m"])
    spec["datasets"]["table"]["split"]["test"] = 0.2
    output.setdefault("baseline", {"type": "model", "model": "n"})
    spec["models"]["m"]["slices"] = ["kind"]
    output["gates"].append({"gate": "no_worse", "metric": "log_loss", "margin": 0.1})


def _suit(model: Json, learner: str) -> None:
    """Adapt the rest of a model to another learner."""
    cls = LEARNERS.named(learner)
    if not cls().iterative:
        model.pop("early_stopping", None)
    if "string" not in cls.answer.dtypes:
        model["target"] = _target(cls.answer)


def _target(answer: type[Answer]) -> Json:
    """Return a target of an answer: its required keys. `VALUES` has those that not all answers have."""
    target: Json = {"column": "label" if "string" in answer.dtypes else "amount"}
    for key, param in params_of(answer).items():
        if param.required and key != "column":
            target |= VALUES["target", key]
    return target


def folder_of_files(folder: Path) -> Path:
    """Return the folder, with the files that the examples name."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def put(spec: Any, above: Place, key: str | int, value: Any) -> None:
    """Set the value of a key, or append it to a list."""
    for part in above:
        spec = spec[part]
    if isinstance(spec, list) and key == len(spec):
        spec.append(value)
    else:
        spec[key] = value


def examples() -> Iterator[Example]:
    """Yield one example of each op, source, split and learner, and one of every other object of the language."""
    for name, kind in tagged_unions().items():
        for which, cls in kind.classes.items():
            if (name, which) in SMALLEST:
                yield Example(name, which, cls, {kind.by: which} | SMALLEST[name, which])
            elif issubclass(cls, Metric):
                yield Example(name, which, cls, {kind.by: which} | smallest_metric(cls))
            elif issubclass(cls, Op):
                yield Example(name, which, cls, smallest_step(cls))
    for cls in LEARNERS:
        required = {key: param.examples[0] for key, param in params_of(cls).items() if param.required}
        yield Example("params", cls.type, cls, required)
    for name, cls in {"": Root, **objects(Root)}.items():
        if name not in PLACES:
            continue
        value: Any = BASE
        for part in PLACES[name]:
            value = value[part]
        yield Example(name, name, cls, deepcopy(value))


def objects(cls: type) -> dict[str, type]:
    """Return the described classes inside a class, by the names of their definitions."""
    found: dict[str, type] = {}
    waiting: list[Kind] = [param.kind for param in params_of(cls).values()]
    while waiting:
        kind = waiting.pop()
        waiting += kind.nested()
        if isinstance(kind, Object):
            found[kind.name] = kind.cls
    return dict(sorted(found.items()))


def choices(example: Example) -> Iterator[tuple[str, tuple[Any, ...], bool]]:
    """Yield the parameters with a list of options: key, options, and whether the value is a list of them."""
    for key, param in example.params.items():
        if isinstance(param.kind, Choice):
            yield key, param.kind.values, False
        elif isinstance(param.kind, ListOf) and isinstance(param.kind.item, Choice):
            yield key, param.kind.item.values, True


@frozen
class Written:
    """A spec in a file, and the places of its parts."""

    file: Path
    tree: SourceText

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def line(self, at: Place, on: Literal["key", "value"] = "key") -> int:
        return self.tree.span(at, on).line


class _Indented(yaml.SafeDumper):
    """Writes indented lists, as people do. After a list that is not indented, editors offer no keys."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def write_yaml(file: Path, spec: Json, schema: Path | None = None) -> Written:
    """Write a spec as block-style YAML with a modeline for a schema, by default that of the language."""
    body = yaml.dump(spec, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=1000)
    return written(file, f"# yaml-language-server: $schema={(schema or shipped_schema()).as_uri()}\n{body}")


def write_json(file: Path, spec: Json) -> Written:
    """Write a spec as JSON, with one line per value."""
    return written(file, json.dumps(spec, indent=2))


def written(file: Path, text: str) -> Written:
    file.write_text(text, encoding="utf-8")
    tree = load(text.encode(), str(file))
    assert isinstance(tree, SourceText), tree
    return Written(file, tree)
