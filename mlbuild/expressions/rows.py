"""Computes a tree over polars rows: numbers in numpy, whose NaN behaves like that of ONNX, and text in polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from mlbuild.expressions.meaning import result
from mlbuild.expressions.operands import Operand, hold
from mlbuild.expressions.tree import Tree
from mlbuild.lowering.value import NAT

if TYPE_CHECKING:
    import polars as pl

_UFUNCS = {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Mod": "fmod",
    "Pow": "power",
    "Neg": "negative",
    "Abs": "absolute",
    "Floor": "floor",
    "Ceil": "ceil",
    "Round": "rint",
    "Sqrt": "sqrt",
    "Exp": "exp",
    "Clip": "clip",
    "Log": "log",
    "IsNaN": "isnan",
    "Less": "less",
    "LessOrEqual": "less_equal",
    "Equal": "equal",
    "And": "logical_and",
    "Or": "logical_or",
    "Not": "logical_not",
    "Where": "where",
}


def polars_dtype(dtype: str) -> pl.DataType:
    """Return the polars dtype of rows for a dtype."""
    import polars as pl

    plain: dict[str, type[pl.DataType]] = {
        "bool": pl.Boolean,
        "int": pl.Int64,
        "float": pl.Float64,
        "string": pl.String,
        "date": pl.Date,
    }
    return pl.Datetime("us") if dtype == "datetime" else plain[dtype]()


def run(tree: Tree, dtype: str, columns: Sequence[tuple[str, str]], series: Sequence[pl.Series]) -> pl.Series:
    """Compute the values of a tree, one for each row of the columns (name and dtype) that it reads."""
    import numpy as np

    arrays = Arrays()
    held = {
        name: _read(arrays, column_dtype, values)
        for (name, column_dtype), values in zip(columns, series, strict=True)
    }
    with np.errstate(all="ignore"):
        tensor, absent = result(tree, dtype, arrays, held).parts()
    return _write(dtype, tensor, absent)


class Arrays:
    """ONNX operators on whole columns: numpy arrays of shape [N, 1], polars series for text, and scalars."""

    def constant(self, value: Any, element: str = "double") -> Any:
        import numpy as np

        kinds = {"double": np.float64, "int64": np.int64, "bool": np.bool_, "string": str}
        return kinds[element](value)

    def call(
        self, op: str, *inputs: Any, element: str | None = None, domain: str = "", **attributes: Any
    ) -> Any:
        import numpy as np

        if not all(isinstance(item, (np.ndarray, np.generic)) for item in inputs):
            return _call_text(op, *inputs, **attributes)
        if op == "LabelEncoder":
            return _looked_up(
                inputs[0], *(attributes[f"{name}_tensor"] for name in ("keys", "values", "default"))
            )
        if op == "Cast":
            return inputs[0].astype("float64")
        if op == "Div":
            whole = inputs[0].dtype.kind == "i"
            return np.floor_divide(*inputs) if whole else np.divide(*inputs)
        return getattr(np, _UFUNCS[op])(*inputs)


def _looked_up(array: Any, keys: Any, values: Any, default: Any) -> Any:
    """Replace each number by the value of its key, or by the default."""
    import numpy as np

    order = np.argsort(keys)
    places = order[np.searchsorted(keys, array, sorter=order).clip(max=len(keys) - 1)]
    return np.where(keys[places] == array, values[places], default)


def _call_text(op: str, *inputs: Any, **attributes: Any) -> Any:
    """Run one of the few operators that accept text."""
    import polars as pl

    if op == "Where":
        condition, yes, no = (_as_expr(item) for item in inputs)
        return pl.select(pl.when(condition).then(yes).otherwise(no)).to_series()
    text, other = (*inputs, None)[:2]
    if op == "StringConcat":
        return text + other
    if op == "Equal":
        return _column(text == other if isinstance(text, pl.Series) else other == text)
    if op == "LabelEncoder":
        return _column(text.is_in(list(attributes["keys_tensor"]))).astype("int64")
    return _column(text.str.contains(f"^(?:{attributes['pattern']})$"))


def _as_expr(item: Any) -> pl.Expr:
    import polars as pl

    return pl.lit(item if isinstance(item, (str, pl.Series)) else pl.Series(item.ravel()))


def _column(series: pl.Series) -> Any:
    return series.to_numpy().reshape(-1, 1)


def _read(arrays: Arrays, dtype: str, series: pl.Series) -> Operand[Any]:
    import polars as pl

    if dtype == "string":
        absent = _column(series.is_null()) if series.null_count() else None
        return hold(arrays, dtype, series.fill_null(""), absent)
    if dtype in ("date", "datetime"):
        moments = series.cast(pl.Datetime("us")).cast(pl.Int64).fill_null(NAT)
        return hold(arrays, dtype, _column(moments), None)
    return hold(arrays, dtype, _column(series.cast(pl.Float64)), None)


def _write(dtype: str, tensor: Any, absent: Any) -> pl.Series:
    import polars as pl

    if dtype == "string":
        series = cast("pl.Series", tensor)
        if absent is None:
            return series
        present = pl.Series(~absent.ravel())
        return pl.select(pl.when(present).then(series)).to_series()
    series = pl.Series(tensor.ravel())
    if dtype in ("date", "datetime"):
        moments = series.set(series == NAT, None).cast(pl.Datetime("us"))
        return moments.cast(pl.Date) if dtype == "date" else moments
    return series.fill_nan(None).cast(polars_dtype(dtype))
