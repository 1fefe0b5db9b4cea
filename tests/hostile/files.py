"""Models that read other files."""

from __future__ import annotations

from onnx import TensorProto

from tests.hostile.base import Fresh, Named, attribute, behind, claiming, constant, plus


def other_files(fresh: Fresh) -> Named:
    for what, location in {
        "above": "../secret.txt",
        "beside": "secret.txt",
        "absolute": "/etc/hostname",
    }.items():
        outside = claiming([3, 1])
        outside.data_location = TensorProto.EXTERNAL
        outside.external_data.add(key="location", value=location)
        outside.external_data.add(key="length", value="24")
        yield f"external data {what}", behind(fresh, plus("c"), outside)
        model = fresh()
        splits = attribute(model, "nodes_splits").t
        splits.ClearField("raw_data")
        splits.data_location = TensorProto.EXTERNAL
        splits.external_data.extend(outside.external_data)
        yield f"external data {what} of an attribute", model
    quiet = constant([[1.0]])
    quiet.external_data.add(key="location", value="../secret.txt")
    yield "a location that is not used", behind(fresh, plus("c"), quiet)
