"""The learners that `type` of a model can name."""

from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.sklearn.linear_regression import LinearRegression
from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from mlbuild.models.sklearn.ridge import Ridge

LEARNERS = (LightgbmClassifier, LightgbmRegressor, LogisticRegression, LinearRegression, Ridge)
