"""All routes of a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from mlbuild.serving.app import Route
from mlbuild.serving.messages import Request, Response
from mlbuild.serving.routes import protocol
from mlbuild.serving.routes.health import Health
from mlbuild.serving.routes.predict import predict
from mlbuild.serving.service import Service


def routes(services: Sequence[Service], health: Health) -> Iterator[Route]:
    """Yield the routes for some models."""
    for path in ("/v2", "/v2/"):
        yield Route("GET", path, protocol.server)
    yield Route("GET", "/v2/health/live", health.live, open=True)
    yield Route("GET", "/v2/health/ready", health.ready, open=True)
    for service in services:
        yield Route("POST", f"/predict/{service.name}", _about(predict, service))
        model = f"/v2/models/{service.name}"
        yield Route("GET", model, _about(protocol.metadata, service))
        yield Route("GET", f"{model}/ready", _about(protocol.ready, service))
        yield Route("POST", f"{model}/infer", _about(protocol.infer, service))


def _about(
    handler: Callable[[Request, Service], Awaitable[Response]], service: Service
) -> Callable[[Request], Awaitable[Response]]:
    return lambda request: handler(request, service)
