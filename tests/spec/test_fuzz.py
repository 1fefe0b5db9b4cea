"""Whatever its files and options contain, checking a spec ends with success or diagnostics, soon and in little
memory.
"""

from __future__ import annotations

import math
import random
import re
import resource
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from mlbuild import api
from mlbuild.diagnostics import CODES, Diagnostic
from mlbuild.spec.layers.compose import compose
from mlbuild.spec.layers.settings import FLAG
from mlbuild.spec.shape.schema import build_schema
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document
from tests.budget import examples, seed, tell
from tests.spec.generated import Generated, generated
from tests.spec.mutations import PIECES, mutated
from tests.spec.written import EXAMPLES, told

#: The budget of a check: seconds of CPU time, and peak memory of the whole process in bytes.
SECONDS, MEMORY = 2, 500 * 2**20

SETTINGS = (
    *(
        "seed=1",
        "models.late.params.num_leaves=31",
        "models.m0.features[0]=key",
        'contracts.rows_contract.columns."a.b".min=0',
    ),
    *(
        "x-a.b[0]=1",
        "project",
        "=",
        "models..x=1",
        '"=1',
        "a[9]=1",
        "[0]=1",
        "models={}",
        "profiles.quick.seed=x",
        "a=*b",
    ),
)


def written(folder: Path, chance: random.Random) -> tuple[Path, Generated]:
    """Write an example or a generated project with one of its texts mutated; return what it was."""
    if chance.random() < 0.5:
        project = generated(chance)
    else:
        text = chance.choice(EXAMPLES).read_text(encoding="utf-8")
        data = dict.fromkeys(re.findall(r"path: (\S+)", text), "")
        project = Generated({"mlbuild.yaml": text, **data})
    file = project.write(folder)
    name = chance.choice([name for name, text in project.files.items() if text])
    (folder / name).write_bytes(mutated(project.files[name].encode(), chance))
    return file, project


def flags(project: Generated, chance: random.Random) -> list[str]:
    found = list(project.settings)
    while chance.random() < 0.2:
        flag = (
            mutated(chance.choice(SETTINGS).encode(), chance)
            if chance.random() < 0.5
            else chance.choice(PIECES)
        )
        found.append(flag.decode("utf-8", "surrogateescape"))
    return found


def test_any_damage_gives_diagnostics_or_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed())
    before, slowest, sound = _peak(), 0.0, 0
    count = examples(120, 20_000)
    for number in range(count):
        folder = tmp_path / str(number % 10)
        file, project = written(folder, chance)
        settings = flags(project, chance)
        profiles = [*project.profiles, *(["quick"] if chance.random() < 0.1 else [])]
        start = time.process_time()
        spec, diagnostics = api.check(file, profiles, settings)
        slowest = max(slowest, time.process_time() - start)
        assert slowest < SECONDS, number
        assert (spec is None) == any(one.severity == "error" for one in diagnostics)
        sound += spec is not None
        for one in diagnostics:
            _has_a_place(one, folder, settings)
    assert _peak() <= max(MEMORY, before)
    tell(
        f"{count} damaged specs, {sound} of them sound; slowest {slowest:.2f} s, peak {_peak() / 2**20:.0f} MB"
    )


def _has_a_place(one: Diagnostic, folder: Path, settings: list[str]) -> None:
    assert one.code in CODES and one.message
    for span in (one.span, *(related.span for related in one.related)):
        assert span.file == FLAG or Path(span.file).is_relative_to(folder)
        content = (
            "\n".join(settings)
            if span.file == FLAG
            else Path(span.file).read_bytes().decode("utf-8", "replace")
        )
        assert 1 <= span.line <= len(re.split("\r\n|\r|\n", content)) and 1 <= span.column <= span.end_column


def _peak() -> int:
    """Return the peak memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_the_check_finds_what_the_schema_finds() -> None:
    """Editors use the schema. Except for what JSON cannot represent, both accept the same texts."""
    chance = random.Random(seed())
    validator = Draft7Validator(build_schema())
    for _ in range(examples(40, 5_000)):
        content = mutated(chance.choice(EXAMPLES).read_bytes(), chance)
        found = load(content, "mlbuild.yaml")
        if (
            isinstance(found, Document)
            and not found.mistakes
            and _finite(found.value)
            and "include" not in found.value
        ):
            diagnostics = check_shape(compose(found)).diagnostics
            assert validator.is_valid(found.value) is not bool(diagnostics), told(diagnostics)


def _finite(value: Any) -> bool:
    """Whether no number is infinite: JSON has no infinities, so the schema cannot describe them."""
    if isinstance(value, dict):
        return all(_finite(part) for part in value.values())
    if isinstance(value, list):
        return all(_finite(part) for part in value)
    return not isinstance(value, float) or math.isfinite(value)
