"""Writes logs as a server would: rows of a model, answered by the model itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

START = datetime(2026, 3, 1, tzinfo=UTC)


def records(
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    every: timedelta = timedelta(seconds=60),
    start: datetime = START,
    **others: Any,
) -> list[dict[str, Any]]:
    """Return a record for each row, answered by the model in a published folder."""
    rows = [*rows]
    contract = json.loads((folder / "contract.json").read_text())
    digest = json.loads((folder / "profile.json").read_text())["model"]
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    feed: dict[str, Any] = {}
    for one in contract["inputs"]:
        values = [row[one["name"]] for row in rows]
        if one["type"] == "string":
            texts = [one["missing"] if value is None else value for value in values]
            feed[one["name"]] = np.array(texts, object)[:, None]
        elif one["type"] == "int64":
            times = np.array(["NaT" if value is None else value for value in values], "datetime64[us]")
            feed[one["name"]] = times.astype(np.int64)[:, None]
        else:
            feed[one["name"]] = np.array([np.nan if value is None else value for value in values], float)[
                :, None
            ]
    found = dict(zip([one["name"] for one in contract["outputs"]], session.run(None, feed), strict=True))
    outputs = {
        column: found[one["name"]][:, place].tolist()
        for one in contract["outputs"]
        for place, column in enumerate(one.get("columns", [one["name"]]))
    }
    return [
        {
            "ts": (start + place * every).isoformat().replace("+00:00", "Z"),
            "id": f"r{place}",
            "row": 0,
            "model": digest,
            "inputs": dict(row),
            "outputs": {name: values[place] for name, values in outputs.items()},
            "violations": [],
            "us": 100.0 + place % 7,
            **others,
        }
        for place, row in enumerate(rows)
    ]


def write_log(file: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file
