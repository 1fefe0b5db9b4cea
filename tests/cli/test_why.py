"""`why` names the YAML path with old and new value and its place, or the file, its columns and how many rows
differ.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlbuild.cli.output.building.reasons import reasons_text
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command
from tests.projects import delays, one_model


@pytest.fixture
def spec(mlbuild: Command) -> Path:
    file = delays(mlbuild.folder)
    assert mlbuild("build").code == 0
    return file


def edit(file: Path, old: str, new: str) -> int:
    """Change the text; return the line of the change."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_a_changed_parameter(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "num_leaves: 15", "num_leaves: 12")
    told = f"models.late.params.num_leaves: 15 -> 12 (mlbuild.yaml:{line})"
    before = mlbuild("why", "train:late")
    assert before.out.splitlines() == ["train:late would run:", f"  {told}"]
    assert "RUN     train:late" in mlbuild("plan").out
    assert mlbuild("build").code == 0
    after = mlbuild("why", "train:late").out.splitlines()
    assert after[0].startswith("train:late is up to date: its result comes from build 2")
    assert after[2] == f"  {told}"


def test_an_inserted_step(mlbuild: Command, spec: Path) -> None:
    line = edit(
        spec, "    - {op: ordinal", "    - {op: impute, columns: far, strategy: mean}\n    - {op: ordinal"
    )
    out = mlbuild("why", "fit:late").out.splitlines()
    assert out[0] == "fit:late would run:"
    assert len(out) == 2
    assert out[1].startswith("  preprocessing.all[4]: ")
    assert out[1].endswith(f"added (mlbuild.yaml:{line})")


def test_a_feature_added(mlbuild: Command, spec: Path) -> None:
    edit(spec, "distance, age, plane_seats]", "distance, age, plane_seats, plane_year]")
    out = mlbuild("why", "fit:late").out
    assert "models.late.features[7]: plane_year added (" in out
    assert "'plane_year' of dataset:departures is now read" in out


def test_a_feature_of_another_type(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "[EWR, JFK, LGA]", "[EWR, JFK, LGA, TEB]")
    out = mlbuild("why", "fit:late").out
    assert re.search(r"models\.late\.features\[\d\]\.categories\[3\]: TEB added \(mlbuild\.yaml:\d+\)", out)
    assert f"columns.origin.categories[3]: TEB added (mlbuild.yaml:{line})" in out


def test_an_unused_column_of_a_file(mlbuild: Command, spec: Path) -> None:
    file = mlbuild.folder / "planes.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{lines[0]},extra", *(f"{line},1" for line in lines[1:])]) + "\n")
    assert mlbuild("why", "source:planes").out.splitlines() == [
        "source:planes would run:",
        "  file planes.csv changed",
    ]
    assert "source:planes would run: file planes.csv changed" in mlbuild("why", "model:late").out
    assert mlbuild("plan", "--exit-code").code == 6
    assert mlbuild("build").code == 0
    assert mlbuild("plan", "--exit-code").code == 0


def told(mlbuild: Command, *words: str) -> list[str]:
    """Return the lines below the headings of `why`. It never shows a digest."""
    done = mlbuild("why", *words)
    assert done.code == 0, done.err
    assert not re.search("[0-9a-f]{16}", done.out)
    document = json.loads(mlbuild("why", *words, "--json").out)
    assert not re.search('"[0-9a-f]{16,}"', json.dumps(document))
    return [line[2:] for line in done.out.splitlines() if line.startswith("  ")]


def edit_rows(mlbuild: Command, old: str, new: str) -> int:
    """Change the text of a CSV file; return how often it occurred."""
    file = mlbuild.folder / "planes.csv"
    text = file.read_text()
    file.write_text(text.replace(old, new))
    return text.count(old)


def test_a_changed_value_names_the_column_and_counts_rows(mlbuild: Command, spec: Path) -> None:
    count = edit_rows(mlbuild, ",200\n", ",201\n")
    assert count > 1
    assert mlbuild("build").code == 0
    (line,) = told(mlbuild, "dataset:departures")
    assert line == f"{count} rows of 'seats' of source:planes differ"
    (line,) = told(mlbuild, "source:planes")
    assert line == f"file planes.csv changed: {count} rows of 'seats' differ"
    lines = told(mlbuild, "features:late")
    counts = [line for line in lines if re.match("[0-9]", line)]
    assert len(counts) == 2
    for line in counts:
        assert re.fullmatch(
            r"\d+ rows? of 'plane_seats' of dataset:departures differs? in (valid|test)", line
        )


def test_one_changed_row_is_told_before_what_reads_it_has_run(mlbuild: Command, spec: Path) -> None:
    file = mlbuild.folder / "planes.csv"
    head, first, *rest = file.read_text().splitlines()
    changed = first.split(",")
    changed[head.split(",").index("seats")] = "3"
    file.write_text("\n".join([head, ",".join(changed), *rest]) + "\n")
    assert mlbuild("build", "contract:planes").code == 0
    done = mlbuild("why", "dataset:departures")
    assert done.out.splitlines() == [
        "dataset:departures would run:",
        "  1 row of 'seats' of source:planes differs",
    ]
    (task,) = json.loads(mlbuild("why", "dataset:departures", "--json").out)["tasks"]
    (reason,) = task["reasons"]
    assert reason["rows"] == [{"part": "all/seats", "was": 3322, "now": 3322, "differ": 1}]


def test_more_rows_are_told_once_for_a_table(mlbuild: Command, spec: Path) -> None:
    with (mlbuild.folder / "planes.csv").open("a") as file:
        head = (mlbuild.folder / "planes.csv").read_text().splitlines()[0].split(",")
        file.write(",".join({"tailnum": "N0", "year": "2001", "seats": "7"}.get(name, "x") for name in head))
    assert mlbuild("build").code == 0
    assert told(mlbuild, "dataset:departures") == ["source:planes has 3,322 -> 3,323 rows"]
    assert told(mlbuild, "source:planes") == ["file planes.csv changed: 3,322 -> 3,323 rows"]


def test_a_file_that_changed_in_nothing_that_is_read(mlbuild: Command, spec: Path) -> None:
    edit_rows(mlbuild, "EMBRAER", "Embraer")
    assert mlbuild("build").code == 0
    assert told(mlbuild, "source:planes") == ["file planes.csv changed: no value that the task reads differs"]


def test_rows_that_are_not_stored_any_more_are_not_counted(mlbuild: Command, spec: Path) -> None:
    store = open_store(mlbuild.folder)
    record = find_record(store.local, "source:planes")
    action = find_action(store.actions, record.key) if record else None
    assert action is not None
    edit_rows(mlbuild, ",200\n", ",201\n")
    assert mlbuild("build").code == 0
    store.contents.path(action.digests["all/seats"]).unlink()
    assert told(mlbuild, "source:planes") == ["file planes.csv changed"]
    assert told(mlbuild, "contract:planes") == ["'seats' of source:planes changed"]


def test_a_column_that_is_added_and_dropped(mlbuild: Command, spec: Path) -> None:
    line = edit(
        spec,
        "year: {dtype: int, nullable: true}, ",
        "year: {dtype: int, nullable: true}, manufacturer: {dtype: string, nullable: true}, ",
    )
    first, second = told(mlbuild, "contract:planes", "source:planes")[:2]
    assert re.fullmatch(rf"contracts.plane.columns.manufacturer: .* added \(mlbuild.yaml:{line}\)", first)
    assert re.fullmatch(rf"contracts.plane.columns.manufacturer: .* added \(mlbuild.yaml:{line}\)", second)
    assert "'manufacturer' of source:planes is now read" in told(mlbuild, "dataset:departures")
    assert mlbuild("build").code == 0
    edit(spec, "manufacturer: {dtype: string, nullable: true}, ", "")
    assert mlbuild("why", "dataset:departures").out.count("\n") == 1  # the first result is still known
    edit(spec, "seats: {dtype: int, min: 1}", "seats: {dtype: float, min: 1}")
    assert "'manufacturer' of source:planes is no longer read" in told(mlbuild, "dataset:departures")
    assert any(
        re.fullmatch(r"contracts.plane.columns.manufacturer: .* removed \(mlbuild.yaml:\d+\)", one)
        for one in told(mlbuild, "source:planes")
    )


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--set", "models.late.params.num_leaves=9"], ["models.late.params.num_leaves: 15 -> 9 (--set:1)"]),
        (
            ["--set", "project=other", "--set", "models.late.params.max_bin=9"],
            ["models.late.params.max_bin: 255 -> 9 (--set:2)", "bin:late would run"],
        ),
        (["--profile", "small"], ["models.late.params.num_leaves: 15 -> 3 (mlbuild.yaml:{profile})"]),
        (
            ["--profile", "small", "--set", "models.late.params.num_leaves=9"],
            ["models.late.params.num_leaves: 15 -> 9 (--set:1)"],
        ),
        (["--set", "seed=9"], ["seed: 3 -> 9 (--set:1)"]),
    ],
)
def test_a_value_of_a_flag_or_a_profile_is_told_with_its_own_place(
    mlbuild: Command, spec: Path, words: list[str], lines: list[str]
) -> None:
    profile = len(spec.read_text().splitlines()) + 3
    with spec.open("a") as file:
        file.write("profiles:\n  small:\n    models: {late: {params: {num_leaves: 3}}}\n")
    found = told(mlbuild, "train:late", *words)
    for line in lines:
        assert line.format(profile=profile) in found
    assert mlbuild("build", *words).code == 0
    assert told(mlbuild, "train:late", *words)[0] in [
        *(line.format(profile=profile) for line in lines),
        "'bins' of bin:late changed",
    ]


def test_a_default_that_takes_over_is_told_where_it_could_stand(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "num_leaves: 15, ", "")
    assert told(mlbuild, "train:late") == [f"models.late.params.num_leaves: 15 -> 31 (mlbuild.yaml:{line})"]


def test_another_version_of_a_library(mlbuild: Command, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = versions(("lightgbm",))["lightgbm"]
    monkeypatch.setattr(
        "mlbuild.engine.decide.key.versions",
        lambda names: versions(names) | ({"lightgbm": "99.1"} if "lightgbm" in names else {}),
    )
    assert told(mlbuild, "bin:late") == [f"lightgbm {known} -> 99.1"]


def test_a_result_is_told_with_the_build_that_it_is_from(mlbuild: Command, spec: Path) -> None:
    def build() -> str:
        document = json.loads(mlbuild("build", "--force", "--json").out)
        return str(document["build"])

    first = build()
    edit(spec, "num_leaves: 15", "num_leaves: 12")
    second = str(json.loads(mlbuild("build", "--json").out)["build"])
    out = mlbuild("why", "bin:late", "train:late").out.splitlines()
    assert out[0].startswith("bin:late is up to date: its result comes from build ")
    assert out[1].startswith(f"it last ran in build {first}, for ")
    assert f"train:late is up to date: its result comes from build {second}" in out
    edit(spec, "num_leaves: 12", "num_leaves: 15")
    assert mlbuild("build").code == 0
    assert not mlbuild("why", "train:late").out.startswith(
        f"train:late is up to date: its result comes from build {second}"
    )


def test_of_several_targets_each_cause_is_told_once(mlbuild: Command, spec: Path) -> None:
    edit_rows(mlbuild, ",200\n", ",201\n")
    assert mlbuild("why", "source:planes", "contract:planes", "dataset:departures").out.splitlines() == [
        "source:planes would run:",
        "  file planes.csv changed",
        "contract:planes may run:",
        "  source:planes would run",
        "dataset:departures may run:",
        "  source:planes would run",
    ]


def test_what_changed_for_several_tasks_is_told_once(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "num_leaves: 15", "num_leaves: 12")
    told = f"models.late.params.num_leaves: 15 -> 12 (mlbuild.yaml:{line})"
    assert mlbuild("why", "publish:late").out.splitlines() == [
        "publish:late may run:",
        f"  train:late would run: {told}",
    ]
    assert mlbuild("why", "artifact:late", "verify:late").out.splitlines() == [
        "artifact:late may run:",
        f"  train:late would run: {told}",
        "verify:late may run:",
        f"  train:late would run: {told}",
    ]


def test_an_unknown_target(mlbuild: Command, spec: Path) -> None:
    done = mlbuild("why", "model:lat")
    assert (done.code, done.out) == (2, "")
    assert "<command line>:1:13: error[unknown-target]: unknown target 'model:lat'" in done.err
    assert "help: did you mean 'model:late'?" in done.err


def test_a_column_whose_name_has_a_slash(mlbuild: Command) -> None:
    rows = [f"{i % 7},{i % 7 > 3}" for i in range(60)]
    model = "type: lightgbm.classifier, features: [km/h], target: y"
    file = one_model(mlbuild.folder, "km/h: float, y: bool", "\n".join(["km/h,y", *rows, ""]), model)
    dropped = (
        "{from: rows, steps: [{op: derive, columns: {f: '\"km/h\" + 1'}}, {op: select, columns: [f, y]}], "
    )
    text = file.read_text().replace("{from: rows, ", dropped).replace("[km/h]", "[f]")
    file.write_text(text)
    assert mlbuild("build").code == 0
    rows[0] = "5,False"
    (mlbuild.folder / "rows.csv").write_text("\n".join(["km/h,y", *rows, ""]))
    assert mlbuild("build").code == 0
    assert told(mlbuild, "dataset:all") == ["1 row of 'km/h' of source:rows differs"]
    assert "1 row of 'km/h' of dataset:all differs in train" in told(mlbuild, "verify:one")


def test_a_changed_expression_that_an_artifact_computes(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "ELSE 23.7 END", "ELSE 23.5 END")
    changed = r"datasets\.departures\.steps\[2\]\.columns\.age\S*: 23\.7 -> 23\.5"
    assert re.search(rf"  {changed} \(mlbuild\.yaml:{line}\)", mlbuild("why", "artifact:late").out)


def test_what_changed_in_one_task_is_one_phrase() -> None:
    changed = [
        Reason("input part", "dataset:all", part=f"{split}/{name}")
        for name in "abc"
        for split in ("train", "valid")
    ]
    other = Reason("input part", "target:one", part="train/y")
    assert (
        reasons_text([*changed, other]) == "'a' and 2 more of dataset:all changed; 'y' of target:one changed"
    )
    assert reasons_text([changed[0], changed[1]]) == "'a' of dataset:all changed"
