"""Which raw columns the features and the columns of the matrix are computed from."""

from __future__ import annotations

from mlbuild.bundle.trained import Recipe


def lineage(recipe: Recipe) -> dict[str, list[str]]:
    """Return, for each feature, the raw columns that it is computed from, sorted."""
    raw = {item.name: {item.name} for item in recipe.inputs}
    for name, typed in recipe.derived:
        raw[name] = set().union(*(raw[used] for used in typed.names)) if typed.names else set()
    return {name: sorted(raw[recipe.values[name]]) for name in recipe.features}


def matrix_lineage(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Return, for each column of the matrix, the raw columns that it is computed from, sorted."""
    raw = {name: {*columns} for name, columns in lineage(recipe).items()}
    for stage in recipe.stages:
        made = {
            column: set().union(*(raw[name] for name in names))
            for names, columns in stage.groups()
            for column in columns
        }
        raw |= made
    return {name: tuple(sorted(raw[name])) for name in recipe.matrix}
