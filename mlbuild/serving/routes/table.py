"""All routes of a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from mlbuild.serving.app import Route
from mlbuild.serving.messages import Request, Response
from mlbuild.serving.metrics.metrics import Metrics
from mlbuild.serving.routes import protocol
from mlbuild.serving.routes.health import Health
from mlbuild.serving.routes.openapi import OpenApi
from mlbuild.serving.routes.page import page
from mlbuild.serving.routes.predict import predict
from mlbuild.serving.service import Service

#: The content type of metrics for Prometheus.
_METRICS = b"text/plain; version=0.0.4; charset=utf-8"


def routes(services: Sequence[Service], health: Health, metrics: Metrics, *, token: bool) -> Iterator[Route]:
    """Yield the routes for some models. `token` says whether requests need one."""

    async def measured(request: Request) -> Response:
        return Response(metrics.text().encode(), _METRICS)

    yield Route("GET", "/", page, open=True)
    yield Route("GET", "/openapi.json", OpenApi(services, token=token).answer)
    yield Route("GET", "/metrics", measured)
    for path in ("/v2", "/v2/"):
        yield Route("GET", path, protocol.server)
    yield Route("GET", "/v2/health/live", health.live, open=True)
    yield Route("GET", "/v2/health/ready", health.ready, open=True)
    for service in services:
        model = f"/v2/models/{service.name}"
        yield _of(service, "POST", f"/predict/{service.name}", predict)
        yield _of(service, "GET", model, protocol.metadata)
        yield _of(service, "GET", f"{model}/ready", protocol.ready)
        yield _of(service, "POST", f"{model}/infer", protocol.infer)


def _of(
    service: Service,
    method: str,
    path: str,
    handler: Callable[[Request, Service], Awaitable[Response]],
) -> Route:
    return Route(method, path, lambda request: handler(request, service), model=service.name)
