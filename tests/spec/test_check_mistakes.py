"""One mistake is one error, at the line and column where it is; several are reported at once."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from mlbuild.spec.check import check
from tests.budget import examples, seed
from tests.spec.checking import FLIGHTS, changed, checked, diagnosed
from tests.spec.written import EXAMPLES, told

FEATURES = "[carrier, distance, seats]"

TYPICAL = {
    "a misspelt key": (
        ("    target: late\n", "    targt: late\n"),
        "42:5 unknown-key unknown key 'targt' in model 'late' | did you mean 'target'?",
    ),
    "a misspelt op": (
        ("op: category", "op: categry"),
        "34:11 unknown-op unknown op 'categry' | did you mean 'category'?",
    ),
    "a wrong type": (
        ("{rounds: 5}", "{rounds: soon}"),
        "44:30 wrong-type 'rounds' must be an integer >= 1, not 'soon'",
    ),
    "an unknown column": (
        (FEATURES, "[carier, distance, seats]"),
        "40:16 unknown-column unknown column 'carier' | did you mean 'carrier'?",
    ),
    "a missing source file": (
        ("path: planes.csv", "path: plane.csv"),
        "6:18 missing-file there is no file 'plane.csv' | did you mean 'planes.csv'?",
    ),
    "a missing file in another folder": (
        ("path: planes.csv", "path: ./planes.cvs, type: csv"),
        "6:18 missing-file there is no file './planes.cvs' | did you mean 'planes.csv'?",
    ),
    "a duplicate YAML key": (
        ("    dataset: departures\n", "    dataset: departures\n    dataset: flights\n"),
        "40:5 duplicate-key duplicate key 'dataset' on lines 39 and 40 | remove or rename one of them",
    ),
    "a cycle between datasets": (
        ("    from: flights\n", "    from: departures\n"),
        "20:11 cycle datasets depend on each other in a cycle: departures -> departures | make one of them start from a source",
    ),
    "the target among the features": (
        (FEATURES, "[carrier, late, seats]"),
        "40:25 target-leak the target 'late' cannot be a feature | remove it from 'features'",
    ),
    "a string column that reaches the learner": (
        ("    preprocessing: tabular\n", "    preprocessing: []\n"),
        "40:16 unsupported-feature model 'late': column 'carrier' is a string, but lightgbm.classifier needs numbers"
        " | encode it with 'category', 'ordinal' or 'one_hot'",
    ),
    "a bad SQL expression": (
        ("arr_delay > 15", "arr_delay > (15"),
        "29:30 bad-expression",
    ),
}


@pytest.mark.parametrize("mistake", TYPICAL)
def test_typical_mistakes_are_one_error_each(mistake: str, tmp_path: Path) -> None:
    change, said = TYPICAL[mistake]
    (line,) = checked(tmp_path, changed(change))
    assert line.startswith(said)


def test_nothing_is_said_of_a_good_spec(tmp_path: Path) -> None:
    assert checked(tmp_path, FLIGHTS) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_nothing_is_said_of_the_examples(example: Path) -> None:
    spec, diagnostics = check(example)
    assert spec is not None
    assert diagnostics == []


def test_all_mistakes_are_told_at_once_in_order(tmp_path: Path) -> None:
    text = changed(
        ("distance: float", "distance: flaot"),
        ("arr_delay > 15", "arr_dely > 15"),
        (FEATURES, "[carier, distance]"),
        ("[roc_auc]", "[r2]"),
        ("{rounds: 5}", "{rounds: 5}\n    params: {num_leavs: 3}"),
        ("{model: late}", "{model: lte}"),
    )
    said = checked(tmp_path, text)
    assert [line.split(" ")[0] for line in said] == ["13:17", "29:17", "40:16", "43:15", "45:14", "47:17"]


WORDS = [found.span() for found in re.finditer(r"[A-Za-z_.]{3,}", FLIGHTS)]


def test_a_misspelt_word_is_told_where_it_stands_or_where_it_is_named(tmp_path: Path) -> None:
    chosen = random.Random(seed()).sample(WORDS, examples(25, len(WORDS)))
    for start, end in chosen:
        text = FLIGHTS[:end] + "zq" + FLIGHTS[end:]
        word, line = FLIGHTS[start:end], text.count("\n", 0, start) + 1
        for said in checked(tmp_path, text):
            assert said.startswith(f"{line}:") or f"'{word}'" in said, (word, line, said)


def test_a_misspelt_word_is_one_error_unless_several_places_name_it(tmp_path: Path) -> None:
    for start, end in random.Random(seed() + 1).sample(WORDS, examples(25, len(WORDS))):
        said = checked(tmp_path, FLIGHTS[:end] + "zq" + FLIGHTS[end:])
        named = f"unknown column '{FLIGHTS[start:end]}'"
        assert len(said) <= 1 or all(named in line for line in said), said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            [
                ("    preprocessing: tabular\n", "    preprocessing: *steps\n"),
                ("  tabular:\n    - op: category", "  tabular: &steps\n    - op: categry"),
            ],
            ["34:11 unknown-op unknown op 'categry' | did you mean 'category'?"],
            id="in what an alias repeats",
        ),
        pytest.param(
            [
                ("models:\n", "x-base: &base {type: lightgm.classifier}\nmodels:\n"),
                ("    type: lightgbm.classifier\n", "    <<: *base\n"),
            ],
            [
                "36:22 unknown-type unknown model type 'lightgm.classifier' | did you mean 'lightgbm.classifier'?"
            ],
            id="in what a merge key brings",
        ),
        pytest.param(
            [("seed: 7\n", "seed: 7\nseed: 8\n"), (FEATURES, "[carrier, late]")],
            ["4:1 duplicate-key duplicate key 'seed' on lines 3 and 4 | remove or rename one of them"],
            id="a top-level key twice: nothing else is sure",
        ),
        pytest.param(
            [("project: delays\n", ""), (FEATURES, "[nope]")],
            [
                "1:1 missing-key the spec needs 'project'",
                "39:16 unknown-column unknown column 'nope'"
                " | available columns: day, carrier, tailnum, distance, arr_delay, seats, late, far",
            ],
            id="a top-level key missing: the rest is",
        ),
        pytest.param(
            [("  planes: {", "  planes: {}\n  planes: {"), ("arr_delay > 15", "arr_dely > 15")],
            ["6:3 missing-key", "7:3 duplicate-key"],
            id="a name twice: what depends on it is unknown",
        ),
        pytest.param(
            [("    from: flights\n", "    form: flights\n"), ("metrics: [roc_auc]", "metrics: [r2]")],
            ["20:5 unknown-key", "43:15 metric-mismatch"],
            id="a dataset at fault: its models are checked without it",
        ),
        pytest.param(
            [("arr_delay IS NOT NULL", "arr_delay IS"), (FEATURES, "[carrier, arr_delay]")],
            ["26:26 bad-expression", "40:25 target-leak"],
            id="a filter at fault: columns are known, what is missing is not",
        ),
        pytest.param(
            [("op: category\n      columns: {dtype: string}", "op: impute\n      columns: carrier")],
            ["34:7 missing-key"],
            id="preprocessing at fault: what reaches the learner is unknown",
        ),
        pytest.param(
            [("distance: float", "distance: {dtype: float, min: 3, max: 2}"), ("[roc_auc]", "[r2]")],
            ["13:37 contradiction", "43:15 metric-mismatch"],
            id="a column that contradicts itself",
        ),
        pytest.param(
            [("unique: [tailnum]", "unique: [tail]")],
            ["16:14 unknown-column"],
            id="a contract that contradicts itself",
        ),
        pytest.param(
            [("arr_delay: {dtype", "late: float\n      arr_delay: {dtype")],
            ["30:11 duplicate-column there is already a column 'late'"],
            id="a column that has two meanings",
        ),
        pytest.param(
            [
                ("unique: [tailnum]", "unique: [tailnum, day]"),
                ("{tailnum: string, seats: int}", "{tailnum: string, day: date, seats: int}"),
            ],
            [
                "23:15 not-unique a row could match several rows of 'planes': it is not declared unique in [tailnum]"
                " | join using [tailnum, day]"
            ],
            id="a column that a join forgets",
        ),
    ],
)
def test_a_fault_silences_what_depends_on_it(
    changes: list[tuple[str, str]], said: list[str], tmp_path: Path
) -> None:
    found = checked(tmp_path, changed(*changes))
    assert [line[: len(start)] for line, start in zip(found, said, strict=True)] == said, found


@pytest.mark.parametrize("content", ["", "- a\n", "mlbuild: 1\n\tproject: x\n", "text"])
def test_what_is_no_spec_at_all_is_told(content: str, tmp_path: Path) -> None:
    assert len(checked(tmp_path, content)) == 1


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    spec, diagnostics = check(tmp_path / "none.yaml")
    assert spec is None
    assert told(diagnostics) == ["1:1 missing-file cannot read the spec: no such file or directory"]


def test_related_places_are_named(tmp_path: Path) -> None:
    text = changed(("columns: {dtype: string}", "columns: [carrier, tail]"))
    _, (found,) = diagnosed(tmp_path, text)
    assert [(one.message, one.span.line) for one in found.related] == [("used by model 'late' here", 41)]
