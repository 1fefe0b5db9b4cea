"""The npm package answers its examples in Node.js, and TypeScript knows its types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.node import node, packages
from tests.packages.written import written
from tests.serving.rides import RIDE


@pytest.fixture(scope="module", params=["fare", "zone"])
def package(project: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    folder = written(project, request.param, "npm", tmp_path_factory.mktemp("npm") / request.param)
    (folder / "node_modules").symlink_to(packages("packages"))
    return folder


def ran(package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([node(), *words], cwd=package, capture_output=True, text=True, timeout=120)


def test_it_answers_its_examples(package: Path) -> None:
    scripts = json.loads((package / "package.json").read_text())["scripts"]
    assert scripts == {"test": "node --test test/"}
    done = ran(package, "--test", "test/")
    assert done.returncode == 0 and "\n# pass 1\n" in done.stdout, done.stdout
    file = package / "test/examples.json"
    told = json.loads(file.read_text())
    first = told["examples"][0]["outputs"]
    changed = {name: value + 1e-6 if isinstance(value, float) else value for name, value in first.items()}
    assert changed != first
    told["examples"][0]["outputs"] = changed
    whole = file.read_text()
    file.write_text(json.dumps(told))
    assert ran(package, "--test", "test/").returncode == 1
    file.write_text(whole)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"km": "3"}, "row 0: 'km' must be a number, not 3"),
    "a fraction": ({"stops": 1.5}, "row 0: 'stops' must be an integer up to 2^53, not 1.5"),
    "a number": ({"shared": 1}, "row 0: 'shared' must be a boolean, not 1"),
    "no text": ({"zone": 3}, "row 0: 'zone' must be a string without U+0000, not 3"),
    "no date": ({"day": "2024-02-41"}, "row 0: 'day' must be a date, not 2024-02-41"),
    "no time": ({"start": "noon"}, "row 0: 'start' must be a time in ISO 8601, not noon"),
    "nothing": ({"day": None}, "row 0: 'day' is missing"),
    "another": ({"kmh": 3}, "row 0: unknown input 'kmh'"),
}


def test_what_is_wrong_with_a_row_is_said(project: Path, tmp_path: Path) -> None:
    folder = written(project, "fare", "npm", tmp_path / "fare")
    (folder / "node_modules").symlink_to(packages("packages"))
    rows = [RIDE | change for change, _ in WRONG.values()]
    # A date alone, a time zone, and microseconds are times, too.
    same = [
        {"start": text} for text in ("2024-02-29T08:30:00Z", "2024-02-29 09:30+01:00", "2024-02-29T08:30")
    ]
    (folder / "use.mjs").write_text(
        "import { load } from './index.js';\n"
        f"const rows = {json.dumps(rows)}, same = {json.dumps([RIDE, *(RIDE | one for one in same)])};\n"
        "const model = await load({ threads: 2 });\n"
        "const told = [];\n"
        "for (const row of rows) await model.predict([row]).catch((error) => told.push(error.message));\n"
        "console.log(JSON.stringify([told, await model.predict(same), await model.predict([])]));\n"
    )
    done = ran(folder, "use.mjs")
    assert done.returncode == 0, done.stderr
    told, answers, none = json.loads(done.stdout)
    assert told == [message for _, message in WRONG.values()]
    assert answers == [answers[0]] * 4 and none == []


def test_its_types_are_checked(project: Path, tmp_path: Path) -> None:
    folder = written(project, "fare", "npm", tmp_path / "fare")
    modules = packages("packages")
    (folder / "node_modules").symlink_to(modules)
    (folder / "use.ts").write_text(
        "import { load, type Row } from './index.js';\n"
        f"const row: Row = {json.dumps(RIDE)};\n"
        "export const answer: number = (await (await load()).predict([row]))[0].prediction;\n"
        "row.stops = 'two';\n"
    )
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node")
    done = ran(folder, str(modules / "typescript/bin/tsc"), *options, "use.ts")
    assert done.stdout == "use.ts(4,1): error TS2322: Type 'string' is not assignable to type 'number'.\n"
