"""The Open Inference Protocol, version 2, over HTTP: metadata and inference.

https://github.com/kserve/open-inference-protocol, with the extension for binary tensors of Triton.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mlbuild import __version__
from mlbuild.kinds import Json
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Request, Response, json_response
from mlbuild.serving.model import Model
from mlbuild.serving.outputs import Output
from mlbuild.serving.reading.rows import Rows
from mlbuild.serving.reading.tensors import Inference, read_inference
from mlbuild.serving.refused import Refused
from mlbuild.serving.service import Answered, Service
from mlbuild.shown import shown

if TYPE_CHECKING:
    import numpy as np

#: The header with the length of the JSON at the start of a body.
_LENGTH = b"inference-header-content-length"
_BINARY = b"application/octet-stream"


class Tensors:
    """A request for inference. `header` is the length of its JSON, if bytes follow it, and `request` the identity of the
    request, unless it has one in its JSON.
    """

    def __init__(self, body: bytes, header: int | None, request: str) -> None:
        self._body, self._header, self._request = body, header, request
        self._asked: Inference | None = None

    @property
    def size(self) -> int:
        return len(self._body)

    @property
    def id(self) -> str:
        return self._request if self._asked is None or self._asked.id is None else self._asked.id

    def read(self, model: Model, limits: Limits) -> Rows:
        self._asked = read_inference(self._body, self._header, model, limits)
        return self._asked.rows

    def write(self, model: Model, answered: Answered) -> Response:
        assert self._asked is not None
        told: Json = {"model_name": model.name, "model_version": model.version}
        told |= {} if self._asked.id is None else {"id": self._asked.id}
        if answered.violations:
            violations = [one.to_json() for one in answered.violations]
            told["parameters"] = {"violations": json_response(violations).body.decode()}
        outputs = {output.name: output for output in model.outputs}
        tensors, blobs = [], []
        for wanted in self._asked.wanted:
            output, values = outputs[wanted.name], answered.outputs[wanted.name]
            tensor: Json = {"name": output.name, "datatype": output.datatype, "shape": [*values.shape]}
            if wanted.binary:
                blobs.append(_packed(output, values))
                tensor["parameters"] = {"binary_data_size": len(blobs[-1])}
            else:
                tensor["data"] = values.ravel().tolist()
            tensors.append(tensor)
        response = json_response(told | {"outputs": tensors})
        if not blobs:
            return response
        length = (_LENGTH, str(len(response.body)).encode())
        return Response(b"".join([response.body, *blobs]), _BINARY, headers=(length,))


async def infer(request: Request, service: Service) -> Response:
    """Return the outputs of a model for the tensors of a request.

    Raises:
        Refused: It is not answered.
        Gone: The client has left.
    """
    length = request.headers.get(_LENGTH)
    if length is not None and not (length.isdigit() and len(length) < 12):
        raise Refused("the header 'Inference-Header-Content-Length' must be a number of bytes")
    header = None if length is None else int(length)
    body = await request.body()
    # Nothing waits from here to the choice of the model, which can be replaced while a body arrives.
    _check_version(request, service)
    return await service.respond(Tensors(body, header, request.id))


async def server(request: Request) -> Response:
    """Return what the server is."""
    return json_response({"name": "mlbuild", "version": __version__, "extensions": ["binary_tensor_data"]})


async def metadata(request: Request, service: Service) -> Response:
    """Return the inputs and outputs of a model.

    Raises:
        Refused: It has another version.
    """
    _check_version(request, service)
    model = service.model
    inputs = [{"name": one.name, "datatype": one.datatype, "shape": [-1, 1]} for one in model.columns]
    outputs = [
        {"name": one.name, "datatype": one.datatype, "shape": [-1, one.width]} for one in model.outputs
    ]
    told = {"name": model.name, "versions": [model.version], "platform": "onnx_onnxv1"}
    return json_response(told | {"inputs": inputs, "outputs": outputs})


async def ready(request: Request, service: Service) -> Response:
    """Return that a model is ready, as all of them are once the server listens.

    Raises:
        Refused: It has another version.
    """
    _check_version(request, service)
    return json_response({"name": service.name, "ready": True, "digest": f"sha256:{service.model.digest}"})


def _check_version(request: Request, service: Service) -> None:
    if request.version not in (None, service.model.version):
        message = f"model '{service.name}' has the version '{service.model.version}', not '{shown(request.version)}'"
        raise Refused(message, status=HTTPStatus.NOT_FOUND)


def _packed(output: Output, values: np.ndarray[Any, Any]) -> bytes:
    """Return the bytes of a tensor: strings with their lengths in four bytes before them."""
    if output.datatype != "BYTES":
        return values.tobytes()
    texts = [text.encode() for text in values.ravel().tolist()]
    return b"".join(part for text in texts for part in (len(text).to_bytes(4, "little"), text))
