"""`predict --source` makes the rows of a dataset from new files, in which what is not known yet can be absent."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.cli.running import Command
from tests.projects import built, delays

#: Shops sell more in larger towns. What is sold is known only later.
SPEC = """\
mlbuild: 1
project: sales
warnings: {unused: ignore, empty-part: ignore, no-skill: ignore}
sources:
  days: {path: days.csv, contract: day}
  towns: {path: towns.csv, contract: town}
contracts:
  day:
    columns:
      id: {dtype: int, unique: true, max: 900, severity: {max: warn}}
      town: string
      at: datetime
      open: bool
      staff: {dtype: int, min: 1}
      sold: {dtype: float, nullable: true, serving: false}
  town: {unique: [town], columns: {town: string, size: float}}
datasets:
  all:
    from: days
    steps:
      - {op: join, with: towns, using: [town], how: left}
STEPS
      - {op: rename, columns: {staff: people}}
    split: {type: hash, key: [id], test: 0.25}
models:
  one:
    type: sklearn.linear_regression
    dataset: all
    features: [FEATURES]
    preprocessing: [{op: impute, columns: {dtype: numeric}, strategy: median}]
    target: sold
outputs: {one: {model: one, importance: false}}
"""


def write(folder: Path, steps: str = "", features: str = "size, people") -> None:
    """Write the project with some steps, and build it."""
    lines = "\n".join(f"      - {step}" for step in steps.splitlines())
    spec = SPEC.replace("STEPS\n", f"{lines}\n" if steps else "").replace("FEATURES", features)
    (folder / "mlbuild.yaml").write_text(spec)
    rows = "".join(
        f"{i},{'abc'[i % 3]},2026-01-{1 + i % 28:02} 0{i % 7}:00,{str(i % 4 > 0).lower()},{1 + i % 5},"
        f"{'' if i % 6 == 5 else i % 3 * 2 + i % 5}\n"
        for i in range(80)
    )
    (folder / "days.csv").write_text(f"id,town,at,open,staff,sold\n{rows}")
    (folder / "towns.csv").write_text("town,size\na,1.5\nb,20\nc,7.25\n")
    built(folder / "mlbuild.yaml")


NEW = "id,town,at,open,staff\n100,a,2026-02-01,true,3\n101,z,2026-02-01,true,2\n102,b,2026-02-02,false,4\n"


@pytest.fixture
def project(mlbuild: Command) -> Command:
    write(mlbuild.folder, "{op: filter, where: open}\n{op: filter, where: sold IS NOT NULL}")
    (mlbuild.folder / "new.csv").write_text(NEW)
    return mlbuild


def test_new_rows_are_joined_and_filtered_as_far_as_they_are_known(project: Command) -> None:
    done = project("predict", "one", "--source", "days=new.csv", "--keep", "id,people")
    assert done.code == 0
    assert done.err == (
        "step 'filter' (mlbuild.yaml:23) is left out: it needs 'sold', which is not known yet\n"
        "step 'filter' keeps 2 of 3 rows\n"
    )
    rows = pl.read_csv(io.StringIO(done.out))
    assert rows.drop("prediction").rows() == [(100, 3), (101, 2)]
    (project.folder / "joined.csv").write_text("size,people\n1.5,3\n,2\n")
    plain = project("predict", "dist/one/model.onnx", "joined.csv")
    assert pl.read_csv(io.StringIO(plain.out))["prediction"].equals(rows["prediction"])


def test_what_is_known_only_later_does_not_matter(project: Command) -> None:
    """Neither does a column that is missing, nor one that is in the file already."""
    words = ("-q", "predict", "one", "--source")
    without = project(*words, "days=new.csv")
    (project.folder / "old.csv").write_text(
        NEW.replace("staff\n", "staff,sold\n").replace("3\n", "3,17\n", 1)
    )
    lines = (project.folder / "old.csv").read_text().splitlines()
    (project.folder / "old.csv").write_text(
        "".join(f"{line}{',' * (5 - line.count(','))}\n" for line in lines)
    )
    assert project(*words, "days=old.csv").out == without.out
    assert without.out.count("\n") == 3


def test_a_program_is_told_what_was_done(project: Command) -> None:
    words = ("predict", "one", "--source", "days=new.csv", "-o", "out.parquet", "--json")
    told = json.loads(project(*words).out)
    assert (told["file"], told["gathered"]) == ("out.parquet", [])
    assert told["left_out"] == [{"op": "filter", "at": ["datasets", "all", "steps", 2], "needs": "sold"}]
    assert [(one["op"], one["rows_before"], one["rows_after"]) for one in told["steps"]] == [
        ("join", 3, 3),
        ("filter", 3, 2),
        ("rename", 2, 2),
    ]
    assert pl.read_parquet(project.folder / "out.parquet").shape == (2, 1)


def test_any_source_can_have_a_new_file_of_any_format(project: Command) -> None:
    """Only the source that the dataset starts from needs one."""
    words = ("-q", "predict", "one", "--source", "days=new.ndjson", "--source", "towns=towns.parquet")
    pl.read_csv(io.StringIO(NEW), try_parse_dates=True).write_ndjson(project.folder / "new.ndjson")
    pl.DataFrame({"town": ["z", "a"], "size": [3.0, 1.5]}).write_parquet(project.folder / "towns.parquet")
    (project.folder / "joined.csv").write_text("size,people\n1.5,3\n3,2\n")
    assert project(*words).out == project("predict", "one", "joined.csv").out


def test_steps_for_training_are_left_out(mlbuild: Command) -> None:
    write(mlbuild.folder, "{op: sample, key: id, fraction: 0.5}\n{op: filter, where: sold IS NOT NULL}")
    (mlbuild.folder / "new.csv").write_text(NEW)
    done = mlbuild("predict", "one", "--source", "days=new.csv")
    assert done.code == 0 and done.out.count("\n") == 4
    assert "step 'sample' (mlbuild.yaml:22) is left out: it only makes training data smaller\n" in done.err


def test_rows_of_other_tables_are_not_appended(mlbuild: Command) -> None:
    write(mlbuild.folder, "{op: filter, where: sold IS NOT NULL}")
    spec = (mlbuild.folder / "mlbuild.yaml").read_text()
    more = "  days: {path: days.csv, contract: day}\n  more: {path: days.csv, contract: day}\n"
    spec = spec.replace("  days: {path: days.csv, contract: day}\n", more)
    spec = spec.replace("    steps:\n", "    steps:\n      - {op: concat, with: more}\n")
    (mlbuild.folder / "mlbuild.yaml").write_text(spec)
    built(mlbuild.folder / "mlbuild.yaml")
    (mlbuild.folder / "new.csv").write_text(NEW)
    assert mlbuild("-q", "predict", "one", "--source", "days=new.csv").out.count("\n") == 4
    both = ("--source", "days=new.csv", "--source", "more=new.csv", "--keep", "id")
    rows = mlbuild("-q", "predict", "one", *both).out.splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["100", "101", "102"] * 2


WINDOW = "{op: window, by: town, time: at, columns: {before: COUNT(*)}}"


def test_values_of_several_rows_are_made_from_the_files(mlbuild: Command) -> None:
    """With all rows that count, the values are those of a build."""
    write(mlbuild.folder, f"{WINDOW}\n{{op: filter, where: sold IS NOT NULL}}", "size, before")
    words = ("predict", "one", "--source", "days=days.csv", "--keep", "id,size,before")
    done = mlbuild(*words)
    assert done.code == 0
    assert (
        "'before': made from several rows of the files, which must have all the rows that count, such as "
        "earlier ones\n" in done.err
    )
    found = pl.read_csv(io.StringIO(done.out))
    rows = pl.read_csv(io.StringIO(mlbuild("-q", "rows", "all").out))
    both = rows.select("id", "before", "size").join(found, on="id", suffix="_now")
    assert both.height == rows.height > 50 and max(rows["before"].to_list()) > 10
    assert both["before"].equals(both["before_now"].alias("before"))


def test_columns_that_are_needed_must_be_there(mlbuild: Command) -> None:
    sample = "{op: sample, key: id, fraction: 0.5}"
    write(mlbuild.folder, f"{sample}\n{WINDOW}\n{{op: filter, where: sold IS NOT NULL}}", "size, before")
    (mlbuild.folder / "new.csv").write_text(NEW)
    done = mlbuild("predict", "one", "--source", "days=new.csv")
    assert (done.code, done.err) == (
        3,
        "mlbuild: input 'before' is made from several rows, which step 'sample' (mlbuild.yaml:22) chooses; "
        "the step is only for training\n",
    )
    (mlbuild.folder / "new.csv").write_text(NEW.replace(",town", ",place"))
    done = mlbuild("predict", "one", "--source", "days=new.csv", "--keep", "people")
    assert (done.code, done.err) == (
        3,
        "mlbuild: the new rows have no values of 'town', needed for input 'size', input 'before'\n",
    )


def test_values_of_earlier_rows_are_asked_for(mlbuild: Command) -> None:
    sold = "{op: window, by: town, time: at, columns: {before: AVG(sold)}, known_after: 1d}"
    write(mlbuild.folder, f"{sold}\n{{op: filter, where: sold IS NOT NULL}}", "size, before")
    (mlbuild.folder / "new.csv").write_text(NEW)
    done = mlbuild("predict", "one", "--source", "days=new.csv")
    assert (done.code, done.err) == (
        3,
        "mlbuild: the new rows have no values of 'sold', needed for input 'before'\n"
        "  help: put earlier rows, with their values, into the same file, and leave the values empty in the new rows\n",
    )


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_file_of_a_source_is_recognized(project: Command, mark: str) -> None:
    """Even if it cannot be read as the file of inputs that it was given as."""
    spec = project.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("{path: days.csv,", f"{{path: days.csv, delimiter: '{mark}',"))
    rows = NEW.replace(",", mark)
    (project.folder / "new.csv").write_text(rows)
    done = project("predict", "one", "new.csv")
    assert (done.code, done.err) == (
        3,
        "mlbuild: 'new.csv' does not have the input columns of the model\n"
        "  help: it looks like source 'days': use --source days=new.csv\n",
    )
    (project.folder / "new.csv").write_text(rows.replace("staff", "people"))
    assert "looks like" not in project("predict", "one", "new.csv").err


def test_values_that_do_not_parse_are_shown(project: Command) -> None:
    (project.folder / "new.csv").write_text(NEW.replace(",3\n", ",three\n"))
    done = project("predict", "one", "--source", "days=new.csv")
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "mlbuild: 'new.csv' violates contract 'day'\n"
        "  column 'staff' violates 'parses as int' in 1 row: 'three' (line 2)\n"
    )


def test_rows_can_be_checked_against_the_contracts(project: Command) -> None:
    words = ("predict", "one", "--source", "days=new.csv")
    (project.folder / "new.csv").write_text(NEW.replace(",4\n", ",0\n").replace("100", "901"))
    assert project(*words).code == 0
    done = project(*words, "--check")
    assert (done.code, done.out) == (3, "")
    assert "column 'staff' violates 'min 1' in 1 row: 0 (line 4)\n" in done.err
    (project.folder / "new.csv").write_text(NEW.replace("100", "901"))
    done = project(*words, "--check", "--no-samples")
    assert done.code == 0
    assert done.err.startswith("warning: column 'id' violates 'max 900' in 1 row: line 2\n")
    done = project(*words, "--check")
    assert done.code == 0
    assert done.err.startswith("warning: column 'id' violates 'max 900' in 1 row: 901 (line 2)\n")


STRICT = """\
  day:
    rows: {min: 50000}
    checks:
      many: {table: COUNT(*) > 1000}
      sold_if_open: {where: sold IS NOT NULL}
      staffed: {where: staff > 2, max_share: 0.01}
    columns:
"""


@pytest.mark.parametrize("serving", [", serving: false", ""])
def test_new_rows_are_not_checked_as_a_whole_table(project: Command, serving: str) -> None:
    """What is not known yet can be missing, also if the target says so and not the contract."""
    spec = project.folder / "mlbuild.yaml"
    strict = spec.read_text().replace("  day:\n    columns:\n", STRICT)
    strict = strict.replace("at: datetime", "at: {dtype: datetime, max_age: 1s}")
    strict = strict.replace(
        "sold: {dtype: float, nullable: true, serving: false}", f"sold: {{dtype: float, min: 0{serving}}}"
    )
    spec.write_text(strict.replace("min: 1}", "min: 3, max_share: {min: 0.01}}"))
    lines = NEW.splitlines()
    (project.folder / "new.csv").write_text(
        "".join(f"{line},\n" for line in lines).replace("staff,", "staff,sold")
    )
    words = ("predict", "one", "--source", "days=new.csv", "--check")
    done = project(*words)
    assert done.code == 0
    assert [line for line in done.err.splitlines() if "warning" in line] == [
        "warning: column 'staff' violates 'min 3' in 1 row (33.33%, at most 1% allowed): 2 (line 3)",
        "warning: column 'staff' violates 'check staffed' in 1 row (33.33%, at most 1% allowed): 2 (line 3)",
    ]
    (project.folder / "new.csv").write_text(
        "".join(f"{line},-1\n" for line in lines).replace("staff,-1", "staff,sold")
    )
    done = project(*words)
    assert done.code == 3
    assert (
        "  column 'sold' violates 'min 0' in 3 rows: -1.0 (line 2), -1.0 (line 3), -1.0 (line 4)\n"
        in done.err
    )
    (project.folder / "new.csv").write_text(NEW.replace("100", ""))
    done = project(*words)
    assert done.code == 3 and "column 'id' violates 'not null' in 1 row: null (line 2)\n" in done.err


def test_rows_come_from_standard_input(project: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "joined.csv").write_text("size,people\n1.5,3\n,2\n")
    wanted = project("predict", "one", "joined.csv")

    class Input:
        buffer = io.BytesIO((project.folder / "joined.csv").read_bytes())

    monkeypatch.setattr(sys, "stdin", Input())
    done = project("predict", "one", "-")
    assert (done.code, done.out) == (0, wanted.out)
    Input.buffer = io.BytesIO(b"size\n1\n")
    done = project("predict", "one", "-")
    assert (done.code, done.out) == (3, "")
    assert "mlbuild: standard input does not have the input columns of the model\n" in done.err


GIVEN = ["--source", "days=new.csv"]
WRONG = {
    "nothing": (
        [],
        "there are no rows to predict\n  help: add a file, or new files of sources with --source",
    ),
    "both": (
        ["new.csv", *GIVEN],
        "there are both a file with rows and --source\n  help: the rows come from one of them",
    ),
    "keep of a file": (["new.csv", "--keep", "id"], "--keep needs --source"),
    "check of a file": (["new.csv", "--check"], "--check needs --source"),
    "no name": (["--source", "new.csv"], "--source 'new.csv' is not NAME=FILE"),
    "twice": ([*GIVEN, *GIVEN], "--source gives source 'days' twice"),
    "no source": (["--source", "day=new.csv"], "there is no source 'day'\n  help: did you mean 'days'?"),
    "no file": (["--source", "days=no.csv"], "there is no file 'no.csv'"),
    "other rows": (
        ["--source", "towns=towns.csv"],
        "the rows of output 'one' come from source 'days'\n  help: add --source days=FILE",
    ),
    "no column": ([*GIVEN, "--keep", "ids"], "there is no column 'ids'\n  help: did you mean 'id'?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_predicted_is_said(project: Command, case: str) -> None:
    words, message = WRONG[case]
    done = project("predict", "one", *words)
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_an_output_that_was_changed_is_built_again(project: Command) -> None:
    spec = project.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("[size, people]", "[size]"))
    done = project("-q", "predict", "one", *GIVEN)
    message = "the spec has other inputs than the model\n  help: build the output again"
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_predictions_are_those_of_joined_rows_of_real_data(mlbuild: Command) -> None:
    built(delays(mlbuild.folder))
    flights = pl.read_parquet(mlbuild.folder / "flights.parquet")
    flights.drop("arr_delay").write_parquet(mlbuild.folder / "new.parquet")
    planes = pl.read_csv(mlbuild.folder / "planes.csv", null_values="NA").select(
        "tailnum", plane_year="year", plane_seats="seats"
    )
    flights.join(planes, on="tailnum", how="left", maintain_order="left").write_parquet(
        mlbuild.folder / "joined.parquet"
    )
    done = mlbuild("-q", "predict", "late", "--source", "flights=new.parquet")
    assert done.code == 0 and done.out.count("\n") == flights.height + 1 > 5_000
    assert mlbuild("-q", "predict", "late", "joined.parquet").out == done.out
