"""Questions about models with all kinds of trees, with the expected answers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from mlbuild.expressions.binding import bind
from mlbuild.expressions.functions.catalogue import FUNCTIONS
from mlbuild.lowering.trees import Trees
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.lightgbm.text import ModelText
from mlbuild.models.training import Rows, Training
from tests.expressions.hard_rows import hard_rows
from tests.expressions.sides import SCHEMA, Served, feed_of, table
from tests.expressions.sides import model_of as model_of_expression
from tests.lowering.forests import chain, feed, forest, model_of, random_rows, random_trees, shapes, walked
from tests.models import artifacts
from tests.models.samples import MIXED, adversarial, classes, features, number
from tests.runtimes.exchange import Question

#: In onnxruntime, sets of up to 30 codes are bit masks, and larger ones are lists.
CATEGORIES = (3, 30, 70)


def every_shape() -> Iterator[Question]:
    """Yield every pair of trees with up to three nodes, of numbers, of sets and of both; three of them for three
    classes.
    """
    random = np.random.default_rng(0)
    small = [shape for nodes in range(4) for shape in shapes(nodes)]
    for number_, pair in enumerate(itertools.product(small, repeat=2)):
        for members in (0.0, 0.5, 1.0):
            categories = CATEGORIES[number_ % 3]
            trees = forest(random, pair, 1, categories, members)
            yield _question(f"trees {pair}, {members:.0%} sets of {categories}", trees, random, categories)
    for triple in itertools.product(small[:4], repeat=3):
        yield _question(f"classes {triple}", forest(random, triple, 3, 12), random, 12)


def many_trees(count: int, seed: int) -> Iterator[Question]:
    """Yield random forests."""
    random = np.random.default_rng(seed)
    for number_ in range(count):
        categories, targets = CATEGORIES[number_ % 3], 1 + number_ % 4
        trees = random_trees(random, int(random.integers(1, 40)), targets, categories)
        yield _question(f"forest {number_}", trees, random, categories)


def sets_in_sets() -> Iterator[Question]:
    """Yield sets that lead to sets, twelve levels deep: copying the subtree for each member would never end."""
    random = np.random.default_rng(0)
    for categories in CATEGORIES[1:]:
        trees = forest(random, [chain(12)] * 3, 1, categories, 1.0)
        yield _question(f"sets of {categories} in sets", trees, random, categories)


def functions() -> Iterator[Question]:
    """Yield every function of expressions. Runtimes process several rows with one instruction, so there are many."""
    columns = {"start": "d", "end": "m", "u": "m"}
    texts = [
        re.sub(r"\b(start|end|u)\b", lambda found: columns[found[0]], text) for text in FUNCTIONS.values()
    ]
    ends = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]
    near = [
        end + sign * timedelta(minutes=17 * step)
        for end, sign in zip(ends, (1, -1), strict=True)
        for step in range(150)
    ]
    rows = pl.concat([hard_rows(len(near)), hard_rows(len(near)).with_columns(table(m=near))])
    for text in (*texts, "m + INTERVAL '1' HOUR", "m - INTERVAL '1' HOUR"):
        typed = bind(text, SCHEMA)
        wanted = Served(typed).answers(rows)
        yield Question(text, model_of_expression(typed), feed_of(typed, rows), wanted, typed.tolerance)


def _question(name: str, trees: Trees, random: np.random.Generator, categories: int) -> Question:
    rows = random_rows(random, trees, categories)
    return Question(name, model_of(trees), feed(rows), {"sums": walked(trees, rows)})


def learned(count: int, seed: int) -> Iterator[Question]:
    """Yield LightGBM models with random parameters, on rows that are likely to reveal differences."""
    random = np.random.default_rng(seed)
    for number_ in range(count):
        kinds, params = number_ % 3, _parameters(random)
        frame = features(int(random.integers(50, 600)), seed=int(random.integers(10_000)))
        rows = Rows(frame, MIXED)
        if kinds == 0:
            learner: Any = LightgbmRegressor(**params)
            training = Training(rows, number(frame))
        else:
            learner = LightgbmClassifier(**params)
            training = Training(rows, classes(frame, kinds + 1), kinds + 1)
        fitted = learner.fit(training)
        text = ModelText.parse(fitted.decode())
        hard = adversarial(frame, MIXED, np.unique(text.threshold[~text.categorical]))
        wanted = learner.predict(fitted, hard, 1)
        model = artifacts.exported(learner, fitted, rows)
        yield Question(f"{learner.type} {params}", model, artifacts.feed(hard), {"scores": wanted}, 1e-9)


def _parameters(random: np.random.Generator) -> dict[str, Any]:
    boosting = str(random.choice(["gbdt", "gbdt", "dart", "rf"]))
    forest_of_rows = {"bagging_freq": 1, "bagging_fraction": 0.6} if boosting == "rf" else {}
    return forest_of_rows | {
        "boosting": boosting,
        "num_iterations": int(random.integers(1, 40)),
        "num_leaves": int(random.choice([2, 3, 4, 7, 15, 31])),
        "min_data_in_leaf": int(random.integers(1, 20)),
        "min_data_per_group": int(random.integers(1, 20)),
        "learning_rate": float(random.uniform(0.05, 0.8)),
        "use_missing": bool(random.random() < 0.8),
        "zero_as_missing": bool(random.random() < 0.3),
        "max_cat_to_onehot": int(random.integers(1, 8)),
        "max_cat_threshold": int(random.integers(2, 13)),
        "cat_smooth": 1.0,
    }
