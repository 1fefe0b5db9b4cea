from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.columns import DTYPES
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.csv import Csv
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed
from mlbuild.params import read, write
from tests.data.tables import SOURCE, contract, read_file

TYPES = {
    "bool": pl.Boolean(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "string": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}


def one(file: Path, dtype: str, values: list[Any], **options: Any) -> tuple[list[Any], list[str]]:
    """Read values of one column, written as CSV cells, and return what is reported about them."""
    rows = "".join(f'{number},"{value}"\n' for number, value in enumerate(values))
    frame, faults = read_file(file, {"x": {"dtype": dtype}}, "n,x\n" + rows, **options)
    assert frame.schema == {"x": TYPES[dtype]}
    return frame["x"].to_list(), [str(fault) for fault in faults]


def counted(count: int, dtype: pl.DataType) -> pl.Series:
    """Return a date or datetime that Python may not be able to represent."""
    return pl.Series([count], dtype=pl.Int64).cast(dtype)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    return tmp_path / "rows.parquet"


def test_the_contract_s_columns_come_in_its_order_and_all_others_are_left_out(csv: Path) -> None:
    columns = {"day": "date", "name": "string", "late": "bool", "delay": "float", "flight": "int"}
    text = (
        "flight,secret,delay,name,late,day\n15,x,2.5,Zoë,true,2013-10-01\n16,y,-1,O'Hare,FALSE,2013-10-02\n"
    )
    rows, faults = read_file(csv, columns, text)
    assert rows.rows() == [
        (date(2013, 10, 1), "Zoë", True, 2.5, 15),
        (date(2013, 10, 2), "O'Hare", False, -1.0, 16),
    ]
    assert rows.columns == list(columns)
    assert faults == []


@pytest.mark.parametrize(
    ("dtype", "texts", "values"),
    [
        (
            "int",
            ["15", "-3", "+4", "007", "1.0", "2.", " 8 ", "9223372036854775807"],
            [15, -3, 4, 7, 1, 2, 8, 2**63 - 1],
        ),
        (
            "float",
            ["1", "2.5", "-.5", "1e3", "1E-3", " 4 ", "inf", "-Infinity"],
            [1, 2.5, -0.5, 1e3, 1e-3, 4, math.inf, -math.inf],
        ),
        ("float", ["0.1", "1e-400", "9007199254740993", "5e-324"], [0.1, 0.0, 9007199254740992.0, 5e-324]),
        ("float", ["nan", "NaN", "-nan"], [None, None, None]),
        ("bool", ["true", "False", "TRUE", " true"], [True, False, True, True]),
        ("date", ["2013-10-01", "2013-10-01 00:00:00", "2013-10-01T02:00+02:00"], [date(2013, 10, 1)] * 3),
        ("string", ["NA", " x ", "1.0", "true"], ["NA", " x ", "1.0", "true"]),
        (
            "datetime",
            ["2013-01-01T05:00:00Z", "2013-01-01 05:00:00", "2013-01-01", "2013-01-01T05:00:00.5"],
            [
                datetime(2013, 1, 1, 5),
                datetime(2013, 1, 1, 5),
                datetime(2013, 1, 1),
                datetime(2013, 1, 1, 5, 0, 0, 500_000),
            ],
        ),
    ],
)
def test_texts_are_read_exactly(csv: Path, dtype: str, texts: list[str], values: list[Any]) -> None:
    assert one(csv, dtype, texts) == (values, [])


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        *(
            ("int", text)
            for text in [
                "1.5",
                "1e3",
                "x",
                "1_000",
                "0x1",
                "9223372036854775808",
                "٣",
                "inf",
                "nan",
                " ",
                "1 2",
            ]
        ),
        *(("float", text) for text in ["x", "1e999", "-1e999", "1_0", "1e", ".", "0x1p3", "--1", "1 2"]),
        *(("bool", text) for text in ["0", "1", "yes", "t", "truee"]),
        *(
            ("date", text)
            for text in ["01/02/2013", "2013-02-30", "2013-10-01 05:00", "2013-10-01T00:00+02:00"]
        ),
        *(("datetime", text) for text in ["2013-1-1", "2013-01-01T05:00:00.0000001", "1357016400"]),
    ],
)
def test_a_text_that_does_not_parse_is_null_and_told(csv: Path, dtype: str, text: str) -> None:
    values, faults = one(csv, dtype, ["", text])
    assert values == [None, None]
    assert faults == [f"column 'x' violates 'parses as {dtype}' in 1 row: '{text}' (row 2)"]


def test_only_the_first_rows_of_a_fault_are_shown(csv: Path) -> None:
    _, faults = read_file(csv, {"x": "int"}, "x\n1\n" + "a\n" * 1200)
    assert [str(fault) for fault in faults] == [
        "column 'x' violates 'parses as int' in 1,200 rows: "
        "'a' (row 2), 'a' (row 3), 'a' (row 4), 'a' (row 5), 'a' (row 6), ..."
    ]


def test_null_values_are_missing_in_any_column(csv: Path) -> None:
    rows, faults = read_file(
        csv, {"a": "int", "s": "string"}, "a,s\nNA,NA\n-,-\n1,x\n", null_values=["NA", "-"]
    )
    assert rows.rows() == [(None, None), (None, None), (1, "x")]
    assert faults == []


def test_an_empty_text_is_missing_unless_the_contract_says_otherwise(csv: Path) -> None:
    columns = {
        "usual": "string",
        "kept": {"dtype": "string", "empty_is_null": False},
        "token": {"dtype": "string", "empty_is_null": False, "nullable": True, "null_token": "-"},
    }
    rows, _ = read_file(csv, columns, 'usual,kept,token\n,,\n"","",""\n-,-,-\n')
    assert rows.rows() == [(None, "", ""), (None, "", ""), ("-", "-", None)]


def test_a_delimiter_can_be_a_tab_or_a_semicolon(csv: Path) -> None:
    assert read_file(csv, {"b": "string"}, "a\tb\n1\tx,y\n", delimiter="\t")[0].rows() == [("x,y",)]
    assert read_file(csv, {"b": "float"}, 'a;b\n"1;2";2.5\n', delimiter=";")[0].rows() == [(2.5,)]


@pytest.mark.parametrize("text", ["﻿a,b\r\n1,x\r\n", "\n\na,b\n1,x", "a,b\n\n1,x\n\n\n", 'a,b\n1,"x"\n'])
def test_marks_line_ends_and_blank_lines_do_not_matter(csv: Path, text: str) -> None:
    rows, faults = read_file(csv, {"a": "int", "b": "string"}, text)
    assert (rows.rows(), faults) == ([(1, "x")], [])


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(csv: Path) -> None:
    rows, _ = read_file(csv, {"a": "string", "b": "int"}, 'a,b\n"x,y",1\n"say ""hi""",2\n"two\nlines",3\n')
    assert rows.rows() == [("x,y", 1), ('say "hi"', 2), ("two\nlines", 3)]


def test_a_blank_line_of_a_single_column_is_a_missing_value(csv: Path) -> None:
    assert read_file(csv, {"a": "int"}, "a\n1\n\n3\n")[0].rows() == [(1,), (None,), (3,)]


def test_a_header_without_rows_is_an_empty_table(csv: Path) -> None:
    rows, faults = read_file(
        csv, dict.fromkeys(DTYPES, "string") | {"n": "int"}, ",".join([*DTYPES, "n"]) + "\n"
    )
    assert (rows.height, rows.width, faults) == (0, 7, [])


def test_a_missing_column_is_null_and_told_with_a_hint(csv: Path) -> None:
    rows, faults = read_file(csv, {"arr_delay": "float", "a": "int"}, "a,Arr_Delay\n1,2\n3,4\n")
    assert rows.rows() == [(None, 1), (None, 3)]
    assert rows.schema["arr_delay"] == pl.Float64
    assert [(str(fault), fault.help) for fault in faults] == [
        ("column 'arr_delay' is missing", "did you mean 'Arr_Delay'?")
    ]


def test_a_name_that_is_twice_in_the_header_is_told(csv: Path) -> None:
    _, faults = read_file(csv, {"a": "int", "b": "int"}, "a,b,a,c,c\n1,2,x,4,5\n")
    assert [str(fault) for fault in faults] == ["column 'a' appears twice"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"a,b\n\xff,1\n", "line 2 is not valid UTF-8: byte 0xFF at offset 4, which is 'ÿ' in windows-1252"),
        (b"a,b\n1,2\n3\n", "row 2 (line 3) has 1 field, but the header has 2"),
        (b"a,b\n1,2\n3,4,5\n", "row 2 (line 3) has 3 fields, but the header has 2"),
        (b"a,b\n1\n2,3,4\n", "row 1 (line 2) has 1 field, but the header has 2"),
        (b"a,b\n\n1,2\n   \n", "row 2 (line 4) has 1 field, but the header has 2"),
        (b'a,b\n"1,2",3\n"4,5"\n', "row 2 (line 3) has 1 field, but the header has 2"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_refused(csv: Path, content: bytes, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        read_file(csv, {"a": "int"}, content)
    assert caught.value.failure.kind == "data"
    assert caught.value.failure.message == f"cannot read the file as csv: {reason}"


@pytest.mark.parametrize(
    ("dtype", "series", "values"),
    [
        ("int", pl.Series([1, None], dtype=pl.UInt8), [1, None]),
        ("int", pl.Series([1.0, float("nan"), -0.0]), [1, None, 0]),
        ("int", pl.Series([1.0], dtype=pl.Float32), [1]),
        ("int", pl.Series(["1", " 2.0", ""]), [1, 2, None]),
        ("int", pl.Series(["3"]).cast(pl.Decimal(10, 2)), [3]),
        ("float", pl.Series([2**53, -(2**53)]), [2.0**53, -(2.0**53)]),
        ("float", pl.Series([0.5, float("nan"), math.inf], dtype=pl.Float32), [0.5, None, math.inf]),
        ("float", pl.Series(["2.5"]).cast(pl.Decimal(10, 2)), [2.5]),
        ("bool", pl.Series([True, None]), [True, None]),
        ("bool", pl.Series(["true", "False"]), [True, False]),
        ("string", pl.Series(["a", "b", "a"], dtype=pl.Categorical), ["a", "b", "a"]),
        ("string", pl.Series(["a"], dtype=pl.Enum(["a", "b"])), ["a"]),
        ("string", pl.Series([b"a", b""]), ["a", None]),
        ("string", pl.Series([15, -3], dtype=pl.Int16), ["15", "-3"]),
        ("string", pl.Series([None, None]), [None, None]),
        ("date", pl.Series([datetime(2013, 10, 1), None]), [date(2013, 10, 1), None]),
        ("date", pl.Series(["2013-10-01"]), [date(2013, 10, 1)]),
        ("datetime", pl.Series([date(2013, 10, 1)]), [datetime(2013, 10, 1)]),
        (
            "datetime",
            pl.Series([datetime(2013, 10, 1, 5)], dtype=pl.Datetime("ms")),
            [datetime(2013, 10, 1, 5)],
        ),
        (
            "datetime",
            pl.Series([datetime(1905, 10, 1, 5)], dtype=pl.Datetime("ns")),
            [datetime(1905, 10, 1, 5)],
        ),
        (
            "datetime",
            pl.Series([datetime(2013, 7, 1, 5)]).dt.replace_time_zone("America/New_York"),
            [datetime(2013, 7, 1, 9)],
        ),
    ],
)
def test_parquet_columns_are_cast_exactly(
    parquet: Path, dtype: str, series: pl.Series, values: list[Any]
) -> None:
    rows, faults = read_file(parquet, {"x": dtype}, pl.DataFrame({"x": series, "other": series}))
    assert rows.schema == {"x": TYPES[dtype]}
    assert rows["x"].to_list() == values
    assert faults == []


@pytest.mark.parametrize(
    ("dtype", "series", "shown"),
    [
        ("int", pl.Series([1.5]), "1.5"),
        ("int", pl.Series([math.inf]), "'inf'"),
        ("int", pl.Series([1e300]), "1e+300"),
        ("int", pl.Series([2.0**63]), "9.223372036854776e+18"),
        ("int", pl.Series([2**63], dtype=pl.UInt64), "9223372036854775808"),
        ("int", pl.Series(["1.25"]).cast(pl.Decimal(10, 2)), "'1.25'"),
        ("int", pl.Series([True]), "true"),
        ("int", pl.Series([date(2013, 1, 1)]), "'2013-01-01'"),
        ("float", pl.Series([2**53 + 1]), "9007199254740993"),
        ("float", pl.Series([False]), "false"),
        ("bool", pl.Series([1]), "1"),
        ("string", pl.Series([1.0]), "1.0"),
        ("string", pl.Series([True]), "true"),
        ("string", pl.Series([["a"]]), "['a']"),
        ("date", pl.Series([datetime(2013, 1, 1, 5)]), "'2013-01-01T05:00:00'"),
        ("datetime", pl.Series([1]), "1"),
        ("datetime", pl.Series([1], dtype=pl.Duration("us")), "'0:00:00.000001'"),
        (
            "datetime",
            pl.Series([1], dtype=pl.Int64).cast(pl.Datetime("ns")),
            "'1970-01-01T00:00:00.000000001'",
        ),
        ("date", counted(2_932_897, pl.Date()), "'2932897 days since 1970'"),
        ("date", counted(-719_163, pl.Date()), "'-719163 days since 1970'"),
        ("datetime", counted(2_000_000_000, pl.Date()), "'2000000000 days since 1970'"),
        ("datetime", counted(2**63 - 1, pl.Datetime("ms")), f"'{2**63 - 1} ms since 1970'"),
        ("datetime", counted(-(2**62), pl.Datetime("us", "UTC")), f"'{-(2**62)} us since 1970'"),
    ],
)
def test_a_parquet_value_that_does_not_fit_is_null_and_told(
    parquet: Path, dtype: str, series: pl.Series, shown: str
) -> None:
    column = pl.concat([pl.Series([None], dtype=series.dtype), series])
    rows, faults = read_file(parquet, {"x": dtype}, pl.DataFrame({"x": column}))
    assert rows.schema == {"x": TYPES[dtype]}
    assert rows["x"].to_list() == [None, None]
    assert [str(fault) for fault in faults] == [
        f"column 'x' violates 'parses as {dtype}' in 1 row: {shown} (row 2)"
    ]


def test_parquet_texts_follow_the_contract_s_word_on_empty_ones(parquet: Path) -> None:
    texts = pl.Series(["", None, "-", "x"])
    kept = {"dtype": "string", "nullable": True, "empty_is_null": False, "null_token": "-"}
    rows, _ = read_file(parquet, {"a": "string", "b": kept}, pl.DataFrame({"a": texts, "b": texts}))
    assert rows.rows() == [(None, ""), (None, None), ("-", None), ("x", "x")]


def test_a_missing_parquet_column_is_told(parquet: Path) -> None:
    rows, faults = read_file(parquet, {"a": "int", "b": "string"}, pl.DataFrame({"a": [1, 2]}))
    assert rows.rows() == [(1, None), (2, None)]
    assert [str(fault) for fault in faults] == ["column 'b' is missing"]


def test_folders_that_look_like_partitions_or_patterns_add_nothing(tmp_path: Path) -> None:
    for name in ("rows.parquet", "rows.csv"):
        file = tmp_path / "a=5" / "[x]*" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        content = pl.DataFrame({"b": [1]}) if file.suffix == ".parquet" else "b\n1\n"
        rows, faults = read_file(file, {"b": "int", "a": "int"}, content)
        assert rows.rows() == [(1, None)]
        assert [str(fault) for fault in faults] == ["column 'a' is missing"]


def test_only_what_decides_the_rows_read_is_canonical() -> None:
    source = SOURCE.read({"path": "data/a.csv", "type": "csv", "contract": "c", "x-owner": "me"})
    bounded = contract({"a": {"dtype": "int", "min": 0, "unique": True}, "b": "string"})
    canonical = source.format.canonical(bounded.columns)
    assert canonical == {
        "type": "csv",
        "read": {},
        "null_values": [],
        "delimiter": ",",
        "quote": '"',
        "encoding": "utf-8",
        "names": [],
        "skip_rows": 0,
        "comment": "",
        "columns": {
            "a": {"dtype": "int", "empty_is_null": True},
            "b": {"dtype": "string", "empty_is_null": True},
        },
    }
    assert write(read(Csv, canonical)) == {key: canonical[key] for key in canonical if key != "columns"}
    assert read(Parsing, canonical["columns"]["a"]).dtype == "int"


def test_the_header_is_read_without_the_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\n"a;b";c;c\n1;"no end')
    assert Csv(delimiter=";").header(tmp_path / "a.csv") == ["a;b", "c", "c"]
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "a.parquet")
    assert Parquet().header(tmp_path / "a.parquet") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "content", "rows", "before"),
    [
        ("x.csv", b"x\n1\n2\n", 2, 1),
        ("x.csv", b"x\n1\n2", 2, 1),
        ("x.csv", b"x\r\n1\r\n2\r\n", 2, 1),
        ("x.csv", b"x\n", 0, 1),
        ("x.csv", b"x\n\n1\n2\n", 2, None),
        ("x.csv", b'x\n"1\n"\n2\n', 2, None),
        ("x.csv", b"x\n1\n2\n\n", 2, None),
        ("x.ndjson", b'{"x": 1}\n{"x": 2}\n', 2, 0),
        ("x.ndjson", b'{"x": 1}\n{"x": 2}', 2, 0),
        ("x.ndjson", b'{"x": 1}\n\n{"x": 2}\n', 2, None),
        ("x.parquet", b"a\nb", 1, None),
    ],
)
def test_rows_are_lines_where_each_is_one(
    tmp_path: Path, name: str, content: bytes, rows: int, before: int | None
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    (format_,) = (one for one in FORMATS if file.suffix in one.suffixes)
    assert format_().lines_before(file, rows) == before
