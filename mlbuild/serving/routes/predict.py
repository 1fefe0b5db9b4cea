"""`POST /predict/MODEL`: records in, records out."""

from __future__ import annotations

from mlbuild.frozen import frozen
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Request, Response, json_response
from mlbuild.serving.model import Model
from mlbuild.serving.reading.records import read_records
from mlbuild.serving.reading.rows import Rows
from mlbuild.serving.reading.table import read_table
from mlbuild.serving.service import Answered, Service

_CSV = b"text/csv"


@frozen(eq=False)
class Records:
    """Rows as JSON records or, with the content type `text/csv`, as a CSV file. The answer is always JSON."""

    body: bytes
    kind: bytes
    id: str

    @property
    def size(self) -> int:
        return len(self.body)

    def read(self, model: Model, limits: Limits) -> Rows:
        read = read_table if self.kind == _CSV else read_records
        return read(self.body, model, limits.rows)

    def write(self, model: Model, answered: Answered) -> Response:
        names = [output.name for output in model.outputs]
        values = [output.records(answered.outputs[output.name]) for output in model.outputs]
        told = {
            "model": model.name,
            "digest": f"sha256:{model.digest}",
            "rows": [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)],
            "violations": [one.to_json() for one in answered.violations],
        }
        return json_response(told)


async def predict(request: Request, service: Service) -> Response:
    """Return the answers for the rows of a request.

    Raises:
        Refused: It is not answered.
        Gone: The client has left.
    """
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return await service.respond(Records(await request.body(), kind, request.id))
