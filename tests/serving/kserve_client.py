"""Asks a server with KServe's client, in an environment that has only this client: `kserve_client.py HOST:PORT`.

Prints what it got as JSON. The model is `zone` of the project of the tests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig  # type: ignore[import-not-found]

NAT = -(2**63)
ROWS = {
    "km": ("FP64", np.array([[12.5], [np.nan], [3.25]])),
    "fare": ("FP64", np.array([[30.25], [4.5], [11.0]])),
    "start": ("INT64", np.array([[NAT], [1_709_195_400_000_000], [NAT]])),
}


def request(binary: bool) -> Any:
    made = []
    for name, (datatype, array) in ROWS.items():
        one = InferInput(name=name, shape=list(array.shape), datatype=datatype)
        one.set_data_from_numpy(array, binary_data=binary)
        made.append(one)
    return InferRequest(model_name="zone", request_id="7", infer_inputs=made)


async def answer(client: Any, base: str, binary: bool) -> Any:
    response = await client.infer(base, request(binary), model_name="zone")
    label, probabilities = (response.get_output_by_name(name) for name in ("label", "probabilities"))
    return [
        response.model_name,
        response.id,
        label.as_numpy().ravel().tolist(),
        probabilities.as_numpy().tolist(),
    ]


async def refused(action: Any) -> str:
    try:
        await action
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it was answered")


async def main() -> None:
    base = f"http://{sys.argv[1]}"
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    wrong = request(False)
    wrong.inputs = wrong.inputs[:2]
    told = {
        "live": await client.is_server_live(base),
        "ready": await client.is_server_ready(base),
        "model_ready": await client.is_model_ready(base, "zone"),
        "answers": [await answer(client, base, binary) for binary in (False, True)],
        "wrong": await refused(client.infer(base, wrong, model_name="zone")),
        "unknown": await refused(client.infer(base, request(False), model_name="other")),
    }
    sys.stdout.write(json.dumps(told))


asyncio.run(main())
