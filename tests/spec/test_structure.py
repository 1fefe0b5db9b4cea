"""Mistakes in the shape of a spec: one error each, where it was made, with a helpful message."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild.data import DATASET_STEPS, SOURCES
from mlbuild.diagnostics import CODES
from mlbuild.hints import listed
from mlbuild.models import LEARNERS
from mlbuild.models.metrics import METRICS
from mlbuild.params import params_of
from mlbuild.spec.language import TARGET
from mlbuild.spec.layers.compose import compose
from mlbuild.spec.shape.schema import build_schema, tagged_unions
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.shape.structure import Structure
from tests.spec.written import EXAMPLES, complaints, loaded

WITH_PATH = [name for name, cls in SOURCES.items() if "path" in params_of(cls)]
OF_TARGETS = ", ".join(key for key in params_of(TARGET.cls) if key != "column")
STEPS = ", ".join(cls.op for cls in DATASET_STEPS)
FLIGHTS = """\
mlbuild: 1
project: flights
sources:
  flights: {path: data/flights.parquet, contract: flight}
  weather:
    path: data/weather.csv
    null_values: [NA]
    contract: weather
contracts:
  flight:
    columns:
      origin: string
      dest:
        dtype: string
        categories: [JFK, LGA]
      distance: {dtype: float, min: 0}
datasets:
  departures:
    from: flights
    steps:
      - op: join
        with: weather
        using: [origin]
      - op: filter
        where: arr_delay IS NOT NULL
      - op: derive
        columns:
          late: arr_delay > 15
    split:
      type: time
      column: time_hour
preprocessing:
  tabular:
    - op: impute
      columns:
        dtype: numeric
      strategy: median
models:
  late:
    type: lightgbm.classifier
    dataset: departures
    features: [origin, dest]
    preprocessing: tabular
    target: late
    metrics: [roc_auc, log_loss]
    early_stopping:
      rounds: 20
    params:
      num_iterations: 200
      learning_rate: 5e-2
outputs:
  late:
    model: late
    verify: {rows: all}
"""

NAME = "names have up to 80 letters, digits, '_' and '-', and start with a letter or '_'"
DTYPES = "one of bool, int, float, string, date, datetime"
#: The original, its replacement, and what is reported.
MISTAKES = [
    ("num_iterations: 200", "num_iterations: 1e10", "49:23 out-of-range 'num_iterations' must be an integer <= 2147483647, not 10000000000.0"),
    ("mlbuild: 1", 'mlbuild: "1"', "1:10 not-allowed 'mlbuild' must be 1, not '1' | remove the quotes"),
    # keys
    ("strategy: median", "stratgy: median", "37:7 unknown-key unknown key 'stratgy' in step 'impute' | did you mean 'strategy'?"),
    ("strategy: median", "how: median", "37:7 unknown-key unknown key 'how' in step 'impute' | did you mean the required key 'strategy'?"),
    ("using: [origin]", "on: [origin]", "23:13 wrong-type 'on' must be a map, not a list"),
    ("      strategy: median\n", "", "34:7 missing-key step 'impute' needs 'strategy' | one of mean, median, most_frequent, constant"),
    ("from: flights", "form: flights", "19:5 unknown-key unknown key 'form' in dataset 'departures' | did you mean 'from'?"),
    ("project: flights", "projekt: flights", "2:1 unknown-key unknown key 'projekt' in the spec | did you mean 'project'?"),
    ("outputs:", "output:", "51:1 unknown-key unknown key 'output' in the spec | did you mean 'outputs'?"),
    ("null_values: [NA]", "null_value: [NA]", "7:5 unknown-key unknown key 'null_value' in csv source | did you mean 'null_values'?"),
    ("column: time_hour", "colum: time_hour", "31:7 unknown-key unknown key 'colum' in time split | did you mean 'column'?"),
    ("rounds: 20", "round: 20", "47:7 unknown-key unknown key 'round' in 'early_stopping' | did you mean 'rounds'?"),
    ("dtype: numeric", "dtyp: numeric", "36:9 unknown-key unknown key 'dtyp' in 'columns' | did you mean 'dtype'?"),
    ("dtype: float, min: 0", "min: 0", "16:7 missing-key column 'distance' needs 'dtype' | one of bool, int, float, string, date, datetime"),
    ("target: late", "target: {column: late, x: 1}", f"44:28 unknown-key unknown key 'x' in 'target' | available keys: {OF_TARGETS}"),
    ("rows: all", "rows: all, x: 1", "54:25 unknown-key unknown key 'x' in 'verify' | all its keys are already set"),
    ("{path: data/flights.parquet, contract: flight}", "{path: a.parquet, contract: c, delimiter: ;}", "4:43 unknown-key unknown key 'delimiter' in parquet source | available keys: type, refresh, read"),
    # discriminators
    ("op: impute", "op: imputee", "34:11 unknown-op unknown op 'imputee' | did you mean 'impute'?"),
    ("op: impute", "op: filter", "34:11 unknown-op unknown op 'filter' | this op is for the steps of a dataset"),
    ("op: filter", "op: standard", "24:13 unknown-op unknown op 'standard' | this op is for preprocessing"),
    ("op: filter", "op: zzz", f"24:13 unknown-op unknown op 'zzz' | available ops: {STEPS}"),
    ("op: filter", "op: groupby", "24:13 unknown-op unknown op 'groupby' | did you mean 'aggregate'?"),
    ("op: filter", "op: [filter]", f"24:13 unknown-op unknown op a list | available ops: {STEPS}"),
    ("op: impute", "opp: impute", "34:7 unknown-key unknown key 'opp' in a step | did you mean 'op'?"),
    ("op: impute", "impute:", "34:7 missing-key a step needs 'op' | write 'op: impute' and put its parameters beside it"),
    ("- op: filter\n        where: arr_delay IS NOT NULL", "- filter", "24:9 wrong-type an item of 'steps' must be a map with 'op', not 'filter' | write 'op: filter' and put its parameters below"),
    ("type: time", "type: group", "30:13 unknown-type unknown split type 'group' | did you mean 'hash'?"),
    ("type: time", "type: tme", "30:13 unknown-type unknown split type 'tme' | did you mean 'time'?"),
    ("      type: time\n", "", "29:5 missing-key a split needs 'type' | one of hash, time, random, stratified, column, sources"),
    ("path: data/weather.csv", "path: data/weather.txt", f"5:3 missing-key source 'weather' needs 'type': the suffix of 'data/weather.txt' does not imply one | available types: {listed(WITH_PATH)}"),
    ("path: data/weather.csv", "pth: data/weather.csv", "6:5 unknown-key unknown key 'pth' in source 'weather' | did you mean 'path'?"),
    ("    path: data/weather.csv\n", "", "5:3 missing-key source 'weather' needs 'path'"),
    ("path: data/weather.csv", "path: a.txt\n    type: cvs", "7:11 unknown-type unknown source type 'cvs' | did you mean 'csv'?"),
    ("type: lightgbm.classifier", "type: lightgbm", "40:11 unknown-type unknown model type 'lightgbm' | available types: lightgbm.classifier, lightgbm.regressor"),
    ("type: lightgbm.classifier", "type: lightgbm.clasifier", "40:11 unknown-type unknown model type 'lightgbm.clasifier' | did you mean 'lightgbm.classifier'?"),
    ("    type: lightgbm.classifier\n", "", f"39:3 missing-key model 'late' needs 'type' | available types: {listed(cls.type for cls in LEARNERS)}"),
    # parameters of learners
    ("num_iterations: 200", "n_estimators: 200", "49:7 unknown-key unknown key 'n_estimators' in the params of lightgbm.classifier | use 'num_iterations' instead"),
    ("num_iterations: 200", "num_iteratons: 200", "49:7 unknown-key unknown key 'num_iteratons' in the params of lightgbm.classifier | did you mean 'num_iterations'?"),
    ("num_iterations: 200", "linear_tree: true", "49:7 refused-key 'linear_tree' cannot be set: trees with linear models in the leaves cannot be exported to ONNX exactly"),
    ("target: late", "target: late\n    num_leaves: 31", "45:5 unknown-key unknown key 'num_leaves' in model 'late' | move it under 'params': it is a parameter of lightgbm.classifier"),
    # values
    ("num_iterations: 200", "other_rate: 0", "49:19 out-of-range 'other_rate' must be a number > 0 and <= 1, not 0"),
    ("num_iterations: 200", "num_iterations: many", "49:23 wrong-type 'num_iterations' must be an integer >= 1, not 'many'"),
    ("num_iterations: 200", "num_iterations: 20.5", "49:23 wrong-type 'num_iterations' must be an integer >= 1, not 20.5"),
    ("num_iterations: 200", "num_iterations: true", "49:23 wrong-type 'num_iterations' must be an integer >= 1, not true"),
    ("num_iterations: 200", "num_iterations:", "49:7 wrong-type 'num_iterations' must be an integer >= 1, but has no value"),
    ("        columns:\n          late: arr_delay > 15\n", "        columns: {c: COALESCE(distance, 2), late: arr_delay > 15}\n        x-rest:\n", "27:41 wrong-type '2)' must be a string, but has no value | put the whole expression in quotes: without them, it ends at the ','"),
    ("num_iterations: 200", "num_iterations: 0", "49:23 out-of-range 'num_iterations' must be an integer >= 1, not 0"),
    ("learning_rate: 5e-2", "learning_rate: 0", "50:22 out-of-range 'learning_rate' must be a number > 0, not 0"),
    ("learning_rate: 5e-2", "learning_rate: .nan", "50:22 out-of-range 'learning_rate' must be a finite number, not .nan"),
    ("learning_rate: 5e-2", "learning_rate: -.inf", "50:22 out-of-range 'learning_rate' must be a finite number, not -.inf"),
    ("strategy: median", "strategy: medain", "37:17 not-allowed 'strategy' must be one of mean, median, most_frequent, constant, not 'medain' | did you mean 'median'?"),
    ("strategy: median", "strategy: [median]", "37:17 not-allowed 'strategy' must be one of mean, median, most_frequent, constant, not a list"),
    ("[roc_auc, log_loss]", "[f1_score]", f"45:15 not-allowed an item of 'metrics' must be one of {len(METRICS)} options or a map, not 'f1_score' | did you mean 'f1'?"),
    ("null_values: [NA]", "read: {temp: {decimal: ';'}}", "7:28 not-allowed 'decimal' must be one of '.', ',', not ';'"),
    ("mlbuild: 1", "mlbuild: 2", "1:10 not-allowed 'mlbuild' must be 1, not 2"),
    ("origin: string", "origin: strin", f"12:15 not-allowed 'origin' must be {DTYPES} or a map, not 'strin' | did you mean 'string'?"),
    ("origin: string", "origin: [string]", f"12:15 wrong-type 'origin' must be {DTYPES} or a map, not a list"),
    ("metrics: [roc_auc, log_loss]", "metrics: rocauc", f"45:14 not-allowed 'metrics' must be one of {len(METRICS)} options or a list, not 'rocauc' | did you mean 'roc_auc'?"),
    ("[roc_auc, log_loss]", "[roc_auc, logloss]", f"45:24 not-allowed an item of 'metrics' must be one of {len(METRICS)} options or a map, not 'logloss' | did you mean 'log_loss'?"),
    ("[roc_auc, log_loss]", "[roc_auc, log_loss, roc_auc]", "45:34 duplicate-item 'roc_auc' is listed twice"),
    ("[roc_auc, log_loss]", "[]", "45:5 empty 'metrics' is empty | add at least one entry"),
    ("rows: all", "rows: al", "54:20 not-allowed 'rows' must be all or an integer >= 1, not 'al' | did you mean 'all'?"),
    ("rows: all", "rows: 0", "54:20 out-of-range 'rows' must be an integer >= 1, not 0"),
    ("where: arr_delay IS NOT NULL", "where: 5", "25:16 wrong-type 'where' must be a string, not 5 | put it in quotes: '5'"),
    ("late: arr_delay > 15", "late: true", "28:17 wrong-type 'late' must be a string, not true | put it in quotes: 'true'"),
    ("null_values: [NA]", "null_values: NA", "7:18 wrong-type 'null_values' must be a list, not 'NA' | write a list: [NA]"),
    ("null_values: [NA]", "null_values: [NA, 9]", "7:23 wrong-type an item of 'null_values' must be a string, not 9 | put it in quotes: '9'"),
    ("null_values: [NA]", "delimiter: ab", "7:16 bad-format 'delimiter' must be one ASCII character, not 'ab'"),
    ("features: [origin, dest]", "features: [origin, 5]", "42:24 wrong-type an item of 'features' must be a string, not 5 | put it in quotes: '5'"),
    ("preprocessing: tabular", "preprocessing: 5", "43:20 wrong-type 'preprocessing' must be a string or a list, not 5"),
    ("preprocessing: tabular", "preprocessing: [tabular]", "43:21 wrong-type an item of 'preprocessing' must be a map with 'op', not 'tabular'"),
    ("project: flights", "project: late flights", f"2:10 bad-name 'late flights' is not a valid name | {NAME}"),
    ("project: flights", 'project: "flights\\n"', f"2:10 bad-name 'flights' is not a valid name | {NAME}"),
    ("outputs:\n  late:", "outputs:\n  1late:", f"52:3 bad-name '1late' is not a valid name | {NAME}"),
    ("outputs:\n  late:", "outputs:\n  - late:", "52:3 wrong-type 'outputs' must be a map, not a list"),
    # the text
    ("    target: late", "    type: x\n    target: late", "44:5 duplicate-key duplicate key 'type' on lines 40 and 44 | remove or rename one of them"),
    ("target: late", "target: !col late", "44:13 yaml-tag the YAML tag '!col' is not supported | remove it; put a value in quotes to make it a string"),
    ("rounds: 20", "rounds: !!int '20'", "47:15 yaml-tag the YAML tag '!!int' is not supported | remove it; put a value in quotes to make it a string"),
    ("rounds: 20", "rounds: " + "2" * 400, "47:15 out-of-range an integer of 400 digits is too large for a float64"),
]  # fmt: skip

GOOD = [
    ("num_iterations: 200", "num_iterations: 200.0"),
    ("num_iterations: 200", "num_iterations: 2e2"),
    ("mlbuild: 1", "$schema: ../mlbuild.schema.json\nmlbuild: 1.0"),
    ("target: late", "target: {column: late, positive: true}"),
    ("target: late", "target: late\n    x-owner: [me]"),
    ("strategy: median", "strategy: median\n      x-why: {outliers: yes}"),
    ("metrics: [roc_auc, log_loss]", "metrics: roc_auc"),
    ("features: [origin, dest]", "features: origin"),
    ("features: [origin, dest]", "features: {except: dest}"),
    ("preprocessing: tabular", "preprocessing: [{op: category, columns: dest}]"),
    ("    preprocessing: tabular\n", ""),
    ("rows: all", "rows: 5"),
    ("using: [origin]", "using: origin"),
    ("origin: string", "9E: string\n      a column: int\n      x-y: date"),
    ("strategy: median", "strategy: constant\n      fill_value: 0"),
]


def test_the_spec_that_is_changed_is_good() -> None:
    assert complaints(FLIGHTS) == []


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[new for _, new, _ in MISTAKES])
def test_one_mistake_is_one_error(old: str, new: str, expected: str) -> None:
    assert complaints(changed(old, new)) == [expected]
    assert expected.split()[1] in CODES


@pytest.mark.parametrize(("old", "new"), GOOD, ids=[new for _, new in GOOD])
def test_what_is_allowed(old: str, new: str) -> None:
    assert complaints(changed(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [(old, new) for old, new, expected in MISTAKES if "finite" not in expected] + GOOD,
)
def test_the_schema_as_a_whole_says_the_same(old: str, new: str) -> None:
    """Editors see what the build sees, except infinite numbers, which JSON does not have, and line ends."""
    document = loaded(changed(old, new))
    if not document.mistakes and "\\n" not in new:
        problems = Structure().problems(document.value)
        assert Draft7Validator(build_schema()).is_valid(document.value) is not bool(problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{}",
            [
                "1:1 missing-key the spec needs 'mlbuild' | write 'mlbuild: 1'",
                "1:1 missing-key the spec needs 'project'",
            ],
        ),
        ("- mlbuild", ["1:1 wrong-type the spec must be a map, not a list"]),
        ("mlbuild", ["1:1 wrong-type the spec must be a map, not 'mlbuild'"]),
    ],
)
def test_a_document_that_is_no_spec(text: str, expected: list[str]) -> None:
    assert complaints(text) == expected


def test_all_mistakes_come_together_in_order_of_place() -> None:
    text = FLIGHTS.replace("op: impute", "op: imputee").replace("rounds: 20", "rounds: x")
    text = text.replace("project: flights", "projct: flights").replace("rows: all", "rows: all, rows: 2")
    assert [line.split()[:2] for line in complaints(text)] == [
        ["2:1", "unknown-key"],
        ["34:11", "unknown-op"],
        ["47:15", "wrong-type"],
        ["54:25", "duplicate-key"],
    ]


def test_a_mistake_that_an_alias_repeats_is_told_once() -> None:
    text = """\
        mlbuild: 1
        project: p
        preprocessing:
          a: [&step {op: impute, columns: x, stratgy: mean}]
          b: [*step, *step]
          c:
            - <<: *step
        """
    assert complaints(text) == [
        "4:38 unknown-key unknown key 'stratgy' in step 'impute' | did you mean 'strategy'?"
    ]


def test_each_misspelt_parameter_is_one_error_on_its_line() -> None:
    """For every op, source, split and learner: remove a letter from any key of its smallest example."""
    for name, kind in tagged_unions().items():
        for value, cls in kind.classes.items():
            for key in params_of(cls):
                body = {kind.by: value, **smallest(cls), key[:-1] + "_": 1}
                body.pop(key, None)
                found = Structure().problems(within(name, body))
                assert [problem.code for problem in found] == ["unknown-key"], (value, key, found)
                assert found[0].at[-1] == key[:-1] + "_"
    for cls in LEARNERS:
        for key in params_of(cls):
            model = {"type": cls.type, "dataset": "d", "features": "x", "target": "y"}
            found = Structure().problems(within("model", model | {"params": {key[:-1] + "_": 1}}))
            assert [problem.code for problem in found] == ["unknown-key"], (cls.type, key)


def test_the_smallest_example_of_everything_is_good() -> None:
    for name, kind in tagged_unions().items():
        for value, cls in kind.classes.items():
            assert Structure().problems(within(name, {kind.by: value, **smallest(cls)})) == []


def smallest(cls: type) -> dict[str, Any]:
    """Return a valid value for each required parameter."""
    required = {key: param for key, param in params_of(cls).items() if param.required}
    return {
        key: param.examples[0] if param.examples else sample(param.kind.json_schema())
        for key, param in required.items()
    }


def sample(shape: dict[str, Any]) -> Any:
    if "$ref" in shape:
        return sample(build_schema()["definitions"][shape["$ref"].rpartition("/")[2]])
    if "enum" in shape:
        return shape["enum"][0]
    if isinstance(shape.get("additionalProperties"), dict) and shape.get("type") == "object":
        return {"a": sample(shape["additionalProperties"])}
    if "items" in shape:
        return [sample(shape["items"])]
    if shape.get("type") == "object":
        return {key: sample(shape["properties"][key]) for key in shape.get("required", ())}
    if "anyOf" in shape:
        return sample(shape["anyOf"][0])
    type_ = shape["type"] if isinstance(shape["type"], str) else shape["type"][0]
    return {"string": "a", "integer": 1, "number": 0.5, "boolean": True}[type_]


#: Parameters that the examples of dimensions are for.
_VARIED = {"int": "num_leaves", "float": "learning_rate", "choice": "boosting"}


def within(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a spec with this object in its place."""
    base: dict[str, Any] = {"mlbuild": 1, "project": "p"}
    model = {"type": "lightgbm.classifier", "dataset": "d", "features": "x", "target": "y"}
    places: dict[str, dict[str, Any]] = {
        "source": {"sources": {"a": body}},
        "dataset_step": {"datasets": {"a": {"from": "b", "steps": [body]}}},
        "split": {"datasets": {"a": {"from": "b", "split": body}}},
        "folds": {"datasets": {"a": {"from": "b", "folds": body}}},
        "step": {"preprocessing": {"a": [body]}},
        "threshold": {"models": {"a": model | {"threshold": body}}},
        "search": {"models": {"a": model | {"search": body}}},
        "dimension": {
            "models": {
                "a": model
                | {
                    "search": {
                        "type": "random",
                        "trials": 1,
                        "space": {"params": {_VARIED.get(body.get("type", ""), ""): body}},
                    }
                }
            }
        },
        "metric": {"models": {"a": model | {"metrics": [body]}}},
        "model": {"models": {"a": body}},
        "test": {"tests": {"a": body}},
        "format": {"tests": {"a": {"output": "b", "path": "c", "format": body}}},
        "gate": {"outputs": {"a": {"model": "b", "gates": [body]}}},
        "baseline": {"outputs": {"a": {"model": "b", "baseline": body}}},
    }
    return base | places[name]


def test_a_thousand_aliases_of_a_step_are_checked_as_one() -> None:
    body = "a: &a [" + "{op: impute, columns: x, strategy: mean}, " * 1000 + "]"

    def seconds(aliases: int) -> float:
        text = "mlbuild: 1\nproject: p\npreprocessing:\n  " + body + "\n"
        text += "".join(f"  b{number}: *a\n" for number in range(aliases))
        before = time.process_time()
        assert check_shape(compose(loaded(text))).diagnostics == []
        return time.process_time() - before

    assert seconds(60) < 8 * seconds(1)


def changed(old: str, new: str) -> str:
    assert FLIGHTS.count(old) >= 1
    return FLIGHTS.replace(old, new, 1)


def test_problems_are_relative_to_the_root_and_name_what_is_to_blame() -> None:
    value = json.loads('{"mlbuild": 1, "project": "p", "models": {"m": {"type": "x"}}}')
    found = [(problem.code, problem.at, problem.on) for problem in Structure().problems(value)]
    assert found == [
        ("unknown-type", ("models", "m", "type"), "value"),
        ("missing-key", ("models", "m"), "key"),
        ("missing-key", ("models", "m"), "key"),
        ("missing-key", ("models", "m"), "key"),
    ]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_the_examples_are_good(file: Path) -> None:
    assert complaints(file.read_bytes()) == []
