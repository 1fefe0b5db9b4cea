"""A mistake does not hide another one, wherever both are in the flow from sources to outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked

#: By where it is: a mistake, and how what is said about it starts.
MISTAKES = {
    "the type of a source": (("path: planes.csv", "path: planes.csv, type: csvv"), "unknown-type unknown source type 'csvv'"),
    "the contract of a source": (("contract: plane}", "contract: zzz}"), "unknown-contract unknown contract 'zzz'"),
    "the dtype of a column": (("day: date", "day: moment"), "not-allowed 'day' must be"),
    "a key of a contract": (("unique: [tailnum]", "uniqe: [tailnum]"), "unknown-key unknown key 'uniqe'"),
    "the op of a dataset step": (("op: filter", "op: keep_if"), "unknown-op unknown op 'keep_if'"),
    "a misspelt op of a dataset step": (("op: join", "op: joinn"), "unknown-op unknown op 'joinn'"),
    "the table of a join": (("with: planes", "with: zzz"), "unknown-table unknown source or dataset 'zzz'"),
    "an expression": (("arr_delay > 15", "arr_delay > (15"), "bad-expression"),
    "a column in an expression": (("far: distance", "far: distence"), "unknown-column unknown column 'distence'"),
    "the type of a split": (("type: time", "type: tmie"), "unknown-type unknown split type 'tmie'"),
    "the column of a split": (("column: day", "column: carrier"), "wrong-dtype a time split needs a date"),
    "the op of a preprocessing step": (("op: category", "op: hot_one"), "unknown-op unknown op 'hot_one'"),
    "a misspelt op of preprocessing": (("op: category", "op: categry"), "unknown-op unknown op 'categry'"),
    "the columns of a preprocessing step": (("{dtype: string}", "seats"), "unsupported-feature"),
    "a missing parameter": (
        ("  tabular:\n", "  tabular:\n    - {op: impute, columns: seats}\n"),
        "missing-key step 'impute' needs 'strategy'",
    ),
    "a contradiction in a step": (
        ("  tabular:\n", "  tabular:\n    - {op: impute, columns: seats, strategy: constant}\n"),
        "missing-key strategy 'constant' needs 'fill_value'",
    ),
    "a column that a step does not accept": (
        ("  tabular:\n", "  tabular:\n    - {op: standard, columns: carrier}\n"),
        "wrong-dtype 'standard' takes int or float, but column 'carrier' is string",
    ),
    "the type of a model": (("type: lightgbm.classifier", "type: lightgbm.clasifier"), "unknown-type unknown model type"),
    "the dataset of a model": (("dataset: departures", "dataset: departurs"), "unknown-dataset unknown dataset 'departurs'"),
    "a feature": (("carrier, distance, seats]", "carrier, distanse, seats]"), "unknown-column unknown column 'distanse'"),
    "the preprocessing of a model": (
        ("preprocessing: tabular", "preprocessing: tabula"),
        "unknown-preprocessing unknown preprocessing 'tabula'",
    ),
    "a key of a target": (("target: late", "target: {column: late, positiv: true}"), "unknown-key unknown key 'positiv'"),
    "a metric": (("[roc_auc]", "[r2]"), "metric-mismatch metric 'r2' is for regression"),
    "early stopping": (("{rounds: 5}", "{rounds: soon}"), "wrong-type 'rounds' must be"),
    "a parameter": (("{rounds: 5}", "{rounds: 5}\n    params: {num_leavs: 3}"), "unknown-key unknown key 'num_leavs'"),
    "the model of an output": (("{model: late}", "{model: latte}"), "unknown-model unknown model 'latte'"),
}  # fmt: skip

#: A mistake, and another one after which it need not be one: any column can come from what is not known.
UNCERTAIN = {
    ("a column in an expression", "the contract of a source"),
    ("a column in an expression", "the table of a join"),
    ("a column in an expression", "the op of a dataset step"),
    ("a feature", "the contract of a source"),
    ("a feature", "the table of a join"),
    ("a feature", "the op of a dataset step"),
    ("the columns of a preprocessing step", "a column that a step does not accept"),
}


def said(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """Return what is said about a spec with these changes, without places."""
    return [line.partition(" ")[2] for line in checked(folder, changed(*changes))]


@pytest.mark.parametrize("where", MISTAKES)
def test_a_mistake_is_told_once(where: str, tmp_path: Path) -> None:
    change, start = MISTAKES[where]
    (line,) = said(tmp_path, change)
    assert line.startswith(start)


@pytest.mark.parametrize("where", MISTAKES)
def test_two_mistakes_are_both_told(where: str, tmp_path: Path) -> None:
    hidden = set()
    for one, other in ((where, other) for other in MISTAKES if other != where):
        (first, start), (second, _) = MISTAKES[one], MISTAKES[other]
        if first[0] not in second[0] and second[0] not in first[0]:
            found = said(tmp_path, first, second)
            hidden |= set() if any(line.startswith(start) for line in found) else {(one, other)}
    assert hidden == {pair for pair in UNCERTAIN if pair[0] == where}
