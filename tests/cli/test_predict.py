"""`predict` computes predictions for the rows of a file, and explains what is wrong with a file."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from mlbuild.cli.reading.row_files import WRITTEN
from mlbuild.data.formats.by_suffix import NAMED, WRITABLE
from mlbuild.data.parsing import Parsing
from tests.cli.running import Command
from tests.data.workbooks import store
from tests.projects import built, one_model

MODEL = "dist/one/model.onnx"


@pytest.fixture
def model(mlbuild: Command) -> Path:
    """A line through a few points, built in the folder of the test."""
    rows = "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(9))
    built(
        one_model(
            mlbuild.folder,
            "x: float, y: float",
            rows,
            "type: sklearn.linear_regression, features: [x], target: y",
        )
    )
    return mlbuild.folder / MODEL


def test_answers_that_are_no_finite_numbers_are_null_in_json(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x,z\n1,a\ninf,b\n,c\n")
    done = mlbuild("predict", MODEL, "rows.csv", "--json")
    assert done.code == 0
    first, *others = json.loads(done.out)["rows"]
    assert isinstance(first["prediction"], float)
    assert others == [{"prediction": None}] * 2


def test_answers_go_into_a_file(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "answers.csv", "--json")
    assert json.loads(done.out)["file"] == "answers.csv"
    assert (mlbuild.folder / "answers.csv").read_text().startswith("prediction\n")


@pytest.mark.parametrize("suffix", NAMED)
def test_rows_and_answers_have_any_format(mlbuild: Command, model: Path, suffix: str) -> None:
    rows = pl.DataFrame({"x": [1.0, 2.5, None], "note": ["a", None, "c"]})
    wanted = None
    for name in ("rows.csv", f"rows{suffix}"):
        with (mlbuild.folder / name).open("wb") as stream:
            store(NAMED[Path(name).suffix]().for_file(name), rows, stream)
        written = suffix if suffix in WRITABLE else ".csv"
        done = mlbuild("predict", MODEL, name, "-o", f"answers{written}")
        assert (done.code, done.out, done.err) == (0, "", "")
        file = mlbuild.folder / f"answers{written}"
        form = NAMED[written]().for_file(file.name)
        found = form.read(file, {"prediction": Parsing(dtype="float")})
        assert wanted is None or found[0].equals(wanted)
        wanted, faults = found
        assert faults == [] and wanted.height == 3


@pytest.mark.parametrize("name", ["answers", "answers.xlsx", "answers.csv.gz", "answers.tab"])
def test_what_cannot_be_written_is_refused_with_what_can(mlbuild: Command, model: Path, name: str) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", name)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"mlbuild: cannot write '{name}'\n  help: the name of the file must end in {WRITTEN}\n"
    assert not (mlbuild.folder / name).exists()


def test_options_of_a_format_are_flags(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x;n\n1;2\n-;3\n")
    words = ("predict", MODEL, "rows.csv", "--delimiter", ";")
    assert "'-' (row 2)" in mlbuild(*words).err
    done = mlbuild(*words, "--null-value", "-", "--null-value", "?")
    assert (done.code, done.err) == (0, "")
    (mlbuild.folder / "rows.tsv").write_text("x\tn\n1\t2\n")
    assert mlbuild("predict", MODEL, "rows.tsv", "--delimiter", r"\t").code == 0


BAD_OPTIONS = {
    "of another format": (["rows.ndjson", "--delimiter", ";"], "--delimiter is only for csv files"),
    "too long": (["rows.csv", "--delimiter", ";;"], "--delimiter must be one ASCII character"),
}


@pytest.mark.parametrize(("words", "message"), BAD_OPTIONS.values(), ids=list(BAD_OPTIONS))
def test_an_option_that_means_nothing_is_refused(
    mlbuild: Command, model: Path, words: list[str], message: str
) -> None:
    for name in ("rows.csv", "rows.ndjson"):
        (mlbuild.folder / name).write_text("")
    done = mlbuild("predict", MODEL, *words)
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_a_file_that_cannot_be_written(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "nowhere/answers.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == "mlbuild: cannot write 'nowhere/answers.csv': no such file or directory\n"


def test_files_that_are_no_model(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    content = model.read_bytes()
    incomplete = "was not written by mlbuild, or is incomplete: the checksum at its end is missing"
    for other, why in [
        (b"", incomplete),
        (content[:500], incomplete),
        (content + b"\n", incomplete),
        (content.replace(b"CumSum", b"NoSuch"), "is damaged, or was changed after mlbuild wrote it"),
    ]:
        (mlbuild.folder / "other.onnx").write_bytes(other)
        done = mlbuild("predict", "other.onnx", "rows.csv")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"mlbuild: 'other.onnx' {why}")


SEMICOLONS = """\
mlbuild: 1
project: small
sources:
  prices: {path: prices.csv, delimiter: ";", null_values: [NA, "-"], contract: price}
  places: {path: places.csv, contract: place}
contracts:
  price: {columns: {x: {dtype: float, nullable: true}, place: {dtype: string, nullable: true}, y: float}}
  place: {unique: [place], columns: {place: string, size: float}}
datasets:
  all:
    from: prices
    steps:
      - {op: join, with: places, using: [place], how: left}
    split: {type: random}
models:
  one:
    type: lightgbm.regressor
    dataset: all
    features: [x, place, size]
    preprocessing: [{op: category, columns: place}]
    target: y
    params: {num_iterations: 3, min_data_in_leaf: 1}
outputs: {one: {model: one}}
"""


@pytest.fixture
def prices(mlbuild: Command) -> Command:
    """A model of two sources, one of which has other CSV options."""
    rows = "".join(f"{i % 5 if i % 4 else 'NA'};{'-' if i % 3 else 'b'};{i * 3 % 7}\n" for i in range(40))
    (mlbuild.folder / "prices.csv").write_text(f"x;place;y\n{rows}")
    (mlbuild.folder / "places.csv").write_text("place,size\nb,2\nc,3\n")
    (mlbuild.folder / "mlbuild.yaml").write_text(SEMICOLONS)
    built(mlbuild.folder / "mlbuild.yaml")
    return mlbuild


SAME = "x;place;size\n1;b;2\nNA;-;NA\n3;c;3\n"


def test_rows_are_read_like_the_source_that_fits(prices: Command) -> None:
    (prices.folder / "rows.csv").write_text(SAME)
    done = prices("predict", MODEL, "rows.csv")
    told = "reading 'rows.csv' like source 'prices': null_values [NA, '-'], delimiter ';'\n"
    assert (done.code, done.err) == (0, told)
    (prices.folder / "plain.csv").write_text("x,place,size\n1,b,2\n,,\n3,c,3\n")
    plain = prices("predict", MODEL, "plain.csv")
    assert (plain.code, plain.out, plain.err) == (0, done.out, "")
    assert prices("-q", "predict", MODEL, "rows.csv").err == ""
    document = json.loads(prices("predict", MODEL, "rows.csv", "--json").out)
    assert document["like"] == "prices"
    # From any folder, because the model knows its place.
    (prices.folder / "elsewhere").mkdir()
    away = prices("-C", "elsewhere", "predict", f"../{MODEL}", "../rows.csv")
    assert (away.code, away.out) == (0, done.out)


def test_a_model_without_its_project_needs_flags(prices: Command, tmp_path: Path) -> None:
    (prices.folder / "rows.csv").write_text(SAME)
    wanted = prices("predict", MODEL, "rows.csv").out
    shutil.copytree(prices.folder / "dist", prices.folder / "far/away/dist")
    far = "far/away/dist/one/model.onnx"
    done = prices("predict", far, "rows.csv")
    assert done.code == 3 and "column 'x' is missing" in done.err
    assert "help: if the file has another format, use --like SOURCE" in done.err
    flags = ["--delimiter", ";", "--null-value", "NA", "--null-value", "-"]
    done = prices("predict", far, "rows.csv", *flags)
    assert (done.code, done.out, done.err) == (0, wanted, "")
    # A spec can be named, even if the model is not next to it.
    done = prices("-f", "mlbuild.yaml", "predict", far, "rows.csv", "--like", "prices", "-q")
    assert (done.code, done.out, done.err) == (0, wanted, "")


def test_a_source_can_be_named_for_a_file_of_any_name(prices: Command) -> None:
    (prices.folder / "rows.export").write_text(SAME)
    (prices.folder / "rows.csv").write_text(SAME)
    wanted = prices("predict", MODEL, "rows.csv").out
    done = prices("predict", MODEL, "rows.export", "--like", "prices")
    assert (done.code, done.out) == (0, wanted)
    (prices.folder / "tabs.csv").write_text(SAME.replace(";", "\t"))
    done = prices("predict", MODEL, "tabs.csv", "--like", "prices", "--delimiter", r"\t")
    assert (done.code, done.out) == (0, wanted)
    assert done.err == "reading 'tabs.csv' like source 'prices': null_values [NA, '-'], delimiter \"\\t\"\n"


NO_SOURCE = {
    "another name": (["--like", "price"], "there is no source 'price'\n  help: did you mean 'prices'?"),
    "a format that cannot be written": (
        ["--like", "prices", "-o", "x.xlsx"],
        f"cannot write 'x.xlsx'\n  help: the name of the file must end in {WRITTEN}",
    ),
}


@pytest.mark.parametrize(("words", "message"), NO_SOURCE.values(), ids=list(NO_SOURCE))
def test_a_source_that_is_not_there_is_said(prices: Command, words: list[str], message: str) -> None:
    (prices.folder / "rows.csv").write_text(SAME)
    done = prices("predict", MODEL, "rows.csv", *words)
    assert (done.code, done.out, done.err) == (2, "", f"mlbuild: {message}\n")


def test_two_ways_of_reading_are_not_chosen_from(prices: Command) -> None:
    spec = prices.folder / "mlbuild.yaml"
    spec.write_text(SEMICOLONS.replace("places.csv, ", 'places.csv, null_values: ["?"], delimiter: ";", '))
    (prices.folder / "rows.csv").write_text(SAME)
    done = prices("predict", MODEL, "rows.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "mlbuild: 'rows.csv' matches several sources with different options: 'prices', 'places'\n"
        "  help: choose one with --like\n"
    )


def test_a_spec_with_mistakes_decides_nothing(prices: Command) -> None:
    (prices.folder / "mlbuild.yaml").write_text(SEMICOLONS.replace("price}", "prize}"))
    (prices.folder / "rows.csv").write_text(SAME)
    assert prices("predict", MODEL, "rows.csv").code == 3
    done = prices("predict", MODEL, "rows.csv", "--like", "prices")
    assert done.code == 2 and "unknown-contract" in done.err


GERMAN = """\
mlbuild: 1
project: small
sources:
  sales:
    path: sales.csv
    delimiter: ";"
    contract: sale
    read:
      price: {from: "Preis (EUR)", decimal: ",", thousands: ".", suffix: " EUR"}
      sold_at: {format: "%d.%m.%Y %H:%M", time_zone: Europe/Berlin}
      paid: {true: ja, false: nein}
contracts:
  sale: {columns: {price: float, sold_at: datetime, paid: bool, y: float}}
datasets: {all: {from: sales, split: {type: random}}}
models:
  one:
    type: lightgbm.regressor
    dataset: all
    features: [price, sold_at, paid]
    preprocessing: [{op: date_parts, columns: sold_at, parts: [hour, month]}]
    target: y
    params: {num_iterations: 3, min_data_in_leaf: 1}
outputs: {one: {model: one}}
"""


def test_rows_are_read_as_the_source_reads_its_columns(mlbuild: Command) -> None:
    rows = [(1000 + i * 7.25, i % 28 + 1, i % 24, i % 3 == 0, i % 5) for i in range(40)]
    texts = [
        f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
        + f" EUR;{day}.6.2026 {hour:02}:30;{'ja' if paid else 'nein'};{y}"
        for price, day, hour, paid, y in rows
    ]
    (mlbuild.folder / "sales.csv").write_text("\n".join(["Preis (EUR);sold_at;paid;y", *texts]))
    (mlbuild.folder / "mlbuild.yaml").write_text(GERMAN)
    built(mlbuild.folder / "mlbuild.yaml")
    plain = [
        f"{price},{datetime(2026, 6, day, hour, 30) - timedelta(hours=2)},{str(paid).lower()}"
        for price, day, hour, paid, _ in rows
    ]
    (mlbuild.folder / "plain.csv").write_text("\n".join(["price,sold_at,paid", *plain]))
    wanted = mlbuild("predict", MODEL, "plain.csv")
    assert (wanted.code, wanted.err) == (0, "") and len({*wanted.out.split()}) > 2
    done = mlbuild("predict", MODEL, "sales.csv")
    assert (done.code, done.out) == (0, wanted.out)
    assert done.err == "reading 'sales.csv' like source 'sales': read [price, sold_at, paid], delimiter ';'\n"
    assert mlbuild("predict", MODEL, "sales.csv", "--like", "sales", "-q").out == wanted.out
    (mlbuild.folder / "bad.csv").write_text(
        "\n".join(["Preis (EUR);sold_at;paid;y", texts[0], "5.5 EUR;1.6.2026 1:30;ja;1"])
    )
    bad = mlbuild("predict", MODEL, "bad.csv", "--like", "sales", "-q")
    assert bad.code == 3
    assert "column 'price' violates 'parses as float' in 1 row: '5.5 EUR' (row 2)" in bad.err


@pytest.mark.parametrize("sheet", ["2", "rows"])
def test_a_sheet_of_a_workbook_is_chosen(mlbuild: Command, model: Path, sheet: str) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n2\n")
    with xlsxwriter.Workbook(mlbuild.folder / "rows.xlsx") as book:
        book.add_worksheet("notes").write_column(0, 0, ["x", "none"])
        book.add_worksheet("rows").write_column(0, 0, ["x", 1, 2])
    wanted = mlbuild("predict", MODEL, "rows.csv").out
    done = mlbuild("predict", MODEL, "rows.xlsx", "--sheet", sheet)
    assert (done.code, done.out) == (0, wanted)
    done = mlbuild("predict", MODEL, "rows.xlsx")
    assert done.code == 3 and "column 'x' violates 'parses as float' in 1 row: 'none' (row 1)" in done.err
