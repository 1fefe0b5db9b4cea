"""`--set PATH=VALUE` is checked as if it were in the file, and its mistakes point to the option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlbuild.data import SOURCES
from mlbuild.data.rules.bounds import Min
from mlbuild.hints import listed
from mlbuild.models.answers.classification import Classification
from mlbuild.params import params_of
from mlbuild.spec.layers.settings import read_settings
from tests.spec.composing import SPEC, composed, said, sound


def set_(folder: Path, *settings: str) -> list[str]:
    return said(composed(folder, SPEC, settings=settings))


def test_a_value_is_put_where_the_path_leads(tmp_path: Path) -> None:
    spec = sound(
        composed(
            tmp_path,
            SPEC,
            settings=[
                "seed=3",
                "models.late.params.num_leaves=31",
                'contracts.row.columns."a.b"={dtype: float, min: 1e-3}',
                "models.late.features[1]=y2",
                "models.late.features[1]=n",
                "models.late.early_stopping.rounds=5",
                "description='# no comment'",
            ],
        )
    )
    assert (spec.seed, spec.description) == (3, "# no comment")
    assert getattr(spec.models["late"].learner, "num_leaves") == 31  # noqa: B009 - LightGBM's
    assert spec.sources["rows"].contract.columns["a.b"].rule(Min).min == 1e-3
    assert spec.models["late"].features == ("a.b", "n")
    assert spec.models["late"].early_stopping is not None
    assert spec.place(("models", "late", "params", "num_leaves")) == ("--set", 2)


def test_what_stood_there_is_replaced_maps_too(tmp_path: Path) -> None:
    spec = sound(composed(tmp_path, SPEC, settings=["models.late.params={}"]))
    assert getattr(spec.models["late"].learner, "num_leaves") == 31  # noqa: B009 - the default


def test_a_path_leads_through_a_short_form_to_what_it_stands_for(tmp_path: Path) -> None:
    settings = ['contracts.row.columns."a.b".min=3', "models.late.target.positive=false"]
    spec = sound(composed(tmp_path, SPEC, settings=settings))
    column, target = spec.sources["rows"].contract.columns["a.b"], spec.models["late"].target
    assert (column.dtype, column.rule(Min).min, target.column, target.answer) == (
        "float",
        3,
        "y",
        Classification(column="y", positive=False),
    )
    assert set_(tmp_path, "contracts.row.columns.y.mn=3", "models.late.target.positve=1") == [
        "--set:1:25 unknown-key unknown key 'mn' in column 'y' | did you mean 'min'?",
        "--set:2:20 unknown-key unknown key 'positve' in 'target' | did you mean 'positive'?",
    ]


def test_a_misspelt_name_of_a_column_is_told_as_one(tmp_path: Path) -> None:
    assert set_(tmp_path, 'contracts.row.columns."a.c".min=3') == [
        "--set:1:23 unknown-key unknown key 'a.c' in 'columns' | did you mean 'a.b'?"
    ]


def test_settings_come_after_profiles(tmp_path: Path) -> None:
    text = SPEC + "profiles: {other: {seed: 5, models: {late: {params: {num_leaves: 7}}}}}\n"
    spec = sound(composed(tmp_path, text, profiles=["other"], settings=["seed=6"]))
    assert spec.seed == 6 and getattr(spec.models["late"].learner, "num_leaves") == 7  # noqa: B009


def test_an_item_of_a_list_that_an_alias_repeats_changes_in_one_place(tmp_path: Path) -> None:
    text = SPEC.replace("features: [", "features: &f [") + "  twin: {model: twin}\n"
    twin = "  twin: {type: lightgbm.classifier, dataset: all, features: *f, target: y}\n"
    text = text.replace("outputs:\n", twin + "outputs:\n").replace("y: bool", "y: bool\n      m: int")
    spec = sound(composed(tmp_path, text, settings=["models.twin.features[0]=m"]))
    assert [spec.models[name].features for name in ("late", "twin")] == [("a.b", "n"), ("m", "n")]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (
            "models.late.params.num_leafs=31",
            "1:20 unknown-key unknown key 'num_leafs' in the params of lightgbm.classifier | did you mean 'num_leaves'?",
        ),
        (
            "models.late.params.num_leaves=x",
            "1:31 wrong-type 'num_leaves' must be an integer >= 2 and <= 131072, not 'x'",
        ),
        (
            "models.late.params.num_leaves=",
            "1:20 wrong-type 'num_leaves' must be an integer >= 2 and <= 131072, but has no value",
        ),
        (
            "models.lat.params.num_leaves=31",
            "1:8 unknown-key unknown key 'lat' in 'models' | did you mean 'late'?",
        ),
        ("modles.late.target=y", "1:1 unknown-key unknown key 'modles' in the spec | did you mean 'models'?"),
        ("seed.x=1", "1:6 wrong-type 'seed' must be an integer >= 0, not a map"),
        ("models.late.target=z", "1:20 unknown-column unknown column 'z' | available columns: a.b, n, y"),
        (
            "datasets.all.steps=[{op: filter, where: n >> 2}]",
            "1:41 unsupported-expression 'n >> 2' is not supported in expressions",
        ),
        (
            "models.late.features[2]=y",
            "1:21 bad-setting 'features' has only 2 items: there is no [2] | indexes start at 0",
        ),
        (
            "models.late.features.x=y",
            "1:22 bad-setting 'features' is a list: it has no key 'x' | use an index, such as [0]",
        ),
        ("models.late[0]=y", "1:12 bad-setting 'late' is not a list: it has no item [0]"),
        ("seed=[", "1:6 bad-yaml a value is missing here"),
        (
            "seed=!x 1",
            "1:6 yaml-tag the YAML tag '!x' is not supported | remove it; put a value in quotes to make it a string",
        ),
        ("seed=1\x00", "1:7 bad-character the character U+0000 is not allowed in YAML"),
        (
            "profiles.x.seed=1",
            "1:1 bad-setting 'profiles' cannot be set: it is resolved before --set is applied",
        ),
    ],
)
def test_mistakes_point_into_the_flag(tmp_path: Path, setting: str, expected: str) -> None:
    (found,) = set_(tmp_path, setting)
    assert found.removeprefix("--set:").startswith(expected), found


@pytest.mark.parametrize(
    ("setting", "place", "message"),
    [
        ("seed", "1:1", "'=' is missing"),
        ("", "1:1", "'=' is missing"),
        ("=1", "1:1", "this is not a valid path"),
        ("a..b=1", "1:2", "this is not a valid path"),
        ("a.=1", "1:2", "this is not a valid path"),
        ("a[x]=1", "1:2", "this is not a valid path"),
        ("[0]=1", "1:1", "this is not a valid path"),
        ('"a\\q"=1', "1:1", "invalid JSON escape sequence"),
        ('"a=1', "1:1", "this is not a valid path"),
    ],
)
def test_what_is_no_setting(tmp_path: Path, setting: str, place: str, message: str) -> None:
    help_ = (
        'write PATH=VALUE, such as models.late.params.num_leaves=31, columns."a.b".min=0 or features[0]=age'
    )
    assert set_(tmp_path, setting) == [f"--set:{place} bad-setting {message} | {help_}"]


def test_every_flag_has_a_line_of_its_own(tmp_path: Path) -> None:
    found = set_(tmp_path, "project=1", "seed=1", "project=\n'p'", "seed=x")
    assert [line.split(" ")[0] for line in found] == ["--set:4:6"]


def test_a_path_as_deep_as_can_be(tmp_path: Path) -> None:
    path = ".".join(["x-a"] * 101)
    assert set_(tmp_path, f"{path}=1") == [
        "--set:1:401 too-deep maps and lists are nested more than 100 levels deep"
    ]


@pytest.mark.parametrize(
    ("flag", "path", "value"),
    [
        ("a=1", ("a",), 1),
        ("a = 1", ("a ",), 1),
        ("a.b c=1e3", ("a", "b c"), 1000.0),
        ("a[0][12].b=NO", ("a", 0, 12, "b"), "NO"),
        ('"a.b"."=".c=null', ("a.b", "=", "c"), None),
        ('"é\\u0041\\"".x-y=', ('éA"', "x-y"), None),
        ("a=b=c", ("a",), "b=c"),
        ("a={b: [1, 'x']}", ("a",), {"b": [1, "x"]}),
        ("a=b: 1", ("a",), {"b": 1}),
        ("a=# nothing", ("a",), None),
        ("a='# b'", ("a",), "# b"),
        ("a=0x1F", ("a",), 31),
    ],
)
def test_paths_and_values(flag: str, path: tuple[str | int, ...], value: Any) -> None:
    (setting,), found = read_settings([flag])
    assert not found
    assert tuple(part for part, _ in setting.parts) == path and setting.value.value == value
    assert type(setting.value.value) is type(value)


def test_what_else_stands_there_keeps_its_place(tmp_path: Path) -> None:
    assert set_(tmp_path, "sources.rows.path=rows") == [
        "--set:1:9 missing-key source 'rows' needs 'type': the suffix of 'rows' does not imply one"
        f" | available types: {listed(name for name, cls in SOURCES.items() if 'path' in params_of(cls))}",
        "  the problem is here mlbuild.yaml:4:3",
    ]


def test_an_alias_without_an_anchor_is_one_mistake(tmp_path: Path) -> None:
    assert set_(tmp_path, "models.late.params={num_leaves: *a}") == [
        "--set:1:33 unknown-alias unknown alias: there is no anchor '&a' above it"
        " | define the anchor first, or put a string that starts with '*' in quotes"
    ]
