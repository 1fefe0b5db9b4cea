"""Preprocessing ops: one class per file, and the catalogue."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.ops.op import Op

#: Every op that a step can use, in the order of the reference pages.
OPS: Catalogue[type[Op]] = Catalogue(
    {
        "impute": "mlbuild.ops.impute.Impute",
        "missing_indicator": "mlbuild.ops.missing.missing_indicator.MissingIndicator",
        "standard": "mlbuild.ops.standard.Standard",
        "min_max": "mlbuild.ops.numbers.min_max.MinMax",
        "max_abs": "mlbuild.ops.numbers.max_abs.MaxAbs",
        "robust": "mlbuild.ops.numbers.robust.Robust",
        "clip": "mlbuild.ops.numbers.clip.Clip",
        "winsorize": "mlbuild.ops.numbers.winsorize.Winsorize",
        "round": "mlbuild.ops.numbers.round.Round",
        "log": "mlbuild.ops.numbers.log.Log",
        "sqrt": "mlbuild.ops.numbers.sqrt.Sqrt",
        "power": "mlbuild.ops.numbers.power.Power",
        "bin": "mlbuild.ops.numbers.bin.Bin",
        "date_parts": "mlbuild.ops.date_parts.DateParts",
        "ordinal": "mlbuild.ops.ordinal.Ordinal",
        "category": "mlbuild.ops.category.Category",
        "one_hot": "mlbuild.ops.one_hot.OneHot",
        "replace": "mlbuild.ops.categories.replace.Replace",
        "rare": "mlbuild.ops.categories.rare.Rare",
        "count": "mlbuild.ops.categories.count.Count",
        "target": "mlbuild.ops.categories.target.TargetEncoding",
        "derive": "mlbuild.ops.derive.Derive",
    }
)
