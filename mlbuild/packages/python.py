"""A Python distribution that contains the model: typed rows in, typed predictions out, in the same process."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

from mlbuild.bundle.artifact import ONNXRUNTIME
from mlbuild.folders import EXAMPLES, MODEL
from mlbuild.packages.package import Package, template, text
from mlbuild.packages.shipped import Shipped
from mlbuild.serving.columns.column import Column

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
version = "0.0.0+sha{shipped.model.version}"
description = "The model {name}, built by mlbuild"
requires-python = ">=3.11"
dependencies = ["onnxruntime>={ONNXRUNTIME}", "numpy>=2"]

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
    model = shipped.model
    row = [(one.name, _TYPES[one.dtype] + (" | None" if one.nullable else "")) for one in model.columns]
    prediction = [(column, _OUTPUTS[one.element]) for one in model.outputs for column in one.columns]
    inputs = "\n".join(f"    {_input(one)}," for one in model.columns)
    outputs = "\n".join(f"    {(one.name, [*one.columns])!r}," for one in model.outputs)
    return Template(template("module.py.txt")).substitute(
        name=repr(shipped.identifier),
        digest=shipped.model.digest,
        row=_fields(row),
        prediction=_fields(prediction),
        inputs=inputs,
        outputs=outputs,
    )


def _input(column: Column) -> str:
    missing = "NaN" if column.datatype == "FP64" else column.missing  # NaN is no literal
    return repr((column.name, column.dtype, column.nullable, missing))


def _test(shipped: Shipped) -> str:
    return Template(template("test_examples.py.txt")).substitute(name=shipped.identifier)
