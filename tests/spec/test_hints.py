"""Words from other tools and languages cause hints with the words of this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked, diagnosed

WHERE = "where: arr_delay IS NOT NULL"
LATE = "late: arr_delay > 15"
PARAMS = "    early_stopping: {rounds: 5}\n"


def params(text: str) -> tuple[str, str]:
    return PARAMS, f"{PARAMS}    params: {text}\n"


@pytest.mark.parametrize(
    ("change", "help_"),
    [
        (("distance: float", "distance: double"), "did you mean 'float'?"),
        (("distance: float", "distance: {dtype: Int64}"), "did you mean 'int'?"),
        (("day: date", "day: timestamp"), "did you mean 'datetime'?"),
        (("tailnum: {dtype: string,", "tailnum: {dtype: object,"), "did you mean 'string'?"),
        (("nullable: true}\n      distance", "nullable: yes}\n      distance"), "write true"),
        (("serving: false", "serving: No"), "write false"),
        (("metrics: [roc_auc]", "metrics: [AUC]"), "did you mean 'roc_auc'?"),
        (("metrics: [roc_auc]", "metrics: [logloss]"), "did you mean 'log_loss'?"),
        (("metrics: [roc_auc]", "metrics: [RMSE]"), "did you mean 'root_mean_squared_error'?"),
        (("mlbuild: 1\n", ""), "write 'mlbuild: 1'"),
        (("    target: late\n", "    target late\n"), "put ': ' after the key, or fix the indentation"),
        (("    target: late\n", "    target:late\n"), "put a space after the ':'"),
        (
            ("features: [carrier, distance, seats]", "features: {matches: *_x}"),
            "define the anchor first, or put a string that starts with '*' in quotes",
        ),
        (("{path: planes.csv,", "{path:planes.csv,"), "put a space after the ':'"),
        (
            (
                "flights: {path: flights.csv, contract: flight}",
                "flights: {path: flights.csv, contract:flight}",
            ),
            "put a space after the ':'",
        ),
        (
            (
                "  planes: {path: planes.csv, contract: plane}",
                "  planes:\n    path:planes.csv\n    contract: plane",
            ),
            "put a space after the ':'",
        ),
        (params("{num_leaves:31}"), "put a space after the ':'"),
        (
            ("features: [carrier, distance, seats]", "features: carrier, distance"),
            "write a list: [carrier, distance]",
        ),
        (("metrics: [roc_auc]", "metrics: roc_auc, log_loss"), "write a list: [roc_auc, log_loss]"),
        (("    unique: [tailnum]", "    unique: ['tailnum, seats']"), "write a list: [tailnum, seats]"),
        (
            ("        using: [tailnum]", "        using: ['tailnum, carrier']"),
            "write a list: [tailnum, carrier]",
        ),
        (params("{num_leaves: '31'}"), "remove the quotes"),
        (params("{learning_rate: '0.1'}"), "remove the quotes"),
        (params("{bagging_fraction: 80%, bagging_freq: 1}"), "write 0.8"),
        (params("{min_child_samples: 3}"), "use 'min_data_in_leaf' instead"),
        (params("{colsample_bytree: 0.5}"), "use 'feature_fraction' instead"),
        (params("{reg_lambda: 1}"), "use 'lambda_l2' instead"),
        (("        using: [tailnum]", "        usin: [tailnum]"), "did you mean 'using'?"),
        (
            (WHERE, "where: arr_delay <> NULL"),
            "a comparison with NULL is always NULL: use IS NULL or IS NOT NULL",
        ),
        ((WHERE, "where: arr_delay > 3 && distance > 4"), "write AND"),
        ((WHERE, "where: arr_delay > 3 || distance > 4"), "write OR"),
        ((WHERE, "where: arr_delay ** 2 > 4"), "write POWER(x, y)"),
        ((WHERE, "where: isnull(arr_delay)"), "write x IS NULL or x IS NOT NULL"),
        (
            (WHERE, 'where: carrier = "AA"'),
            "double quotes are for columns; use single quotes for a string: 'AA'",
        ),
        (
            (WHERE, 'where: carrier LIKE "A%"'),
            "double quotes are for columns; use single quotes for a string",
        ),
        (
            ("far: distance > 1000", "far: late OR distance > 1000"),
            "this step adds it, but expressions can only use columns of earlier steps: add it in an earlier step",
        ),
        (
            (
                "    - op: category\n",
                "    - op: derive\n      columns: {far: seats, further: far > 3}\n    - op: category\n",
            ),
            "this step adds it, but expressions can only use columns of earlier steps: add it in an earlier step",
        ),
    ],
)
def test_a_hint_says_what_to_write_instead(change: tuple[str, str], help_: str, tmp_path: Path) -> None:
    (said,) = checked(tmp_path, changed(change))
    assert said.partition(" | ")[2] == help_


@pytest.mark.parametrize(
    "name",
    [
        "linear_tree",
        "n_jobs",
        "random_state",
        "metric",
        "device",
        "monotone_constraints",
        "class_weight",
        "bagging_seed",
    ],
)
def test_a_parameter_that_cannot_be_set_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    (said,) = checked(tmp_path, changed(params(f"{{{name}: 1}}")))
    assert said.startswith(f"45:14 refused-key '{name}' cannot be set: ")


@pytest.mark.parametrize("name", ["'*'", "''", "'^a$'"])
@pytest.mark.parametrize(
    "change",
    [
        ("distance: float", "NAME: float"),
        ("far: distance", "NAME: distance"),
        ("    - op: category\n", "    - op: derive\n      columns: {NAME: seats + 1}\n    - op: category\n"),
    ],
    ids=["contract", "dataset", "preprocessing"],
)
def test_names_that_no_column_can_have_are_told_alike(
    change: tuple[str, str], name: str, tmp_path: Path
) -> None:
    old, new = change
    said = [
        line for line in checked(tmp_path, changed((old, new.replace("NAME", name)))) if "bad-name" in line
    ]
    assert [line.partition("bad-name ")[2].partition(" | ")[0] for line in said] == [
        f"{name} is not a valid column name"
    ]


@pytest.mark.parametrize(
    ("change", "said", "related"),
    [
        (("    target: late\n", "    target late\n"), "42:5 bad-yaml expected 'key: value'", []),
        (("    target: late\n", "    target:late\n"), "42:5 bad-yaml expected 'key: value'", []),
        (
            ("[carrier, distance, seats]", "[carrier, distance, seats"),
            "41:18 bad-yaml expected ',' or ']'",
            ["40:15 the list starts here"],
        ),
        (("{rounds: 5}", "{rounds: 5"), "45:8 bad-yaml expected ',' or '}'", ["44:21 the map starts here"]),
        (
            ("    target: late\n", "   target: late\n"),
            "42:4 bad-yaml this does not fit the lines above it",
            ["37:3 the map starts here"],
        ),
        (("project: delays", "project: 'delays"), "2:10 bad-yaml unclosed quote", []),
        (
            ("late: arr_delay > 15", 'late: "arr_delay" > 15'),
            "29:29 bad-yaml unexpected text after a closing quote",
            [],
        ),
        (
            ("late: arr_delay > 15", 'late: "arr_delay" + 1 > 15'),
            "29:29 bad-yaml unexpected text after a closing quote",
            [],
        ),
        (("project: delays", "project: - delays"), "2:10 bad-yaml a list cannot start here", []),
        (
            ("project: delays", "project: &"),
            "2:11 bad-yaml an anchor name must follow '&' or '*'",
            ["2:10 it starts here"],
        ),
        (
            ("seed: 7", "seed: >7 or so"),
            "3:10 bad-yaml a string after '|' or '>' must start on the next line",
            ["3:7 the string starts here"],
        ),
        (("[roc_auc]", "]"), "43:14 bad-yaml a value is missing here", []),
    ],
)
def test_what_is_not_yaml_is_told_where_it_goes_wrong(
    change: tuple[str, str], said: str, related: list[str], tmp_path: Path
) -> None:
    _, (found,) = diagnosed(tmp_path, changed(change))
    assert f"{found.span.line}:{found.span.column} {found.code} {found.message}" == said
    assert [f"{one.span.line}:{one.span.column} {one.message}" for one in found.related] == related
