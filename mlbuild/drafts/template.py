"""The spec that `init` writes without a data file: every section is a comment to fill in."""

from __future__ import annotations

from mlbuild.spec.shape.schema import FILE

#: Tells editors which schema to use for the spec.
MODELINE = f"# yaml-language-server: $schema={FILE}\n"

_HEAD = """\
mlbuild: 1
project: {project}
"""

_TABLES = """
# sources:                        # data files; the suffix decides the format: .csv or .parquet
#   customers:
#     path: data/customers.csv
#     null_values: [NA]           # strings that represent a missing value
#     contract: customer

# contracts:                      # rules for every row; columns that are not listed are not read
#   customer:
#     columns:
#       id:
#         dtype: string
#         unique: true
#       age:
#         dtype: int
#         nullable: true
#         min: 0
#       plan:
#         dtype: string
#         categories: [free, paid]
#       churned: bool
"""

_MODELS = """
# datasets:                       # tables to train models on: joined, filtered, split
#   rows:
#     from: {source}
#     split:
#       type: random              # or hash (by key columns) or time (by a date)
#       valid: 0.15
#       test: 0.15

# preprocessing:                  # lists of steps, which are part of the artifact
#   tabular:
#     - op: impute
#       columns:
#         dtype: numeric
#       strategy: median

# models:
#   model:
#     type: lightgbm.classifier   # or lightgbm.regressor, for numbers
#     dataset: rows
#     features:
#       dtype: numeric            # a selector, or a list of columns
#     preprocessing: tabular
#     target: {target}

# outputs:                        # each is exported to dist/NAME/model.onnx and verified against the trained model
#   model:
#     model: model
"""


def empty_template(project: str) -> str:
    """Return a valid, empty spec. If you uncomment it, it is the spec of a small project."""
    models = _MODELS.format(source="customers", target="churned")
    return MODELINE + _HEAD.format(project=project) + _TABLES + models


def models_to_fill_in(source: str) -> str:
    """Return the sections after the contracts as comments, for a file without a chosen target."""
    return _MODELS.format(source=source, target="TARGET")
