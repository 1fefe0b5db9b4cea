"""`mlbuild serve`: answer requests for predictions over HTTP with built models."""

from __future__ import annotations

import argparse
import re
import ssl
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

from mlbuild.cli.exits import DATA, OK, TASK, Stopped, UsageError
from mlbuild.cli.output.printing import page, put, say, show
from mlbuild.cli.reading.folders import Folders, Found
from mlbuild.cli.reading.followed import ChannelSource, keyless, private_columns
from mlbuild.hints import listed
from mlbuild.regular import is_regular, read_regular
from mlbuild.serving.limits import Limits
from mlbuild.serving.log import Logging
from mlbuild.serving.model import Model, Unservable
from mlbuild.serving.server import LIBRARIES, Settings, listening, serve
from mlbuild.shown import shown

FORMATS = ("text",)
#: The length of a secret from which nobody can guess it, and the largest file of one.
_SHORTEST, _LARGEST = 16, 10_000
_MAKE_KEY = "make one with 'openssl rand -hex 32 > log.key', and name the file with --log-key"
_LIMITS = Limits()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="an output, a folder of a built model, or a channel; NAME=MODEL gives it another name (default: all outputs)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument(
        "--port", type=_port, default=8080, help="port to listen at; 0 takes a free one (default: 8080)"
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help="file with a token that requests must have in the header 'Authorization: Bearer TOKEN'",
    )
    parser.add_argument(
        "--insecure", action="store_true", help="serve other machines without a token, whoever can reach them"
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="PEM file with the certificate for HTTPS")
    parser.add_argument("--tls-key", metavar="FILE", help="PEM file with the private key of the certificate")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="reject requests that violate a rule of the contract, instead of reporting it in the answer",
    )
    parser.add_argument(
        "--max-rows",
        type=_positive,
        default=_LIMITS.rows,
        metavar="N",
        help=f"maximum number of rows in a request (default: {_LIMITS.rows:,})",
    )
    parser.add_argument(
        "--max-mb",
        type=_positive,
        default=_LIMITS.body // 1_000_000,
        metavar="N",
        help=f"maximum size of a request body in MB (default: {_LIMITS.body // 1_000_000})",
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
        default=int(_LIMITS.arrival),
        metavar="SECONDS",
        help=f"maximum time to receive a request, in seconds (default: {int(_LIMITS.arrival)})",
    )
    parser.add_argument(
        "--log", metavar="FOLDER", help="log each answered row in files of this folder, for 'mlbuild monitor'"
    )
    parser.add_argument(
        "--log-share",
        type=_share,
        default=1.0,
        metavar="SHARE",
        help="share of the requests to log, such as 0.1; requests that violate a rule are always logged (default: 1)",
    )
    parser.add_argument(
        "--log-days",
        type=_positive,
        metavar="N",
        help="delete logs of days before the last N (default: keep all)",
    )
    parser.add_argument(
        "--log-key",
        metavar="FILE",
        help="file with the secret key of the hashes that are logged of columns with 'pii: hash'",
    )


def run(args: argparse.Namespace) -> int:
    if absent := [name for name in LIBRARIES if find_spec(name) is None]:
        message = f"serving needs {listed(absent)}, which is not installed"
        raise UsageError(message, "in the checkout of mlbuild: pip install '.[serve]'")
    settings = _settings(args)
    folders = Folders(args)
    found = dict(_found(args, folders))
    try:
        bound = listening(settings)
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        message = f"cannot listen at {settings.host}:{settings.port}: {why}"
        raise Stopped(message, "choose another port with --port; 0 takes a free one", TASK) from None
    with bound:
        logging = _logging(args)
        settings = replace(settings, logging=logging)
        hashing = logging is not None and logging.key is not None
        sources = {
            name: ChannelSource(folders.root, one.channel, name, logged=bool(args.log), hashing=hashing)
            for name, one in found.items()
            if one.channel is not None
        }
        followed = {name: (source, source.state()) for name, source in sources.items()}
        models = {name: _opened(name, one.folder, logged=bool(args.log)) for name, one in found.items()}
        for model in models.values():
            if args.log and model.hashed and not hashing:
                raise UsageError(keyless(model), _MAKE_KEY)
        if not args.quiet:
            say(
                f"serving '{shown(name)}' from {shown(str(one.folder))} ({models[name].version})"
                for name, one in found.items()
            )
        host, port = bound.getsockname()[:2]
        place = f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{port}"

        def started() -> None:
            show([f"listening on {place}"])
            sys.stdout.flush()

        try:
            serve(models, followed, settings, bound, started, _report)
        except ssl.SSLError:
            message = (
                f"'{settings.certificate}' and '{settings.key}' are not a certificate and its private key"
            )
            raise UsageError(message, "both must be PEM files, and the key must have no password") from None
    return OK


def _report(text: str) -> None:
    put(sys.stderr, page(text.splitlines()))


def _opened(name: str, folder: Path, *, logged: bool) -> Model:
    try:
        return Model(name, folder, private_columns(folder) if logged else frozenset())
    except Unservable as error:
        raise Stopped(str(error), "build it again", DATA) from None


def _settings(args: argparse.Namespace) -> Settings:
    token = _secret(args.token_file, "token") if args.token_file else None
    if not token and not args.insecure and not _is_local(args.host):
        raise UsageError(
            f"'{shown(args.host)}' can be reached from other machines, so the server needs a token",
            "choose a file with a token with --token-file, or serve everyone with --insecure",
        )
    if bool(args.tls_cert) != bool(args.tls_key):
        raise UsageError("--tls-cert and --tls-key belong together", "give both of them")
    certificate, key = (Path(file) if file else None for file in (args.tls_cert, args.tls_key))
    for file in (certificate, key):
        if file and not is_regular(file):
            raise UsageError(f"there is no file '{file}'")
    limits = replace(_LIMITS, rows=args.max_rows, body=args.max_mb * 1_000_000, arrival=float(args.timeout))
    return Settings(args.host, args.port, token, args.strict, certificate, key, limits)


def _logging(args: argparse.Namespace) -> Logging | None:
    if args.log is None:
        return None
    folder = Path(args.log)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        raise UsageError(f"cannot write logs to '{shown(args.log)}': {why}") from None
    key = _secret(args.log_key, "key") if args.log_key else None
    return Logging(folder, args.log_share, args.log_days, key)


def _share(text: str) -> float:
    if not re.fullmatch(r"(0|1|0?\.[0-9]{1,9}|1\.0{1,9})", text):
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a number between 0 and 1")
    return float(text)


def _is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(file: str, what: str) -> bytes:
    """Return the token or key in a file."""
    try:
        token = read_regular(file, _LARGEST).strip()
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        raise UsageError(f"cannot read the {what} in '{shown(file)}': {why}") from None
    if len(token) < _SHORTEST or not token.isascii() or len(token.split()) != 1:
        message = f"the {what} in '{shown(file)}' must be one word of at least {_SHORTEST} ASCII characters"
        raise UsageError(message, "make one: openssl rand -hex 32")
    return token


def _found(args: argparse.Namespace, folders: Folders) -> Iterator[tuple[str, Found]]:
    """Yield the names of the models to serve, and where they are."""
    if not args.models and not folders.outputs:
        message = f"there is no model in '{shown(str(folders.dist))}'"
        raise UsageError(message, "build one first, or name a folder or a channel")
    seen: dict[str, str] = {}
    for word in args.models or folders.outputs:
        given, _, asked = word.rpartition("=")
        found = folders.find(asked)
        name = given or found.name
        if "/" in name or not name.isprintable():
            raise UsageError(f"'{shown(name)}' cannot be the name of a model", "choose one with NAME=MODEL")
        if name in seen:
            message = f"'{shown(word)}' and '{shown(seen[name])}' would both be called '{shown(name)}'"
            raise UsageError(message, "choose another name with NAME=MODEL")
        seen[name] = word
        yield name, found


def _port(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 5 or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a port between 0 and 65535")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a positive integer")
    return int(text)
