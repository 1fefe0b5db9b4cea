"""The learners that `type` of a model can name, and the kinds of answers that they give."""

from mlbuild.models.answers.answer import Answer
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.sklearn.linear_regression import LinearRegression
from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from mlbuild.models.sklearn.ridge import Ridge

LEARNERS = (LightgbmClassifier, LightgbmRegressor, LogisticRegression, LinearRegression, Ridge)

ANSWERS: tuple[type[Answer], ...] = tuple(dict.fromkeys(learner.answer for learner in LEARNERS))
