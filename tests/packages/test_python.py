"""The Python distribution answers its examples with nothing but onnxruntime and numpy, and says what is wrong with rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.packages.written import written
from tests.python import only, site
from tests.serving.rides import RIDE

PATIENCE = 300


@pytest.fixture(scope="module")
def packages() -> Path:
    return site("serving", "onnxruntime", "numpy", whole=True)


@pytest.fixture(scope="module", params=["fare", "zone"])
def package(project: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    return written(project, request.param, "python", tmp_path_factory.mktemp("python") / request.param)


def ran(package: Path, packages: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", *words],
        cwd=package,
        env=only(packages, package),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_it_answers_its_examples(package: Path, packages: Path) -> None:
    done = ran(package, packages, "-m", "unittest", "discover", "tests")
    assert done.returncode == 0 and "\nRan 1 test in " in done.stderr, done.stderr
    # The test can fail.
    file = package / "tests/examples.json"
    text = file.read_text()
    place = text.rindex('"outputs"')
    file.write_text(
        text[:place] + text[place:].replace(": ", ": 1", 1).replace("1{", "{", 1).replace("0.", "1.", 1)
    )
    assert file.read_text() != text
    assert ran(package, packages, "-m", "unittest", "discover", "tests").returncode != 0
    file.write_text(text)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"km": "3"}, "TypeError: row 0: 'km' must be a float, not '3'"),
    "a bool": ({"stops": True}, "TypeError: row 0: 'stops' must be an int, not True"),
    "a large int": (
        {"stops": 2**60},
        f"ValueError: row 0: 'stops' must be between -2^53 and 2^53, not {2**60}",
    ),
    "an int": ({"shared": 1}, "TypeError: row 0: 'shared' must be a bool, not 1"),
    "a number": ({"zone": 3}, "TypeError: row 0: 'zone' must be a str, not 3"),
    "no date": ({"day": "2024-02-30"}, "ValueError: row 0: 'day' day is out of range for month"),
    "nothing": ({"day": None}, "ValueError: row 0: 'day' is missing"),
    "another": ({"kmh": 3}, "ValueError: row 0: unknown input 'kmh'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_row_is_said(project: Path, packages: Path, tmp_path: Path, case: str) -> None:
    package = written(project, "fare", "python", tmp_path / "fare")
    change, message = WRONG[case]
    row = {name: value for name, value in RIDE.items() if name != "fare"} | change
    done = ran(package, packages, "-c", f"import fare; fare.Model().predict([{row!r}])")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(message)


def test_dates_and_times_can_be_objects(project: Path, packages: Path, tmp_path: Path) -> None:
    package = written(project, "fare", "python", tmp_path / "fare")
    program = f"""
import fare
from datetime import date, datetime, timedelta, timezone
row = {RIDE!r}
other = row | {{"day": date(2024, 2, 29), "start": datetime(2024, 2, 29, 9, 30, tzinfo=timezone(timedelta(hours=1)))}}
one, two = fare.Model(threads=2).predict([row, other])
assert one == two, (one, two)
assert fare.Model().predict([]) == []
"""
    done = ran(package, packages, "-c", program)
    assert done.returncode == 0, done.stderr


def test_its_types_are_checked(project: Path, tmp_path: Path) -> None:
    package = written(project, "fare", "python", tmp_path / "fare")
    (package / "use.py").write_text(
        "from fare import Model, Row\n"
        f"row: Row = {RIDE!r}\n"
        "print(Model().predict([row])[0]['prediction'] + 1)\n"
        "row['stops'] = 'two'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "fare", "use.py"],
        cwd=package,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(
        'use.py:4: error: Value of "stops" has incompatible type "str"; expected "int"'
    )
    assert "Found 1 error in 1 file" in done.stdout
