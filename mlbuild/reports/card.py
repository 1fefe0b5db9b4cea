"""The model card of an output: what it is for, how good it is, and how to use it, as Hugging Face reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.reports.blocks import Block
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.data.rows import Rows
from mlbuild.reports.sections.findings import Findings
from mlbuild.reports.sections.gates import Gates
from mlbuild.reports.sections.metrics import Metrics
from mlbuild.reports.sections.section import Section
from mlbuild.reports.sections.slices import Slices
from mlbuild.reports.sections.tests import Tests
from mlbuild.reports.writing.markdown import escaped, markdown

#: What only the authors of a model know. A card lists it, and invents nothing.
_UNKNOWN = (
    "the license of the model and of the data (`license` in the front matter)",
    "who made the model, and whom to contact",
    "uses for which the model is not meant",
    "ethical considerations, and effects on the people whom predictions are about",
)
_NO_PURPOSE = "The spec has no `description`, so it is not known what the model is for."
#: One value of an input, by its ONNX type.
_SAMPLES = {"double": "[[0.0]]", "int64": "[[0]], dtype=np.int64"}


def card(facts: Facts) -> str:
    """Return the card as Markdown. Equal facts give equal bytes."""
    about = facts.about
    lines = [
        *_front(facts),
        "",
        f"# {escaped(about['output'])}",
        "",
        *(["**This model was not published, because a gate or test failed.**", ""] if facts.refused else []),
        "## Intended use",
        "",
        escaped(about["description"]) if about["description"] else _NO_PURPOSE,
        "",
        f"The model predicts `{about['target']}`. It is a `{about['type']}` in one ONNX file, which also contains the preprocessing.",
        "",
    ]
    for section, title in (
        (Metrics, "Metrics"),
        (Slices, "Metrics of slices"),
        (Gates, "Gates"),
        (Tests, "Tests"),
        (Rows, "Data"),
    ):
        lines += _section(facts, section, title)
    lines += _section(facts, Findings, "Limits")
    lines += ["## How to use it", "", *_example(facts), ""]
    lines += [
        "## To be filled in",
        "",
        "A build does not know these things:",
        "",
        *(f"- {one}" for one in _UNKNOWN),
    ]
    return "\n".join(lines) + "\n"


def _section(facts: Facts, section: type[Section], title: str) -> list[str]:
    blocks: tuple[Block, ...] = tuple(section().blocks(facts))
    return [f"## {title}", "", *markdown(blocks)] if blocks else []


def _front(facts: Facts) -> Iterator[str]:
    """Yield the front matter. Its values are JSON, which is also YAML."""
    kind = "tabular-classification" if facts.classes else "tabular-regression"
    yield "---"
    yield "library_name: onnx"
    yield f"pipeline_tag: {kind}"
    yield f"tags: {json.dumps(['mlbuild', 'onnx', 'tabular', facts.about['type']])}"
    if facts.split is not None:
        yield "model-index:"
        yield f"- name: {_json(facts.about['output'])}"
        yield "  results:"
        yield f"  - task: {{type: {kind}}}"
        dataset = _json(facts.about["dataset"])
        yield f"    dataset: {{name: {dataset}, type: {dataset}, split: {facts.split}}}"
        yield "    metrics:"
        for name in facts.labels:
            value = facts.metrics[facts.split][name]
            if value is not None:
                told = {"type": name, "value": value, "name": name, **_args(facts, name)}
                yield f"    - {_json(told)}"
    yield "---"


def _args(facts: Facts, name: str) -> Mapping[str, Any]:
    """Return the interval of a metric as arguments of it."""
    ends, told = facts.intervals.get(name), facts.part("metrics.json")["intervals"]
    if not isinstance(ends, list):
        return {}
    cluster = {"cluster": told["cluster"]} if told["cluster"] else {}
    return {"args": {"confidence": told["level"], "low": ends[0], "high": ends[1], **cluster}}


def _example(facts: Facts) -> Iterator[str]:
    """Yield how to run the file with one row."""
    contract = facts.part("contract.json")
    yield f"Only `numpy` and `onnxruntime` {contract['onnxruntime']} are needed. Each input has the shape `[N, 1]`."
    yield from ("", "```python", "import numpy as np", "import onnxruntime", "")
    yield 'session = onnxruntime.InferenceSession("model.onnx")'
    yield "row = {"
    for one in contract["inputs"]:
        private = one["name"] in facts.about["private"]
        text = "" if private else (one.get("categories") or [""])[0]
        sample = _SAMPLES.get(one["type"], f"[[{_json(text)}]], dtype=object")
        yield f"    {_json(one['name'])}: np.array({sample}),{_missing(one)}"
    yield "}"
    names = [one["name"] for one in contract["outputs"]]
    yield f"[{', '.join(names)}] = session.run({_json(names)}, row)"
    yield "```"


def _missing(one: Mapping[str, Any]) -> str:
    if not one["nullable"]:
        return ""
    told = {"double": "np.nan", "int64": "np.iinfo(np.int64).min"}.get(one["type"], _json(one["missing"]))
    return f"  # {told} if it is missing"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
