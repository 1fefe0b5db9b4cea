"""A Python distribution that contains the model: typed rows in, typed predictions out, in the same process."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template
from typing import Any

from mlbuild.kinds import Json
from mlbuild.packages.package import Package, template, text
from mlbuild.packages.shipped import EXAMPLES, MODEL, Shipped

#: The types of values by dtype, and of the values of outputs by their type.
_TYPES = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "string": "str",
    "date": "date | str",
    "datetime": "datetime | str",
}
_OUTPUTS = {"bool": "bool", "int64": "int", "double": "float", "string": "str"}


class Python(Package):
    type = "python"
    doc = "a Python distribution with the model and typed rows, which needs onnxruntime and numpy"

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        name = shipped.identifier
        yield "pyproject.toml", text(_project(shipped))
        yield "README.md", text(_readme(shipped))
        yield f"{name}/__init__.py", text(_module(shipped))
        yield f"{name}/py.typed", b""
        yield f"{name}/{MODEL}", shipped.files[MODEL]
        yield "tests/test_examples.py", text(_test(shipped))
        yield f"tests/{EXAMPLES}", shipped.files[EXAMPLES]


def _project(shipped: Shipped) -> str:
    name = shipped.identifier
    return f"""\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{shipped.dashed}"
version = "0.0.0+sha{shipped.version}"
description = "The model {name}, built by mlbuild"
requires-python = ">=3.11"
dependencies = ["onnxruntime{shipped.contract["onnxruntime"]}", "numpy>=2"]

[tool.hatch.build.targets.wheel]
packages = ["{name}"]"""


def _readme(shipped: Shipped) -> str:
    name = shipped.identifier
    return f"""\
# {name}

```sh
pip install .
python -m unittest discover tests
```

```python
from {name} import Model

model = Model()
predictions = model.predict([{{...}}])
```

A row has all inputs of the model, as `{name}.Row` says. `None` is a missing value. Texts in ISO 8601 are also dates and times; those without a
time zone are in UTC."""


def _fields(types: list[tuple[str, str]]) -> str:
    return "\n".join(f"        {name!r}: {type_}," for name, type_ in types)


def _module(shipped: Shipped) -> str:
    row = [
        (one["name"], _TYPES[one["dtype"]] + (" | None" if one["nullable"] else "")) for one in shipped.inputs
    ]
    prediction = [
        (column, _OUTPUTS[one["type"]])
        for one in shipped.outputs
        for column in one.get("columns", [one["name"]])
    ]
    inputs = "\n".join(f"    {_input(one)}," for one in shipped.inputs)
    outputs = "\n".join(
        f"    ({one['name']!r}, {one.get('columns', [one['name']])!r})," for one in shipped.outputs
    )
    return Template(template("module.py.txt")).substitute(
        name=repr(shipped.identifier),
        digest=shipped.digest,
        row=_fields(row),
        prediction=_fields(prediction),
        inputs=inputs,
        outputs=outputs,
    )


def _input(told: Json) -> str:
    return repr((told["name"], told["dtype"], told["nullable"], _missing(told)))


def _missing(told: Json) -> Any:
    """Return what a missing value is in the model."""
    if told["type"] == "int64":
        return int(told["missing"])
    return told["missing"] if told["dtype"] == "string" else "NaN"


def _test(shipped: Shipped) -> str:
    return Template(template("test_examples.py.txt")).substitute(name=shipped.identifier)
