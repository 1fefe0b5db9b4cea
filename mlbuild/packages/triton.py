"""A model repository for the Triton Inference Server: `config.pbtxt` and the model, in the folder of its version."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.folders import MODEL
from mlbuild.packages.package import Package, text
from mlbuild.packages.shipped import Shipped

#: The most rows that the server puts together.
_MOST_ROWS = 4096


class Triton(Package):
    """See https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto."""

    type = "triton"
    doc = "a model repository for the Triton Inference Server"

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        yield f"{shipped.identifier}/config.pbtxt", text(_config(shipped))
        yield f"{shipped.identifier}/1/{MODEL}", shipped.files[MODEL]


def _config(shipped: Shipped) -> str:
    model = shipped.model
    inputs = ",\n".join(_tensor(one.name, one.datatype, 1) for one in model.columns)
    outputs = ",\n".join(_tensor(one.name, one.datatype, one.width) for one in model.outputs)
    return f"""\
# Model {shipped.model.digest}
name: {_string(shipped.identifier)}
backend: "onnxruntime"
max_batch_size: {_MOST_ROWS}
input [
{inputs}
]
output [
{outputs}
]
# The answer for a row does not depend on the other rows of its batch.
dynamic_batching {{ }}
instance_group [
  {{ count: 1, kind: KIND_CPU }}
]
parameters [
  {{ key: "intra_op_thread_count", value: {{ string_value: "1" }} }}
]"""


def _tensor(name: str, datatype: str, width: int) -> str:
    """Return an input or output. The datatype is that of the Open Inference Protocol, which calls strings otherwise."""
    type_ = "STRING" if datatype == "BYTES" else datatype
    return f"  {{ name: {_string(name)}, data_type: TYPE_{type_}, dims: [ {width} ] }}"


def _string(text: str) -> str:
    """Return a string of the text format of protocol buffers, with the bytes of other characters as octal numbers."""
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in text.encode()
    )
    return f'"{"".join(plain)}"'
