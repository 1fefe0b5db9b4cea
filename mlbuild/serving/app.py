"""The ASGI application: finds the route of a request, and turns refusals and failures into responses."""

from __future__ import annotations

import hmac
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from mlbuild.frozen import frozen
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Gone, Receive, Request, Response, Scope, Send
from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

_VERSIONED = re.compile(r"(?P<model>/v2/models/[^/]+)/versions/(?P<version>[^/]+)(?P<rest>/[a-z]+|)")
Handler = Callable[[Request], Awaitable[Response]]


@frozen(eq=False)
class Route:
    """What answers a method at a path. An `open` route needs no token. `model` is the one that it is about."""

    method: str
    path: str
    handler: Handler
    open: bool = False
    model: str = ""


class App:
    """Answers requests of the routes. `report` gets the traceback of a failure, which is a bug. `finished` gets the model of
    each request, the status of the response, the rule that refused it, and how many seconds it took.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        limits: Limits,
        token: bytes | None,
        report: Callable[[str], None],
        finished: Callable[[str, HTTPStatus, str | None, float], None],
    ) -> None:
        self._limits, self._token, self._report, self._finished = limits, token, report, finished
        self._routes: dict[str, dict[str, Route]] = {}
        for route in routes:
            self._routes.setdefault(route.path, {})[route.method] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # uvicorn sends nothing else with our settings
            return
        path, version = _without_version(scope["path"])
        request = Request(scope, receive, self._limits, version)
        start = time.perf_counter()
        model, rule = "", None
        try:
            route = self._route(request, path)
            model = route.model
            response = await route.handler(request)
        except Refused as refused:
            response, rule = _told(refused), refused.rule
        except Gone:
            return
        except Exception:  # a bug must cost one request, not the server
            self._report(traceback.format_exc())
            response = _told(Refused("the server failed", status=HTTPStatus.INTERNAL_SERVER_ERROR))
        self._finished(model, response.status, rule, time.perf_counter() - start)
        await response.send(send, request)

    def _route(self, request: Request, path: str) -> Route:
        """Return the route of a request.

        Raises:
            Refused: There is none, or it needs the token.
        """
        routes = self._routes.get(path, {})
        route = routes.get("GET" if request.method == "HEAD" else request.method)
        if self._token is not None and not (route and route.open):
            self._check_token(request.headers.get(b"authorization", b""))
        if not routes:
            raise Refused(f"there is nothing at '{shown(request.path)}'", status=HTTPStatus.NOT_FOUND)
        if route is None:
            allowed = ", ".join(sorted(routes))
            raise Refused(
                f"'{shown(request.path)}' only allows {allowed}",
                status=HTTPStatus.METHOD_NOT_ALLOWED,
                headers=((b"allow", allowed.encode()),),
            )
        return route

    def _check_token(self, given: bytes) -> None:
        scheme, _, token = given.partition(b" ")
        assert self._token is not None
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            raise Refused(
                "this needs the header 'Authorization: Bearer TOKEN' with the right token",
                status=HTTPStatus.UNAUTHORIZED,
                headers=((b"www-authenticate", b"Bearer"),),
            )


def _without_version(path: str) -> tuple[str, str | None]:
    """Split the version of a model off a path of the Open Inference Protocol."""
    found = _VERSIONED.fullmatch(path) if "/versions/" in path else None
    return (found["model"] + found["rest"], found["version"]) if found else (path, None)


def _told(refused: Refused) -> Response:
    """Return the response for a request that is not answered."""
    import msgspec

    return Response(msgspec.json.encode(refused.to_json()), status=refused.status, headers=refused.headers)
