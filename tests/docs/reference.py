"""The reference pages, written from the catalogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from mlbuild.columns import DTYPES, ColumnType, Schema
from mlbuild.data import DATASET_STEPS, SOURCES, SPLITS
from mlbuild.data.formats.by_suffix import NAMED
from mlbuild.diagnostics import Rejected
from mlbuild.kinds import Choice, Json, ListOf
from mlbuild.models import LEARNERS
from mlbuild.models.answers import ANSWERS
from mlbuild.models.learner import Learner
from mlbuild.models.metrics import METRICS
from mlbuild.ops import OPS
from mlbuild.ops.op import Op
from mlbuild.ops.steps import place
from mlbuild.params import Param, params_of, read
from mlbuild.selection import Columns
from mlbuild.spec.text.yaml_text import yaml_text
from tests.docs.keys import code, doc_of, keys_of
from tests.docs.markdown import DOCS, table
from tests.editor.examples import examples

_HEAD = "<!-- Written by `python -m tests.docs`; the texts stand in the classes. -->\n\n"
#: What a dtype is as input of the table that says what an op makes of it.
_COLUMN = "x"
#: What holds an object of each kind in a spec.
_HELD: dict[str, Callable[[Json], Any]] = {
    "source": lambda value: {"sources": {"rows": value}},
    "dataset_step": lambda value: [value],
    "split": lambda value: {"split": value},
    "step": lambda value: [value],
}


def reference() -> dict[Path, str]:
    """The text of each page by its file."""
    pages = {
        "sources": _page("Sources", _SOURCES, SOURCES),
        "dataset_steps": _page("Dataset steps", _STEPS, DATASET_STEPS),
        "splits": _page("Splits", _SPLITS, SPLITS),
        "ops": _page("Preprocessing ops", _OPS, OPS),
        "learners": _page("Learners", _LEARNERS, LEARNERS),
        "metrics": _metrics(),
    }
    return {DOCS / "reference" / f"{name}.md": text for name, text in pages.items()}


_SUFFIXES = ", ".join(f"`{suffix}`" for suffix in NAMED)
_SOURCES = f"What `type` of a [source](../spec/sources.md) can be. Without `type` the suffix of `path` decides: {_SUFFIXES}."
_STEPS = "What `op` of a step of a [dataset](../spec/datasets.md) can be."
_SPLITS = "What `type` of the `split` of a [dataset](../spec/datasets.md#split) can be."
_OPS = (
    "What `op` of a step of a [preprocessing](../spec/preprocessing.md) can be. The *state* of a step is what it learns"
    " from the train rows: all that training hands on to the artifact."
)
_LEARNERS = "What `type` of a [model](../spec/models.md) can be, and the keys of its `params`."


def _page(title: str, intro: str, classes: Sequence[type]) -> str:
    names = {cls: _name(cls) for cls in classes}
    listed = "".join(f"- [`{name}`](#{_anchor(name)}): {next(doc_of(cls))}\n" for cls, name in names.items())
    return f"{_HEAD}# {title}\n\n{intro}\n\n{listed}" + "".join(
        f"\n## `{name}`\n\n{_entry(cls)}" for cls, name in names.items()
    )


def _name(cls: Any) -> str:
    return str(cls.discriminator[1])


def _anchor(name: str) -> str:
    """The fragment of a heading, as GitHub makes it."""
    return name.replace(".", "").replace("`", "")


def _entry(cls: type) -> str:
    parts = ["\n\n".join(doc_of(cls)) + "\n", _example(cls)]
    if issubclass(cls, Learner):
        parts += [_accepted(cls)]
    parts += [keys_of(cls)]
    if issubclass(cls, Op):
        parts += [_made(cls)]
    if issubclass(cls, Learner):
        parts += [*_other_names(cls)]
    return "\n".join(part for part in parts if part)


def _example(cls: type) -> str:
    """The smallest use of it, as it stands in the map or list that it belongs to."""
    found = next((example for example in examples() if example.cls is cls), None)
    if found is None or found.name not in _HELD:
        return ""
    return f"```yaml\n{yaml_text(_HELD[found.name](found.value))}```\n"


def _accepted(cls: type[Learner]) -> str:
    words = {"null": "missing values", "category": "categories", "vector": "vectors"}
    taken = ["bool", "int", "float", *(word for key, word in words.items() if key in cls.accepts)]
    refused = [word for key, word in words.items() if key not in cls.accepts]
    rows = [
        ["predicts", cls.answer.kind],
        ["takes", ", ".join(taken)],
        ["does not take", ", ".join([*refused, "strings", "dates"])],
        ["early stopping", _iterative(cls)],
    ]
    return table(["property", ""], rows)


def _iterative(cls: type[Learner]) -> str:
    """Whether training goes in rounds, and the options with which it does not."""
    if not cls().iterative:
        return "no"
    options = (
        (param, value)
        for param in params_of(cls).values()
        if isinstance(param.kind, Choice)
        for value in param.kind.values
    )
    without = [
        f"`{param.key}: {value}`" for param, value in options if not cls(**{param.name: value}).iterative
    ]
    return f"yes, but not with {', '.join(without)}" if without else "yes"


def _other_names(cls: type[Learner]) -> Iterator[str]:
    if cls.aliases:
        found: dict[str, list[str]] = {}
        for alias, name in cls.aliases.items():
            found.setdefault(name, []).append(code(alias))
        rows = [[code(name), ", ".join(aliases)] for name, aliases in found.items()]
        yield "Other spellings are refused with a hint:\n\n" + table(["name", "not"], rows)
    if cls.refused:
        reasons: dict[str, list[str]] = {}
        for name, why in cls.refused.items():
            reasons.setdefault(why, []).append(code(name))
        rows = [[", ".join(names), why] for why, names in reasons.items()]
        yield "These parameters of the library cannot be set:\n\n" + table(["parameter", "why"], rows)


def _made(cls: type[Op]) -> str:
    """What the op makes of a column that can be missing, by its dtype, with each choice that must be made."""
    if not isinstance(params_of(cls)["columns"].kind, Columns):
        return ""
    required = [param for param in params_of(cls).values() if param.required and param.key != "columns"]
    rows: list[list[str]] = []
    for dtype in DTYPES:
        made: dict[str, list[str]] = {}
        for given in product(*map(_samples, required)):
            step = read(
                cls, dict(zip((param.key for param in required), given, strict=True)) | {"columns": _COLUMN}
            )
            result = _result(step, dtype)
            if result:
                made.setdefault(result, []).extend(_shown(required, given))
        rows += [[code(dtype), _with(result, how, len(made) > 1)] for result, how in made.items()]
    return "What becomes of a column that can be missing:\n\n" + table(["from", "to"], rows)


def _samples(param: Param) -> list[Any]:
    """Values to try of a parameter that is required."""
    kind = param.kind
    if isinstance(kind, Choice):
        return [*kind.values]
    if isinstance(kind, ListOf) and isinstance(kind.item, Choice):
        return [[kind.item.values[0]]]
    return [*param.examples[:1]]


def _result(step: Op, dtype: str) -> str:
    try:
        (stage,) = place([step], Schema({_COLUMN: ColumnType(dtype, nullable=True)}))
    except Rejected:
        return ""
    return "; ".join(_told(name, type_) for name, type_ in stage.after.items())


def _told(name: str, type_: ColumnType) -> str:
    missing = ", can be missing" if type_.nullable else ""
    renamed = "" if name == _COLUMN else f", as `{_named(name)}`"
    return f"`{type_.dtype}`{missing}{renamed}"


def _named(name: str) -> str:
    return "{column}" + name.removeprefix(_COLUMN)


def _shown(required: Sequence[Param], given: Sequence[Any]) -> list[str]:
    return [
        code(value) for param, value in zip(required, given, strict=True) if isinstance(param.kind, Choice)
    ]


def _with(result: str, how: Sequence[str], told: bool) -> str:
    return f"{result} (with {', '.join(how)})" if told and how else result


def _metrics() -> str:
    rows = [
        [
            code(metric.name),
            metric.answer.kind + (f", {metric.classes} classes" if metric.classes else ""),
            f"{'larger' if metric.greater_is_better else 'smaller'}, {metric.best:g} at best",
            ", ".join(code(cls.type) for cls in LEARNERS if metric.name in cls.watches(None)),
            metric.doc,
        ]
        for metric in METRICS
    ]
    defaulted = [
        [case, ", ".join(map(code, cls.default_metrics(classes)))]
        for cls in ANSWERS
        for case, classes in cls.cases.items()
    ]
    return (
        f"{_HEAD}# Metrics\n\nWhat `metrics` of a [model](../spec/models.md) can name, by scikit-learn's names and with its"
        " values. Some learners can watch some of them while they train, for `early_stopping`.\n\n"
        + table(["metric", "for", "better", "watched by", ""], rows)
        + "\nWithout `metrics` these are measured:\n\n"
        + table(["model", "metrics"], defaulted)
    )
