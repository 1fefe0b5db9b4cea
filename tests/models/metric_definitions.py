"""Second definitions of the metrics that scikit-learn does not have under their names. Options are keyword arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import Any

import numpy as np
from scipy.optimize import minimize, root
from scipy.special import expit, logit
from sklearn import metrics as scikit_learn

Array = np.ndarray[Any, Any]


def _rates(target: Array, scores: Array, class_: int = 1) -> dict[str, float]:
    pairs = scikit_learn.confusion_matrix(
        target == class_, scores.argmax(axis=1) == class_, labels=[False, True]
    )
    (right_no, wrong_yes), (wrong_no, right_yes) = pairs.astype(np.float64)
    with np.errstate(all="ignore"):
        return {
            "false_positive_rate": wrong_yes / (wrong_yes + right_no),
            "false_negative_rate": wrong_no / (wrong_no + right_yes),
            "selection_rate": (wrong_yes + right_yes) / len(target),
        }


def _rate(name: str) -> Callable[..., float]:
    return lambda target, scores, **given: _rates(target, scores, given.get("class", 1))[name]


def _f_beta(target: Array, scores: Array, beta: float, **given: Any) -> float:
    label = [given.get("class", 1)]
    return float(
        scikit_learn.fbeta_score(
            target, scores.argmax(axis=1), beta=beta, labels=label, average="macro", zero_division=np.nan
        )
    )


def _top_k(target: Array, scores: Array, k: int) -> float:
    """scikit-learn takes the last of equal classes, so the classes are numbered from the end."""
    width = scores.shape[1]
    last = width - 1 - target
    return float(scikit_learn.top_k_accuracy_score(last, scores[:, ::-1], k=k, labels=range(width)))


def _skill(function: Callable[..., float], target: Array, scores: Array) -> float | None:
    return (
        None if len(np.unique(target)) < 2 else float(function(target, scores, labels=range(scores.shape[1])))
    )


def _ovo(target: Array, scores: Array) -> float | None:
    if len(np.unique(target)) < scores.shape[1]:
        return None
    return float(scikit_learn.roc_auc_score(target, scores, multi_class="ovo"))


def _recalibrated(target: Array, scores: Array) -> Array | None:
    """Minimize the log loss, which has a minimum unless a threshold separates the classes."""
    odds = logit(np.clip(scores[:, 1], np.finfo(float).eps, 1 - np.finfo(float).eps))
    by_class = odds[target == 0], odds[target == 1]
    if not all(map(len, by_class)):
        return None
    (low, high), (lowest, highest) = ((one.min(), one.max()) for one in by_class)
    if high <= lowest or highest <= low:
        return None

    def loss(at: Array) -> float:
        moved = at[0] + at[1] * odds
        return float((np.logaddexp(0, moved) - target * moved).mean())

    def slopes(at: Array) -> Array:
        residual = expit(at[0] + at[1] * odds) - target
        return np.array([residual.mean(), (residual * odds).mean()])

    def curves(at: Array) -> Array:
        share = expit(at[0] + at[1] * odds)
        weights = share * (1 - share)
        return np.array(
            [[weights.mean(), (weights * odds).mean()], [(weights * odds).mean(), (weights * odds**2).mean()]]
        )

    near = minimize(loss, [0.0, 0.0], jac=slopes, hess=curves, method="trust-exact", options={"gtol": 1e-9})
    return np.asarray(root(slopes, near.x, jac=curves, tol=1e-15).x)


def _coefficient(place: int) -> Callable[[Array, Array], float | None]:
    def value(target: Array, scores: Array) -> float | None:
        found = _recalibrated(target, scores)
        return None if found is None else float(found[place])

    return value


def _calibration_error(target: Array, scores: Array) -> float:
    """Go through the rows in the order of their probability, and end a group at each fifteenth of all rows."""
    rows = sorted(zip(scores[:, 1].tolist(), target.tolist(), strict=True))
    edges = [rows[len(rows) * one // 15][0] for one in range(1, 15)]
    groups: dict[int, list[tuple[float, int]]] = {}
    for row in rows:
        groups.setdefault(len({edge for edge in edges if edge <= row[0]}), []).append(row)
    total = 0.0
    for group in groups.values():
        said, was = (float(np.mean(one)) for one in zip(*group, strict=True))
        variance = was * (1 - was) / (len(group) - 1) if len(group) > 1 else 0.0
        total += len(group) / len(rows) * ((said - was) ** 2 - variance)
    return float(np.sqrt(max(total, 0.0)))


def _ranked(of_group: Callable[..., float]) -> Callable[..., float | None]:
    """Return the mean over groups with two rows and a relevant one; the second column of the target is the group."""

    def value(target: Array, scores: Array, relevant: float = 1e-300, **given: Any) -> float | None:
        if of_group is _ndcg and (target[:, 0] < 0).any():
            return None
        found = []
        for group in np.unique(target[:, 1]):
            wanted, told = (one[target[:, 1] == group] for one in (target[:, 0], scores[:, -1]))
            if len(wanted) > 1 and (wanted >= relevant).any():
                found.append(of_group(wanted, told, relevant, **given))
        return float(np.mean(found)) if found else None

    return value


def _ndcg(wanted: Array, told: Array, relevant: float, at: int | None = None) -> float:
    return float(scikit_learn.ndcg_score([wanted], [told], k=at))


def _ties(wanted: Array, told: Array, relevant: float) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rows and the relevant rows above each score, and those with this score, from the highest."""
    for score in np.unique(told)[::-1]:
        above, here = wanted[told > score] >= relevant, wanted[told == score] >= relevant
        yield len(above), int(above.sum()), len(here), int(here.sum())


def _average_precision(wanted: Array, told: Array, relevant: float, at: int | None = None) -> float:
    if at is None and len(np.unique(told)) == len(told):
        return float(scikit_learn.label_ranking_average_precision_score([wanted >= relevant], [told]))
    total, most = 0.0, at or len(wanted)
    for above, hits_above, rows, hits in _ties(wanted, told, relevant):
        for place in range(1, rows + 1) if hits else ():
            before = hits_above + (place - 1) * (hits - 1) / max(rows - 1, 1)
            total += hits / rows * (before + 1) / (above + place) * (above + place <= most)
    return total / min(int((wanted >= relevant).sum()), most)


def _reciprocal_rank(wanted: Array, told: Array, relevant: float, at: int | None = None) -> float:
    above, _, rows, hits = next(one for one in _ties(wanted, told, relevant) if one[3])
    return sum(
        comb(rows - place, hits - 1) / comb(rows, hits) / (above + place)
        for place in range(1, rows + 1)
        if above + place <= (at or len(wanted))
    )


#: By the name of the metric.
DEFINITIONS: dict[str, Callable[..., float | None]] = {
    **{name: _rate(name) for name in ("false_positive_rate", "false_negative_rate", "selection_rate")},
    "f_beta": _f_beta,
    "top_k_accuracy": _top_k,
    "log_loss_skill": lambda target, scores: _skill(scikit_learn.d2_log_loss_score, target, scores),
    "brier_skill": lambda target, scores: _skill(
        lambda true, told, labels: scikit_learn.d2_brier_score(true, told[:, 1]), target, scores
    ),
    "roc_auc_ovo": _ovo,
    "calibration_slope": _coefficient(1),
    "calibration_intercept": _coefficient(0),
    "calibration_error": _calibration_error,
    "ndcg": _ranked(_ndcg),
    "mean_average_precision": _ranked(_average_precision),
    "mean_reciprocal_rank": _ranked(_reciprocal_rank),
    "bias": lambda target, scores: float((scores[:, 0] - target).mean()),
}
