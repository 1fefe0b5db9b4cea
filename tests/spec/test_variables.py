"""`${NAME}` and `${NAME:-default}` in the paths of sources: values come from the environment and are never shown."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from mlbuild.data.locators.variables import expand
from mlbuild.diagnostics import Rejected
from tests.spec.composing import SPEC, composed, said, sound


@pytest.mark.parametrize(
    ("text", "expected", "names"),
    [
        ("${A}/x.csv", "/data/x.csv", ("A",)),
        ("${A}${A}", "/data/data", ("A",)),
        ("${NONE:-data}/x", "data/x", ("NONE",)),
        ("${A:-data}", "/data", ("A",)),
        ("${EMPTY:-data}", "data", ("EMPTY",)),
        ("${EMPTY}x", "x", ("EMPTY",)),
        ("${NONE:-}x", "x", ("NONE",)),
        ("${NONE:-a:-b c}", "a:-b c", ("NONE",)),
        ("$A $ $$ {A} $(A)", "$A $ $$ {A} $(A)", ()),
        ("$${A}", "${A}", ()),
        ("$$${A}", "$${A}", ()),
        ("${REFERS}", "${A}", ("REFERS",)),
    ],
)
def test_what_a_path_becomes(text: str, expected: str, names: tuple[str, ...]) -> None:
    found = expand(text, {"A": "/data", "EMPTY": "", "REFERS": "${A}"})
    assert (found.text, found.names) == (expected, names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x/${NONE}", [("undefined-variable", "environment variable 'NONE' is not set", (2, 9))]),
        ("${A", [("bad-format", "'${' is not followed by a variable name", (0, 2))]),
        ("${}", [("bad-format", "'${' is not followed by a variable name", (0, 2))]),
        ("${A-b}", [("bad-format", "'${' is not followed by a variable name", (0, 2))]),
        (
            "${1}${N}",
            [
                ("bad-format", "'${' is not followed by a variable name", (0, 2)),
                ("undefined-variable", "environment variable 'N' is not set", (4, 8)),
            ],
        ),
    ],
)
def test_what_cannot_be_replaced(text: str, expected: list[tuple[str, str, tuple[int, int]]]) -> None:
    with pytest.raises(Rejected) as caught:
        expand(text, {"A": "x"})
    assert [(one.code, one.message, one.offset) for one in caught.value.problems] == expected


def test_a_mistake_points_at_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROWS", raising=False)
    text = SPEC.replace("path: rows.csv", "path: '${ROWS}/rows.csv', type: csv")
    assert said(composed(tmp_path, text)) == [
        "mlbuild.yaml:4:17 undefined-variable environment variable 'ROWS' is not set | set it, or add a default: ${ROWS:-value}"
    ]


def test_elsewhere_a_dollar_is_plain_text(tmp_path: Path) -> None:
    spec = sound(composed(tmp_path, SPEC + 'description: "${NONE} $x"\n'))
    assert spec.description == "${NONE} $x"


def test_no_message_and_no_file_of_the_cache_tells_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s3cr3t-folder"
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.setenv("ROWS", str(project / secret / secret))
    text = SPEC.replace("path: rows.csv", "path: '${ROWS}.csv', type: csv")
    assert secret not in str(said(composed(project, text)))
    (project / secret).mkdir()
    rows = project / secret / f"{secret}.csv"
    pl.DataFrame({"a.b": [0.5, 1.5] * 40, "n": [1, 2] * 40, "y": [True, False] * 40}).write_csv(rows)
    spec = sound(composed(project, text))
    result = api.build(spec, ["source:rows"], threads=1)
    assert result.ok and spec.sources["rows"].located.sample == rows
    rows.write_bytes(b"a.b,n\n1,2,3\n")
    broken = api.build(spec, ["source:rows"], threads=1)
    assert [failure.message for failure in broken.failures.values()] == [
        "cannot read the file as csv: row 1 (line 2) has 3 fields, but the header has 2"
    ]
    rows.unlink()
    gone = api.build(spec, ["source:rows"], threads=1)
    assert [failure.message for failure in gone.failures.values()] == [
        "file '${ROWS}.csv' does not exist or cannot be read"
    ]
    for file in (file for file in project.rglob("*") if file.is_file()):
        assert secret.encode() not in file.read_bytes(), file
