"""Object storage: S3 and what speaks its protocol, Google Cloud Storage and Azure, with the library obstore."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import (
    CHANGED,
    CONNECT,
    PATIENCE,
    RETRIES,
    Listed,
    Server,
    absent,
    is_local,
    unreachable,
)
from mlbuild.diagnostics import Failed, Failure

if TYPE_CHECKING:
    from obstore import GetResult

_CHUNK = 1 << 20
#: How many objects of a list are taken at a time.
_PAGE = 1000
#: The longest time that one file may take.
_LONGEST = timedelta(days=1)
#: Parts of messages of obstore that tell the cause, and the cause.
_CAUSES = {
    r"(?:InvalidCertificate\(|peer certificate:)\s*Expired": "its certificate is not valid: it has expired",
    r"(?:InvalidCertificate\(|peer certificate:)\s*(?:NotValidForName|certificate not valid for name)": "its certificate is not valid: it is for another host",
    r"(?:InvalidCertificate\(|peer certificate:)\s*UnknownIssuer": "its certificate is not valid: its issuer is not known",
    r"InvalidCertificate\(|peer certificate:": "its certificate is not valid",
    r"dns error|failed to lookup address": "the host name cannot be resolved",
    r"TimedOut|kind: Timeout|operation timed out": f"the server sent nothing for {PATIENCE:.0f} seconds",
    r"Connection ?[Rr]efused": "the connection was refused",
    r"corrupt message|InvalidContentType": "the encrypted connection (TLS) failed",
    r"kind: Connect\b|\(Connect\)": "no connection could be made",
    r"MissingAccount": "AZURE_STORAGE_ACCOUNT_NAME is not set",
    r"without LOCATION|PermanentRedirect|AuthorizationHeaderMalformed": "the bucket is in another region",
    r"hyper::Error\(\s*Parse|Header missing": "the response is not valid HTTP",
    r"Content-Range header|end of file before|IncompleteMessage|kind: Body|kind: Decode": "the connection was lost",
}
_CREDENTIALS = re.compile(r"KEY|TOKEN|SECRET|CREDENTIAL|ACCOUNT(?!_NAME)|CLIENT_ID|IDENTITY|METADATA|SAS")
#: Codes of S3 for credentials that are wrong, rather than for rights that are missing.
_NOT_ACCEPTED = re.compile(
    r"Invalid\w*(?:Key|Token)\w*|SignatureDoesNotMatch|Expired\w*|\w*AuthenticationFailed"
)


class Cloud(Server):
    """A service that keeps files in buckets. Its credentials are environment variables, and nothing else."""

    libraries = ("obstore",)
    module = "obstore"
    extra = "cloud"
    lists = True
    #: The start of the names of its environment variables, and the class of obstore.
    prefix: ClassVar[str]
    store: ClassVar[str]
    #: How to get access.
    help: ClassVar[str]

    @classmethod
    def mistake(cls, address: Address, environment: Mapping[str, str]) -> tuple[str, str] | None:
        form = f"{cls.schemes[0]}://BUCKET/PATH"
        if not address.host or not address.key or address.key.endswith("/"):
            return "names only a bucket or a folder", f"write {form}"
        if re.search(r"[*\[]", address.host):
            return "names no bucket", f"write {form}; only PATH can be a pattern"
        if address.login or address.query:
            return "has a login or parameters", f"write {form}; credentials are environment variables"
        if "//" in f"/{address.key}" or {".", ".."} & {*address.key.split("/")}:
            return "has an empty part, '.' or '..'", f"write {form}"
        return None

    @classmethod
    def is_pattern(cls, address: Address) -> bool:
        return re.search(r"[*\[]", address.key) is not None

    @classmethod
    @contextmanager
    def asked(cls, address: Address) -> Iterator[Stored]:
        with cls.worded(address):
            import obstore

            found = obstore.get(cls._opened(address), address.key)
        yield Stored(cls, address, found)

    @classmethod
    def listed(cls, address: Address, folder: str) -> Iterator[Listed]:
        with cls.worded(address):
            import obstore

            pages = iter(obstore.list(cls._opened(address), prefix=folder or None, chunk_size=_PAGE))
        while True:
            with cls.worded(address):
                page = next(pages, None)
            if page is None:
                return
            for one in page:
                yield Listed(one["path"], one["size"], version_of(one))

    @classmethod
    @contextmanager
    def worded(cls, address: Address) -> Iterator[None]:
        """Word what obstore raises. Only calls of obstore belong in it: it raises errors of files, too.

        Raises:
            Failed: The file cannot be fetched.
        """
        try:
            yield
        except (Failed, MemoryError):
            raise
        except Exception as error:  # obstore can raise anything, and its message can contain a signature
            raise cls.failure(address, error) from None

    @classmethod
    def anonymous(cls, environment: Mapping[str, str]) -> bool:
        """Whether there are no credentials. Then nothing searches the machine and its network for some."""
        names = (name for name in environment if name.startswith(cls.prefix) and environment[name])
        return not any(map(_CREDENTIALS.search, names))

    @classmethod
    def _opened(cls, address: Address) -> Any:
        import obstore.store

        options = {
            "allow_http": cls.unencrypted(address),
            "connect_timeout": timedelta(seconds=CONNECT),
            "read_timeout": timedelta(seconds=PATIENCE),
            "timeout": _LONGEST,
        }
        retries = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=2 * PATIENCE)}
        more = {"skip_signature": True} if cls.anonymous(os.environ) else {}
        made = getattr(obstore.store, cls.store)
        return made(address.host, client_options=options, retry_config=retries, **more)

    @classmethod
    def settings(cls, address: Address) -> dict[str, str]:
        """Return what libraries other than obstore are told in the same way: the environment, and its limits."""
        given = {name: value for name, value in os.environ.items() if name.startswith(cls.prefix)}
        allowed = {"allow_http": "true"} if cls.unencrypted(address) else {}
        anonymous = {f"{cls.prefix.casefold()}skip_signature": "true"} if cls.anonymous(os.environ) else {}
        limits = {
            "connect_timeout": f"{CONNECT:.0f}s",
            "timeout": f"{_LONGEST.total_seconds():.0f}s",
            "read_timeout": f"{PATIENCE:.0f}s",
            "max_retries": str(RETRIES),
            "retry_timeout": f"{2 * PATIENCE:.0f}s",
        }
        return given | allowed | anonymous | limits

    @classmethod
    def unencrypted(cls, address: Address) -> bool:
        """Whether the endpoint is `http://`.

        Raises:
            Failed: It is, and neither on this machine nor trusted.
        """
        endpoint = next((text for name in cls.variables if "://" in (text := os.environ.get(name, ""))), "")
        scheme, _, host = endpoint.partition("://")
        trusted = os.environ.get(f"{cls.prefix}ALLOW_HTTP", "").casefold() == "true"
        if scheme.casefold() == "http" and not (trusted or is_local(host.partition("/")[0])):
            help_ = f"use https://, or set {cls.prefix}ALLOW_HTTP=true if you trust the network"
            raise unreachable(address, "its endpoint is not encrypted", help_)
        return scheme.casefold() == "http"

    @classmethod
    def failure(cls, address: Address, error: Exception, library: str = "obstore") -> Failed:
        """Create the failure for what a library raised about a file or a table in a bucket, to be raised."""
        text, kind = re.sub(r"\s*\x1b\[31m\S*\x1b\[0m", ":", str(error)), type(error).__name__
        found = re.search(r"status code: (\d{3})", text)
        status = int(found[1]) if found else None
        found = re.search(r"<Code>(\w{1,60})</Code>", text)
        code = found[1] if found else ""
        if kind in ("FileNotFoundError", "NotFoundError") or status == 404:
            bucket = code in ("NoSuchBucket", "ContainerNotFound")
            return absent(address, "there is no such bucket" if bucket else "there is no such file")
        if status == 412 or kind == "PreconditionError":
            return unreachable(address, CHANGED)
        said = f" ({code})" if code else ""
        if status in (401, 403):
            if _NOT_ACCEPTED.fullmatch(code) or status == 401:
                return unreachable(address, f"the server does not accept the credentials{said}")
            help_ = cls.help if cls.anonymous(os.environ) else None
            return unreachable(address, f"the server denied access{said}", help_)
        cause = next((cause for mark, cause in _CAUSES.items() if re.search(mark, text)), None)
        if status is not None:
            cause = cause or f"the server returned error {status}"
        if cause is not None:
            return unreachable(address, cause)
        unquoted = f"cannot fetch '{address.called}': the {library} library failed"
        quote = cls._scrubbed(address, text.partition("\n\nDebug source")[0])
        return Failed(Failure("store", f"{unquoted}: {quote}", {"unquoted": unquoted}))

    @classmethod
    def _scrubbed(cls, address: Address, text: str) -> str:
        secrets = (
            value for name, value in os.environ.items() if name.startswith(cls.prefix) and len(value) > 3
        )
        for secret in sorted({*secrets, address.host, address.key}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return address.scrubbed(text)


class S3(Cloud):
    """Amazon S3, or another service that speaks its protocol."""

    name = "S3"
    schemes = ("s3",)
    prefix = "AWS_"
    store = "S3Store"
    variables = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_REGION")
    help = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_METADATA_ENDPOINT=http://169.254.169.254 for the role of this machine"


class GoogleStorage(Cloud):
    """Google Cloud Storage."""

    name = "Google Cloud Storage"
    schemes = ("gs",)
    prefix = "GOOGLE_"
    store = "GCSStore"
    variables = ("GOOGLE_BASE_URL",)
    help = "set GOOGLE_APPLICATION_CREDENTIALS to the file with the key of an account"


class AzureStorage(Cloud):
    """Azure Blob Storage."""

    name = "Azure Blob Storage"
    schemes = ("az",)
    prefix = "AZURE_"
    store = "AzureStore"
    variables = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT", "AZURE_STORAGE_ACCOUNT_NAME")
    help = "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_KEY"


class Stored:
    """An object that is about to be sent."""

    def __init__(self, cloud: type[Cloud], address: Address, found: GetResult) -> None:
        self._cloud, self._address, self._found = cloud, address, found

    @property
    def version(self) -> str | None:
        return version_of(self._found.meta)

    @property
    def size(self) -> int | None:
        size: int = self._found.meta["size"]
        return size

    def chunks(self) -> Iterator[bytes]:
        with self._cloud.worded(self._address):
            stream = iter(self._found.stream(min_chunk_size=_CHUNK))
        while True:
            with self._cloud.worded(self._address):
                chunk = next(stream, None)
            if chunk is None:
                return
            yield bytes(chunk)


def version_of(meta: Mapping[str, Any]) -> str | None:
    """Return a text that changes when an object does."""
    tag = meta.get("e_tag")
    return None if not tag else f"{tag} {meta.get('version')} {meta['size']}"
