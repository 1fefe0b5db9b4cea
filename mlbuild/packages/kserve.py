"""An InferenceService for KServe, and the model repository that its runtime loads."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.packages.package import Package, Unpackable, quoted, text
from mlbuild.packages.shipped import Shipped
from mlbuild.packages.triton import Triton

_FOLDER = "models"


class KServe(Package):
    """See https://kserve.github.io/website/latest/reference/api/."""

    type = "kserve"
    doc = "an InferenceService for KServe, with the model repository that it loads (needs --uri)"

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        if not uri:
            help_ = (
                f"add --uri URI, the place to which you copy '{_FOLDER}/', such as s3://bucket/{shipped.name}"
            )
            raise Unpackable("an InferenceService names the place of its model", help_)
        yield "inferenceservice.yaml", text(_service(shipped, uri))
        for path, content in Triton.files(shipped, uri):
            yield f"{_FOLDER}/{path}", content


def _service(shipped: Shipped, uri: str) -> str:
    return f"""\
# Copy '{_FOLDER}/' to {uri}, then: kubectl apply -f inferenceservice.yaml
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {shipped.dashed}
  annotations:
    mlbuild/model: {quoted(f"sha256:{shipped.model.digest}")}
spec:
  predictor:
    model:
      modelFormat:
        name: triton
      protocolVersion: v2
      runtime: kserve-tritonserver
      storageUri: {quoted(uri)}
      resources:
        requests: {{cpu: "1", memory: 1Gi}}
        limits: {{cpu: "1", memory: 1Gi}}"""
