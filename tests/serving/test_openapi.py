"""`/openapi.json` describes what the server answers: valid requests are answered, and others refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.serving.rides import RIDE, TRIP
from tests.serving.servers import Server, served
from tests.serving.test_protocol import inputs
from tests.serving.test_rules import WRONG


def schema(document: Any, path: str, part: str = "requestBody") -> Any:
    """Return the schema of the body of a request, or of its answer."""
    operation = document["paths"][path]["post"]
    found = operation["requestBody"] if part == "requestBody" else operation["responses"][part]
    one = found["content"]["application/json"]["schema"]
    return {**one, "components": document["components"]}


def test_requests_and_answers_are_as_described(server: Server) -> None:
    document = server.ask("/openapi.json").told
    for path, body in (
        ("/predict/fare", RIDE),
        ("/predict/zone", TRIP),
        ("/v2/models/fare/infer", {"inputs": inputs(RIDE)}),
    ):
        forms = [body, [body], {"rows": [body, body]}] if "predict" in path else [body]
        for form in forms:
            jsonschema.validate(form, schema(document, path))
            answer = server.ask(path, form)
            assert answer.status == 200
            jsonschema.validate(answer.told, schema(document, path, "200"))
    jsonschema.validate(server.ask("/predict/fare", {}).told, schema(document, "/predict/fare", "400"))


BAD = [{column: value} for column, value in WRONG.items() if column != "start" and RIDE[column] != value]


@pytest.mark.parametrize(
    "change",
    [*BAD, {"km": "1"}, {"stops": 1.5}, {"stops": None}, {"zone": None}, {"note": "x" * 21}, {"other": 1}],
)
def test_what_violates_the_contract_violates_the_schema(server: Server, change: dict[str, Any]) -> None:
    document = server.ask("/openapi.json").told
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(RIDE | change, schema(document, "/predict/fare"))


def test_a_token_is_part_of_the_description(project: Path) -> None:
    token = "correct-horse-battery"
    (project / "token").write_text(token)
    with served(project, "fare", "--token-file", "token") as server:
        assert server.ask("/openapi.json").status == 401
        document = server.ask("/openapi.json", authorization=f"Bearer {token}").told
    assert document["security"] == [{"token": []}]
    assert document["paths"]["/v2/health/live"]["get"]["security"] == []
