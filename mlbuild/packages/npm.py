"""An npm package that contains the model, with types for TypeScript, for Node.js."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.bundle.artifact import ONNXRUNTIME
from mlbuild.folders import EXAMPLES, MODEL
from mlbuild.packages.package import Package, quoted, template, text
from mlbuild.packages.shipped import Shipped
from mlbuild.serving.columns.column import Column

#: The types of values by dtype, and of the values of outputs by their type.
_TYPES = {
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "string": "string",
    "date": "Date | string",
    "datetime": "Date | string",
}
_OUTPUTS = {"bool": "boolean", "int64": "number", "double": "number", "string": "string"}


class Npm(Package):
    type = "npm"
    doc = "an npm package with the model and typed rows, which needs onnxruntime-node"

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        yield "package.json", text(json.dumps(_package(shipped), indent=2, ensure_ascii=False))
        yield "README.md", text(_readme(shipped))
        yield "index.js", text(_module(shipped))
        yield "index.d.ts", text(_types(shipped))
        yield MODEL, shipped.files[MODEL]
        yield "test/examples.test.js", text(template("examples.test.js"))
        yield f"test/{EXAMPLES}", shipped.files[EXAMPLES]


def _package(shipped: Shipped) -> dict[str, object]:
    return {
        "name": shipped.dashed,
        "version": f"0.0.0-sha{shipped.model.version}",
        "description": f"The model {shipped.identifier}, built by mlbuild",
        "type": "module",
        "main": "index.js",
        "types": "index.d.ts",
        "files": ["index.js", "index.d.ts", MODEL],
        "scripts": {"test": "node --test test/"},
        "engines": {"node": ">=20"},
        "dependencies": {"onnxruntime-node": f">={ONNXRUNTIME}"},
    }


def _readme(shipped: Shipped) -> str:
    return f"""\
# {shipped.dashed}

```sh
npm install
npm test
```

```js
import {{ load }} from "{shipped.dashed}";

const model = await load();
const predictions = await model.predict([{{ /* a row */ }}]);
```

A row has all inputs of the model, as the type `Row` says. `null` is a missing value. Texts in ISO 8601 are also dates and times; those without a
time zone are in UTC."""


def _types(shipped: Shipped) -> str:
    row = "\n".join(
        f"  {quoted(one.name)}{'?' if one.nullable else ''}: {_TYPES[one.dtype]}{' | null' if one.nullable else ''};"
        for one in shipped.model.columns
    )
    prediction = "\n".join(
        f"  {quoted(column)}: {_OUTPUTS[one.element]};"
        for one in shipped.model.outputs
        for column in one.columns
    )
    return f"""\
/** What the model gets. */
export interface Row {{
{row}
}}

/** What the model answers for a row. */
export interface Prediction {{
{prediction}
}}

export interface Model {{
  /** Returns a prediction for each row. Throws a TypeError that names the row and the input if a value is wrong. */
  predict(rows: readonly Row[]): Promise<Prediction[]>;
}}

/** Loads the model. */
export function load(options?: {{ threads?: number }}): Promise<Model>;"""


def _module(shipped: Shipped) -> str:
    model = shipped.model
    inputs = [[one.name, one.dtype, one.nullable, _missing(one)] for one in model.columns]
    outputs = [[one.name, one.element, [*one.columns]] for one in model.outputs]
    tables = "\n".join(
        f"const {name} = [\n{''.join(f'  {quoted(one)},{chr(10)}' for one in some)}];"
        for name, some in (("inputs", inputs), ("outputs", outputs))
    )
    head = f"// The model {shipped.identifier}, built by mlbuild. sha256:{shipped.model.digest}"
    return "\n".join([head, _HEAD, "", tables, "", template("index.js")])


def _missing(column: Column) -> str | None:
    """Return the text of a missing value in the model, as JavaScript cannot write large integers and NaN as JSON."""
    return column.missing if column.missing is None else str(column.missing)


_HEAD = """\
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";

// For each input: its name and dtype, whether it can be missing, and what a missing value is in the model.
// For each output: its name and type, and the names of its columns."""
