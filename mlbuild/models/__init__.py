"""The learners that `type` of a model can name, and the kinds of answers that they give."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.models.answers.answer import Answer
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.learner import Learner

LEARNERS: Catalogue[type[Learner]] = Catalogue(
    {
        "lightgbm.classifier": "mlbuild.models.lightgbm.classifier.LightgbmClassifier",
        "lightgbm.regressor": "mlbuild.models.lightgbm.regressor.LightgbmRegressor",
        "sklearn.logistic_regression": "mlbuild.models.sklearn.logistic_regression.LogisticRegression",
        "sklearn.linear_regression": "mlbuild.models.sklearn.linear_regression.LinearRegression",
        "sklearn.ridge": "mlbuild.models.sklearn.ridge.Ridge",
    }
)

#: The answers of all learners. Each defines keys of `target`, so they are imported by every command.
ANSWERS: tuple[type[Answer], ...] = (Classification, Regression)
