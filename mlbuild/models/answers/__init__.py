"""The kinds of answers that a model can give."""

from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression

ANSWERS = (Classification, Regression)
