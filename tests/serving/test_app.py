"""What fails in the server is reported there, and the client learns nothing but that it failed."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from mlbuild.serving.app import App, Route
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Request, Response


def answered(handler: Any, path: str = "/x", method: str = "GET") -> tuple[int, Any, list[str], list[Any]]:
    """Return the status and the content of a response, the reports, and what was counted."""
    reports: list[str] = []
    counted: list[Any] = []
    route = Route("GET", "/x", handler, model="m")
    app = App([route], Limits(), None, reports.append, lambda *told: counted.append(told[:3]))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(app({"type": "http", "method": method, "path": path, "headers": []}, receive, send))
    if not sent:
        return 0, None, reports, counted
    return sent[0]["status"], json.loads(sent[1]["body"]), reports, counted


async def fail(request: Request) -> Response:
    raise ValueError("a secret")


async def read(request: Request) -> Response:
    return Response(await request.body())


def test_a_failure_is_reported_but_not_to_the_client() -> None:
    status, told, reports, counted = answered(fail)
    assert (status, told) == (500, {"error": "the server failed"})
    assert len(reports) == 1 and reports[0].endswith("ValueError: a secret\n")
    assert counted == [("m", HTTPStatus.INTERNAL_SERVER_ERROR, None)]


def test_a_client_that_leaves_gets_no_answer() -> None:
    assert answered(read) == (0, None, [], [])


def test_other_paths_and_methods() -> None:
    assert answered(fail, "/y")[:2] == (404, {"error": "there is nothing at '/y'"})
    assert answered(fail, method="PUT")[:2] == (405, {"error": "'/x' only allows GET"})
