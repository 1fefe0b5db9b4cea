"""The server process: listens, answers, and stops when it is told to."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from mlbuild.frozen import frozen
from mlbuild.serving.app import App
from mlbuild.serving.following import Follower, Source
from mlbuild.serving.guard import guard, watch
from mlbuild.serving.limits import Limits
from mlbuild.serving.log import Logging, RequestLog
from mlbuild.serving.metrics.metrics import Metrics
from mlbuild.serving.model import Model
from mlbuild.serving.routes.health import Health
from mlbuild.serving.routes.table import routes
from mlbuild.serving.service import Observer, Service

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BACKLOG = 2048
#: The seconds after which a thread that reads a large request makes way for the event loop, a tenth of Python's default.
_SWITCH = 0.0005
#: How many files a server opens in addition to its connections.
_OTHER_FILES = 48
#: The libraries of the extra `serve`, by the names of their modules.
LIBRARIES = ("uvicorn", "httptools", "uvloop", "msgspec")


@frozen
class Settings:
    """How a server listens, and whom it answers. `certificate` and `key` are the files for TLS."""

    host: str
    port: int
    token: bytes | None = None
    strict: bool = False
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = Limits()
    logging: Logging | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


def listening(settings: Settings) -> socket.socket:
    """Return a socket that is bound to the address. Port 0 takes a free one.

    Raises:
        OSError: The address is not available.
    """
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def encryption_of(settings: Settings) -> ssl.SSLContext | None:
    """Return how connections are encrypted; None if they are not.

    Raises:
        OSError: The files are not a certificate and its private key, or cannot be read.
    """
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    return context


def _no_password() -> str:
    """Return a wrong password. Without it, OpenSSL would ask for one on the terminal."""
    return ""


def with_room(limits: Limits) -> Limits:
    """Let this process open a file for each connection, or allow fewer connections."""
    try:
        import resource
    except ImportError:  # a platform without such limits
        return limits
    needed = limits.connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return replace(limits, connections=max(1, min(limits.connections, soft - _OTHER_FILES)))
    return limits


def serve(
    models: Mapping[str, Model],
    followed: Mapping[str, tuple[Source, object]],
    settings: Settings,
    bound: socket.socket,
    started: Callable[[], None],
    report: Callable[[str], None],
) -> None:
    """Answer requests at a bound address until SIGTERM or SIGINT arrives and the running requests have ended.

    `followed` are the sources of models that others can replace, by the names of the models, with the states that they had before the
    models were loaded. `started` is called when requests are answered, and `report` with lines about failures and new models.

    Raises:
        OSError: The files for TLS cannot be used.
    """
    sys.setswitchinterval(_SWITCH)
    encryption = encryption_of(settings)
    settings = replace(settings, limits=with_room(settings.limits))
    metrics = Metrics()
    with ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="rows"))
        observers: list[Observer] = [metrics.answered]
        if settings.logging is not None:
            log = opened.enter_context(closing(RequestLog(settings.logging, report)))
            metrics.watch_log(lambda: log.dropped)
            observers.append(log)
        services = [
            Service(name, model, pool, settings.limits, strict=settings.strict, observers=observers)
            for name, model in models.items()
        ]
        followers = []
        for service in services:
            metrics.watch(service)
            if service.name in followed:
                followers.append(Follower(service, *followed[service.name], pool, report))
                metrics.watch_changes(followers[-1])
        health = Health()
        table = routes(services, health, metrics, token=settings.token is not None)
        app = App([*table], settings.limits, settings.token, report, metrics.finished)
        _run(app, settings, bound, encryption, health, followers, started)


def _run(
    app: App,
    settings: Settings,
    bound: socket.socket,
    encryption: ssl.SSLContext | None,
    health: Health,
    followers: Sequence[Follower],
    started: Callable[[], None],
) -> None:
    import uvicorn

    logging.getLogger("uvicorn").disabled = True
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).disabled = True
    config = uvicorn.Config(
        app,
        http=guard(settings.limits),
        loop="uvloop" if os.name == "posix" else "asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.limits.drain,
    )
    config.load()
    config.ssl = encryption
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # handled below

    def stop() -> None:
        """Stop after the running requests; at the second signal, immediately."""
        server.force_exit = health.draining
        health.draining = server.should_exit = True

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            with suppress(NotImplementedError):  # on Windows, Ctrl-C ends the process immediately
                loop.add_signal_handler(number, stop)
        background = [watch(server.server_state.connections), *(one.follow() for one in followers)]
        tasks = [*map(loop.create_task, background)]
        loop.call_soon(started)
        await server.serve([bound])
        for task in tasks:
            task.cancel()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())
