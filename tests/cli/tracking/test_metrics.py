"""`mlbuild metrics` shows what builds measured."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, told, visits


def test_metrics_have_intervals_next_to_a_constant(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    shipped = json.loads((mlbuild.folder / "dist/one/metrics.json").read_text())
    for words in ((), ("one",)):
        (found,) = told(mlbuild("metrics", "--json", *words).out)["models"]
        assert [*found["metrics"]] == ["log_loss", "roc_auc", "accuracy"]
        assert found["cluster"] == {"column": ["person"]}
        for name, splits in found["metrics"].items():
            for split, one in splits.items():
                assert one["value"] == shipped["metrics"][split][name]
                assert one["constant"] == shipped["constant"][split][name]
                wanted = None if split == "train" else shipped["intervals"]["splits"][split][name]
                assert one["interval"] == wanted
        assert found["clusters"]["test"] == shipped["intervals"]["splits"]["test"]["clusters"]
    title, head, rows, *lines = mlbuild("metrics").out.splitlines()
    assert title.startswith("one (build ") and head.split() == [
        "train",
        "constant",
        "valid",
        "constant",
        "test",
        "constant",
    ]
    assert f"{shipped['metrics']['test']['rows']} in {found['clusters']['test']} clusters" in rows
    assert [line.split()[0] for line in lines] == ["log_loss", "roc_auc", "accuracy"]
    low, high = shipped["intervals"]["splits"]["test"]["roc_auc"]
    assert f"{shipped['metrics']['test']['roc_auc']:.4g} [{low:.3g}, {high:.3g}]" in lines[1]


def test_slices_are_those_that_the_build_measured(mlbuild: Command) -> None:
    sliced = "    slices: [{name: tall, where: x > 0}, {column: z, bins: [0]}]\n    params:"
    visits(mlbuild.folder, SPEC.replace("    params:", sliced))
    assert mlbuild("build").code == 0
    shipped = json.loads((mlbuild.folder / "dist/one/slices.json").read_text())["splits"]["test"]["slices"]
    (found,) = told(mlbuild("metrics", "one", "--slices", "z", "--json").out)["slices"]
    assert (found["model"], found["split"]) == ("one", "test")
    assert found["groups"] == [one for one in shipped if one["slice"] == "z"] and len(found["groups"]) == 2
    title, head, *lines = mlbuild("metrics", "--slices", "tall").out.splitlines()
    assert title.startswith("one: tall on test (build ")
    assert head.split() == ["rows", "clusters", "log_loss", "roc_auc", "accuracy"]
    (tall,) = (one for one in shipped if one["slice"] == "tall")
    assert lines[0].startswith(f"tall  {tall['rows']}")
    assert ("significant" in lines[-1]) == any(one["outside_chance"] for one in tall["metrics"].values())
    wrong = mlbuild("metrics", "--slices", "size")
    assert wrong.code == 2 and "no model has slices 'size'" in wrong.err and "slices: tall, z" in wrong.err


def test_an_output_an_earlier_build_and_a_profile_can_be_named(mlbuild: Command) -> None:
    spec = SPEC.replace("outputs:\n  one:", "outputs:\n  shipped:")
    visits(mlbuild.folder, spec + "profiles: {weak: {models: {one: {params: {C: 0.001}}}}}\n")
    for words in ((), ("--set", "models.one.params.C=0.01"), ("--profile", "weak")):
        assert mlbuild("build", *words).code == 0

    def value(*words: str) -> float:
        (found,) = told(mlbuild("metrics", "--json", *words).out)["models"]
        result: float = found["metrics"]["log_loss"]["test"]["value"]
        return result

    written, trial, weak = value(), value("one@previous"), value("one@last")
    assert written < trial < weak
    assert value("shipped") == written and value("--profile", "weak") == weak


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two", "no build has metrics of a model or output 'two'"),
        ("one@2020", "there is no build '2020'"),
        ("one@last~7", "there is no build 'last~7'"),
        ("one@-x", "there is no build '-x'"),
        ("one@2", "'2' can be any of 2 builds"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(mlbuild: Command, name: str, message: str) -> None:
    spec = visits(mlbuild.folder)
    assert mlbuild("metrics").out == "no build has metrics\n"
    for text in (SPEC, SPEC.replace("1.0", "0.5")):
        spec.write_text(text)
        assert mlbuild("build", "evaluate:one").code == 0
    done = mlbuild("metrics", name)
    assert done.code == 2 and message in done.err


def test_last_and_previous_count_only_builds_that_evaluated_a_model(mlbuild: Command) -> None:
    """`describe` runs tasks if the data has changed, and leaves a record."""
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    visits(mlbuild.folder, SPEC.replace("features: [x, z]", "features: [z]"))
    assert mlbuild("build").code == 0
    visits(mlbuild.folder, SPEC.replace("features: [x, z]", "features: [z]"), count=500)
    assert mlbuild("describe", "all").code == 0
    builds = [one["build"] for one in told(mlbuild("runs", "--json").out)["builds"]]
    assert len(builds) == 3
    compared = told(mlbuild("diff", "--json").out)
    assert {compared["old"]["build"], compared["new"]["build"]} < {*builds}
    (change,) = compared["changes"]
    assert change["where"].startswith("models.one.features")
    for words in (["one@last"], ["one@previous"]):
        (found,) = told(mlbuild("metrics", "--json", *words).out)["models"]
        assert found["build"] == compared["new" if words == ["one@last"] else "old"]["build"]
