"""Asks a server with Triton's client, in an environment that has only this client: `triton_client.py HOST:PORT`.

Prints what it got as JSON. The model is `zone` of the project of the tests.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import tritonclient.http as http  # type: ignore[import-not-found]

NAT = -(2**63)
ROWS = {
    "km": ("FP64", np.array([[12.5], [np.nan], [3.25]])),
    "fare": ("FP64", np.array([[30.25], [4.5], [11.0]])),
    "start": ("INT64", np.array([[NAT], [1_709_195_400_000_000], [NAT]])),
}


def inputs(binary: bool) -> list[Any]:
    made = []
    for name, (datatype, array) in ROWS.items():
        one = http.InferInput(name, list(array.shape), datatype)
        one.set_data_from_numpy(array, binary_data=binary)
        made.append(one)
    return made


def answers(client: Any, binary: bool, asked: bool, **options: Any) -> Any:
    outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
    result = client.infer("zone", inputs(binary), outputs=outputs if asked else None, **options)
    labels = [
        text.decode() if isinstance(text, bytes) else str(text) for text in result.as_numpy("label").ravel()
    ]
    told = result.get_response()
    return [told["model_name"], told.get("id"), labels, result.as_numpy("probabilities").tolist()]


def refused(action: Any) -> str:
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it was answered")


def main() -> None:
    client = http.InferenceServerClient(sys.argv[1])
    version = client.get_model_metadata("zone")["versions"][0]
    every = [
        answers(client, binary, asked, **options)
        for binary in (False, True)
        for asked in (False, True)
        for options in (
            {"request_id": "7"},
            {"request_id": "7", "model_version": version},
            {"request_id": "7", "request_compression_algorithm": "gzip"},
            {"request_id": "7", "response_compression_algorithm": "gzip"},
        )
    ]
    wrong = http.InferInput("km", [1, 1], "FP32")
    wrong.set_data_from_numpy(np.array([[1.0]], dtype=np.float32))
    told = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready("zone") and client.is_model_ready("zone", version),
        "other_ready": client.is_model_ready("other"),
        "server": client.get_server_metadata(),
        "model": client.get_model_metadata("zone", version),
        "answers": every,
        "unknown": refused(lambda: client.infer("other", inputs(True))),
        "wrong": refused(lambda: client.infer("zone", [wrong])),
        "version": refused(lambda: client.get_model_metadata("zone", "2")),
    }
    sys.stdout.write(json.dumps(told))


main()
