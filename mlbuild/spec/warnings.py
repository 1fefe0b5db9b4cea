"""The top-level key `warnings`: the level of each warning."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.params import Choice, Described, field

#: What a spec can do with a warning.
LEVELS = {
    "ignore": "do not report it",
    "warn": "report it as a warning",
    "error": "report it as an error: exit with code 2 (3 or 4 if a build finds it in data or models) and publish nothing",
}


def _level(doc: str, key: str | None = None) -> Any:
    return field(Choice(LEVELS), doc, default="warn", key=key)


@frozen
class Warnings(Described):
    """The level of each warning, by code. By default, warnings are reported and do not fail the command."""

    unused: str = _level("A source, contract, dataset, preprocessing list or model is not used.")
    shared_with_target: str = _level(
        "A feature and the target are computed from the same column.", key="shared-with-target"
    )
    unlisted_category: str = _level(
        "A test gives a model a value that is not one of the categories of its column.",
        key="unlisted-category",
    )
    contract_violation: str = _level(
        "Rows violate a rule of a contract with severity `warn`. Found by a build.", key="contract-violation"
    )
    unmatched_join: str = _level(
        "An inner join drops more than 10% of the rows, or a left join finds a match for less than 1%. Found by a build.",
        key="unmatched-join",
    )
    empty_part: str = _level(
        "A split leaves no rows for validation or testing, although the spec asks for some. Found by a build.",
        key="empty-part",
    )
    split_overlap: str = _level(
        "Equal rows, or rows of the same key, are in several parts of a split or folds. Found by a build.",
        key="split-overlap",
    )
    absent_class: str = _level(
        "A class of the target has no validation rows, no test rows, or no rows in a fold. Found by a build.",
        key="absent-class",
    )
    constant_model: str = _level(
        "A model makes the same prediction for every row. Found by a build.", key="constant-model"
    )
    no_skill: str = _level(
        "Most metrics of a model are no better than those of a constant prediction. Found by a build.",
        key="no-skill",
    )
    too_good: str = _level(
        "A model explains more than 99% of the variance of rows that it has not seen. Found by a build.",
        key="too-good",
    )
    overfit: str = _level(
        "Most metrics of a model lose more than half of its advantage over a constant prediction on rows that it has not seen. Found by a build."
    )
    miscalibrated: str = _level(
        "The probabilities of a model for two classes differ from the observed frequencies. Found by a build."
    )
    drifted_split: str = _level(
        "Inputs are distributed differently in the test rows than in the training rows. Found by a build.",
        key="drifted-split",
    )
    useless_column: str = _level(
        "A model is hardly worse if the values of an input are shuffled. Found by a build.",
        key="useless-column",
    )
    harmful_column: str = _level(
        "A model is better if the values of an input are shuffled. Found by a build.", key="harmful-column"
    )
    failed_test: str = _level("A test with severity `warn` fails. Found by a build.", key="failed-test")
    failed_gate: str = _level("A gate with severity `warn` fails. Found by a build.", key="failed-gate")
