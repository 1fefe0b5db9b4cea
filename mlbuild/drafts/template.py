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
# sources:                        # tables from outside; the suffix says what a file is: .csv or .parquet
#   customers:
#     path: data/customers.csv
#     null_values: [NA]           # texts that stand for a missing value
#     contract: customer

# contracts:                      # what every row must be; columns that are not named do not exist
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
# datasets:                       # rows for models: joined, filtered, split
#   rows:
#     from: {source}
#     split:
#       type: random              # or: hash, by key columns; time, by a date
#       valid: 0.15
#       test: 0.15

# preprocessing:                  # lists of steps, which end up in the artifact
#   tabular:
#     - op: impute
#       columns:
#         dtype: numeric
#       strategy: median

# models:
#   model:
#     type: lightgbm.classifier   # or: lightgbm.regressor, for numbers
#     dataset: rows
#     features:
#       dtype: numeric            # a selector, or a list of columns
#     preprocessing: tabular
#     target: {target}

# outputs:                        # each becomes dist/NAME/model.onnx, with the proof that it answers as trained
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
