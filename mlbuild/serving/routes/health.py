"""`GET /v2/health/live` and `/ready`: whether the server runs, and whether it accepts requests."""

from __future__ import annotations

from http import HTTPStatus

from mlbuild.serving.messages import Request, Response

# Clients read different keys of these: the protocol has `live` in both, KServe reads `ready`.
_LIVE, _READY = b'{"live":true}', b'{"ready":true,"live":true}'
_DRAINING = b'{"ready":false,"live":true}'


class Health:
    """The state of the server. It is not ready once it was told to stop."""

    def __init__(self) -> None:
        self.draining = False

    async def live(self, request: Request) -> Response:
        return Response(_LIVE)

    async def ready(self, request: Request) -> Response:
        if self.draining:
            return Response(_DRAINING, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(_READY)
