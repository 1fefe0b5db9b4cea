"""Words from other languages and libraries, for hints about what was meant."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.hints import did_you_mean, misspelt

#: The words, by the option that they mean.
_SYNONYMS = {
    "float": "double number real decimal numeric float32 float64",
    "int": "integer long bigint int8 int16 int32 int64",
    "string": "str text object varchar utf8 categorical category",
    "bool": "boolean",
    "datetime": "timestamp datetime64",
    "log_loss": "logloss binary_logloss multi_logloss cross_entropy",
    "mean_squared_error": "mse l2",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae l1",
    "mean_absolute_percentage_error": "mape",
    "accuracy": "accuracy_score",
    "f1": "f1_score",
    "precision": "precision_score",
    "r2": "r2_score",
    "recall": "recall_score",
    "roc_auc": "auc auroc roc_auc_score",
    "hash": "group groups grouped group_shuffle",
    "aggregate": "groupby group_by",
    "join": "merge",
}
_OPTIONS = {word: option for option, words in _SYNONYMS.items() for word in words.split()}


def near_option(value: str, options: Sequence[str]) -> str | None:
    """Return a help text with the option that a word means or resembles, if there is one."""
    other = _OPTIONS.get(value.casefold())
    return f"did you mean '{other}'?" if other in options else did_you_mean(value, options)


def meant_option(value: str, options: Sequence[str]) -> str | None:
    """Return the option that was clearly meant."""
    other = _OPTIONS.get(value.casefold())
    return other if other in options else misspelt(value, options)
