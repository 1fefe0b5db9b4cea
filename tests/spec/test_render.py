"""A rendered spec is a spec with the same meaning, and rendering it again changes nothing."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlbuild.data import DATASET_STEPS, FOLDS, SOURCES, SPLITS
from mlbuild.diagnostics import Diagnostic
from mlbuild.models import LEARNERS
from mlbuild.ops import OPS
from mlbuild.spec.canonical import canonical_spec
from mlbuild.spec.check import check
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.quoting import as_yaml
from mlbuild.spec.text.scalars import resolve
from mlbuild.spec.text.yaml_text import yaml_text
from tests.budget import examples, seed, tell
from tests.spec.generated import Generated, generated
from tests.spec.written import loaded, told

#: Forms of the language, as patterns that show that they occur.
FORMS = (
    "&a",
    " *a",
    "<<: *",
    "profiles:",
    "include:",
    "x-own",
    "${MLBUILD",
    "columns: {",
    "numeric",
    "matches",
    "except",
)


def sound(found: tuple[Spec | None, list[Diagnostic]]) -> Spec:
    spec, diagnostics = found
    assert spec is not None, told(diagnostics)
    return spec


def projects(count: int) -> Iterator[Generated]:
    return (generated(random.Random(f"{seed()} {number}")) for number in range(count))


def test_a_rendered_spec_means_the_same(tmp_path: Path) -> None:
    for number, project in enumerate(projects(examples(60, 1000))):
        folder = tmp_path / str(number)
        file = project.write(folder)
        spec = sound(check(file, project.profiles, project.settings))
        value = canonical_spec(spec.document.value)
        file.unlink()  # two specs in a folder must not have outputs with the same name
        (folder / "rendered.yaml").write_text(yaml_text(value), encoding="utf-8")
        again = sound(check(folder / "rendered.yaml"))
        assert again == spec
        assert yaml_text(canonical_spec(again.document.value)) == yaml_text(value)
    tell(f"{number + 1} generated specs rendered and read again")


def test_generated_specs_have_everything_that_the_language_has(tmp_path: Path) -> None:
    """The tests with these specs are only as strong as what the specs contain."""
    seen: Counter[Any] = Counter()
    for number, project in enumerate(projects(200)):
        spec = sound(check(project.write(tmp_path / str(number)), project.profiles, project.settings))
        seen.update(type(stage.step) for model in spec.models.values() for stage in model.stages)
        seen.update(type(model.learner) for model in spec.models.values())
        seen.update(type(source.source) for source in spec.sources.values())
        seen.update(type(stage.step) for dataset in spec.datasets.values() for stage in dataset.stages)
        seen.update(type(dataset.split) for dataset in spec.datasets.values())
        seen.update(type(dataset.folds) for dataset in spec.datasets.values())
        text = "".join(project.files.values())
        seen.update(form for form in FORMS if form in text)
    missing = {*OPS, *LEARNERS, *SOURCES, *DATASET_STEPS, *SPLITS, *FOLDS, *FORMS} - set(seen)
    assert not missing


WRITTEN = """\
x-b: [1, 1.0]
profiles: {quick: {seed: 1}}
sources: {s: {path: s.csv, contract: c}}
contracts:
  c: {columns: {b: {x-of: {z: 1e3, a: NO}, dtype: string}, a: float}}
project: p
mlbuild: 1
x-a: {}
"""
RENDERED = """\
mlbuild: 1
project: p
seed: 0
warnings:
  unused: warn
  shared-with-target: warn
  unlisted-category: warn
  contract-violation: warn
  unmatched-join: warn
  empty-part: warn
  split-overlap: warn
  absent-class: warn
  constant-model: warn
  no-skill: warn
  too-good: warn
  overfit: warn
  miscalibrated: warn
  drifted-split: warn
  useless-column: warn
  harmful-column: warn
  failed-test: warn
  failed-gate: warn
sources:
  s:
    type: csv
    path: [s.csv]
    contract: c
    read: {}
    null_values: []
    quote: '"'
    encoding: utf-8
    names: []
    skip_rows: 0
    comment: ''
contracts:
  c:
    columns:
      b:
        dtype: string
        empty_is_null: true
        serving: true
        private: false
        nullable: false
        exclusive_min: false
        exclusive_max: false
        finite: true
        unique: false
        x-of:
          z: 1000.0
          a: 'NO'
      a:
        dtype: float
        empty_is_null: true
        serving: true
        private: false
        nullable: false
        exclusive_min: false
        exclusive_max: false
        finite: true
        unique: false
    private: false
EMPTY_SECTIONSx-b: [1, 1.0]
x-a: {}
""".replace(
    "EMPTY_SECTIONS",
    "".join(f"{section.key}: {{}}\n" for section in SECTIONS if section.key not in ("sources", "contracts")),
)


def test_the_text_of_a_rendered_spec() -> None:
    assert yaml_text(canonical_spec(loaded(WRITTEN).value)) == RENDERED


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "~",
            "null",
            "1e3",
            "0o12",
            "0x1F",
            "1_000",
            ".5",
            "+1",
            ".inf",
            "yes",
            "NO",
            "on",
            "=",
            "<<",
            "- a",
            "a: b",
        ),
        *(
            " a",
            "a ",
            "a #b",
            "#",
            "'",
            '"',
            "it's",
            "a\nb",
            "a\r\n",
            "\t",
            "\x07",
            "\x85",
            "\u2028",
            "\ufeff",
            "é",
            "日本",
        ),
        *(
            "\U0001f600",
            "[a]",
            "{a}",
            "a, b",
            "*a",
            "&a",
            "!a",
            "|",
            ">",
            "%",
            "@",
            "`",
            "?",
            ":",
            "a:",
            "2013-10-01",
        ),
        *(
            "---",
            "...",
            "a" * 2000,
            "12:30:00",
            "True",
            "a  b",
            "\\",
            "\\n",
            "\xa0",
            "${X}",
            "-",
            "--- a",
            "\U000e0001",
        ),
        *(0, -1, 2**70, 1.0, -0.0, 1e-5, 1e22, 5e-324, float("inf"), float("-inf"), True, False, None),
    ],
    ids=repr,
)
def test_every_value_reads_back_wherever_it_stands(value: Any) -> None:
    whole = {
        "v": value,
        "l": [value, [value]],
        "m": [{"k": value, "n": [{}]}],
        "x": {"y": {"z": value}},
        "e": [[], {}],
    }
    if isinstance(value, str):
        whole |= {value: 1, "k": {value: {value: [{value: value}]}}}
    found = loaded(yaml_text(whole)).value
    assert json.dumps(found) == json.dumps(whole)


def test_numbers_stay_what_they_are() -> None:
    for number in (1, 1.0, 1e16, 1e-7, 123456789.125, float("inf")):
        found = resolve(as_yaml(number))
        assert found == number and type(found) is type(number)


@pytest.mark.parametrize("bound", ["-1.7976931348623157e+308", "1e300", "5e-324", "9007199254740992.0"])
def test_bounds_read_back(bound: str) -> None:
    text = WRITTEN.replace("a: float", f"a: {{dtype: float, max: {bound}}}")
    assert text != WRITTEN
    value = canonical_spec(loaded(text).value)
    again = canonical_spec(loaded(yaml_text(value)).value)
    assert again == value and value["contracts"]["c"]["columns"]["a"]["max"] == float(bound)
