"""Files that servers keep: they arrive byte by byte, and everything that goes wrong has its own message."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme

from mlbuild.data.locators import url as module
from mlbuild.data.locators.file import File
from mlbuild.data.locators.remote import Remote, Wanted
from mlbuild.data.servers import SERVERS, cloud, web
from mlbuild.data.servers.address import Address
from mlbuild.diagnostics import Failed, Failure
from mlbuild.progress import silent as unheard
from tests.data import file_servers
from tests.data.file_servers import Site, answer, guarded, silent

CONTENT = b"x;y\n" + b"1;2\n" * 900_000
#: What the answer of a cloud has.
OBJECT = {"ETag": '"1"', "Last_Modified": "Sun, 29 Nov 2026 12:00:00 GMT"}
#: What a variable hides.
SECRET = "s3cr3t-word"


@pytest.fixture
def site() -> Iterator[Site]:
    with file_servers.web() as one:
        yield one


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[file_servers.Cloud]:
    with file_servers.cloud(monkeypatch) as one:
        yield one


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAUSE", 0.0)


def remote(url: str) -> Remote:
    located = File(path=("${DATA}",)).locate(Path(), {"DATA": url})
    assert located.remote is not None and not located.problems, located.problems
    return located.remote


def fetched(folder: Path, url: str) -> tuple[bytes, str | None]:
    """Return the content of a file and its version."""
    one, file = remote(url), folder / "fetched"
    with one.opened(one.request(Wanted({}, ()))) as opened:
        version = opened.version()
        assert opened.write(file, unheard) is None
    return file.read_bytes(), version


def failure(folder: Path, url: str) -> Failure:
    with pytest.raises(Failed) as caught:
        fetched(folder, url)
    return caught.value.failure


def failed(folder: Path, url: str, kind: str, message: str) -> None:
    found = failure(folder, url)
    assert (found.kind, found.message) == (kind, f"cannot fetch '${{DATA}}': {message}")
    assert SECRET not in str(found)


@pytest.mark.parametrize("content", [CONTENT, b"", b"\0\xff\x1f\x8b"], ids=["large", "empty", "binary"])
def test_a_file_arrives_as_it_is(
    site: Site, bucket: file_servers.Cloud, tmp_path: Path, content: bytes
) -> None:
    site.files["/a/rows.csv"] = content
    bucket.put("a/rows.csv", content)
    for url in (f"{site.url}/a/rows.csv", f"{bucket.url}/a/rows.csv"):
        found, version = fetched(tmp_path, url)
        assert found == content and version is not None
        assert fetched(tmp_path, url)[1] == version
    site.files["/a/rows.csv"] = content + b"3;4\n"
    bucket.put("a/rows.csv", content + b"3;4\n")
    for url in (f"{site.url}/a/rows.csv", f"{bucket.url}/a/rows.csv"):
        changed, later = fetched(tmp_path, url)
        assert changed == content + b"3;4\n" and later not in (None, version)


def test_a_name_can_be_any_text(site: Site, bucket: file_servers.Cloud, tmp_path: Path) -> None:
    site.files["/a%20b/%C3%A4+%23.csv"] = b"web"
    bucket.put("a b/ä+.csv", b"bucket")
    assert fetched(tmp_path, f"{site.url}/a b/ä+%23.csv")[0] == b"web"
    assert fetched(tmp_path, f"{bucket.url}/a b/ä+.csv")[0] == b"bucket"


def test_parameters_and_a_login_are_sent(site: Site, tmp_path: Path) -> None:
    site.files["/rows.csv"] = b"x"
    url = site.url.replace("://", "://bob:p%40ss%3A@")
    assert fetched(tmp_path, f"{url}/rows.csv?day=1&token=a%2Fb")[0] == b"x"
    assert {*site.asked} == {("/rows.csv?day=1&token=a%2Fb", "Basic Ym9iOnBAc3M6")}


@pytest.mark.parametrize("headers", [{"ETag": 'W/"1"'}, {}])
def test_a_server_that_knows_no_version(site: Site, tmp_path: Path, headers: dict[str, str]) -> None:
    site.answers["/rows.csv"] = lambda handler: answer(handler, 200, b"x", **headers)
    assert fetched(tmp_path, f"{site.url}/rows.csv") == (b"x", None)


def test_a_size_need_not_be_known(site: Site, tmp_path: Path) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"3\r\nx;y\r\n2\r\n\n1\r\n0\r\n\r\n")

    site.answers["/rows.csv"] = endless
    assert fetched(tmp_path, f"{site.url}/rows.csv")[0] == b"x;y\n1"


def test_redirects_are_followed_but_a_login_stays_with_its_server(site: Site, tmp_path: Path) -> None:
    with file_servers.web() as other:
        site.answers["/latest.csv"] = lambda handler: answer(handler, 302, Location="/rows.csv")
        site.answers["/other.csv"] = lambda handler: answer(handler, 307, Location=f"{other.url}/rows.csv")
        site.files["/rows.csv"], other.files["/rows.csv"] = b"here", b"there"
        url = site.url.replace("://", "://bob:word@")
        assert fetched(tmp_path, f"{url}/latest.csv")[0] == b"here"
        assert {login for _, login in site.asked} == {"Basic Ym9iOndvcmQ="}
        assert fetched(tmp_path, f"{url}/other.csv")[0] == b"there"
        assert {login for _, login in other.asked} == {None}


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/passwd",
        "ftp://localhost/x",
        "http://example.com/x",
        "http://169.254.169.254/x",
        "data:,x",
    ],
)
def test_a_redirect_to_other_places_is_refused(site: Site, tmp_path: Path, place: str) -> None:
    site.answers["/rows.csv"] = lambda handler: answer(handler, 302, Location=place)
    found = failure(tmp_path, f"{site.url}/rows.csv")
    told = "it redirects to a URL that mlbuild does not follow"
    # Python itself refuses a file, with the status of the redirect.
    assert found.kind == "store" and found.message.partition(": ")[2] in (
        told,
        "it redirects too many times (302)",
    )


def status(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, code, SECRET.encode())


def changing(handler: BaseHTTPRequestHandler) -> None:
    changing.count += 1  # type: ignore[attr-defined]  # a counter of its own
    answer(handler, 200, b"x", ETag=f'"{changing.count}"')  # type: ignore[attr-defined]


changing.count = 0  # type: ignore[attr-defined]


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-server\r\n")


@pytest.mark.parametrize(
    ("answers", "kind", "message"),
    [
        (status(404), "data", "there is no such file (404)"),
        (status(410), "data", "there is no such file (410)"),
        (status(401), "store", "the server does not accept the login (401)"),
        (status(403), "store", "the server denied access (403)"),
        (status(418), "store", "the server returned error 418"),
        (status(500), "store", "the server returned error 500"),
        (status(503), "store", "the server returned error 503"),
        (
            lambda handler: answer(handler, 302, Location="/rows.csv"),
            "store",
            "it redirects too many times (302)",
        ),
        (
            lambda handler: answer(handler, 200, b"x;y\n", Content_Length="99"),
            "store",
            "the connection was lost after 4 of 99 bytes",
        ),
        (silent, "store", "the server sent nothing for 0 seconds after 0 bytes"),
        (changing, "store", "it changed while it was being read; run the build again"),
        (nonsense, "store", "the response is not valid HTTP"),
    ],
)
def test_what_a_web_server_can_do_wrong(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: Callable[[BaseHTTPRequestHandler], None],
    kind: str,
    message: str,
) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.4)
    site.answers["/rows.csv"] = answers
    url = site.url.replace("://", f"://bob:{SECRET}@")
    failed(tmp_path, f"{url}/rows.csv?token={SECRET}", kind, message)


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    left = [503, 429]

    def busy(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, left.pop()) if left else answer(handler, 200, b"x")

    site.answers["/rows.csv"] = busy
    assert fetched(tmp_path, f"{site.url}/rows.csv")[0] == b"x"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://127.0.0.1:1/x.csv", "the connection was refused"),
        (f"https://{SECRET}.invalid/x.csv", "the host name cannot be resolved"),
        (f"https://localhost:{SECRET}/x.csv", "its URL is malformed"),
        (f"https://[{SECRET}/x.csv", "its URL is malformed"),
    ],
)
def test_a_web_server_out_of_reach(tmp_path: Path, url: str, message: str) -> None:
    failed(tmp_path, url, "store", message)


@pytest.fixture
def certified() -> tuple[trustme.CA, ssl.SSLContext]:
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return ca, context


def test_a_certificate_must_be_valid(
    certified: tuple[trustme.CA, ssl.SSLContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, context = certified
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with file_servers.web(context) as site:
        site.files["/rows.csv"] = site.files["/shop/rows.csv"] = b"x"
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
        message = "its certificate is not valid: "
        for url, reason in (
            (f"{site.url}/rows.csv", "unable to get local issuer certificate"),
            ("s3://shop/rows.csv", "its issuer is not known"),
        ):
            failed(tmp_path, url, "store", message + reason)
        authority = tmp_path / "authority.pem"
        ca.cert_pem.write_to_path(str(authority))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert fetched(tmp_path, f"{site.url}/rows.csv")[0] == b"x"
        assert fetched(tmp_path, "s3://shop/rows.csv")[0] == b"x"
        other = site.url.replace("localhost", "127.0.0.1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", other)
        failed(
            tmp_path,
            f"{other}/rows.csv",
            "store",
            f"{message}IP address mismatch, certificate is not valid for '127.0.0.1'",
        )
        failed(tmp_path, "s3://shop/rows.csv", "store", f"{message}it is for another host")


def test_a_server_without_encryption(site: Site, tmp_path: Path) -> None:
    url = f"{site.url.replace('http:', 'https:')}/rows.csv"
    failed(tmp_path, url, "store", "the encrypted connection (TLS) failed")


def test_a_bucket_needs_rights(
    bucket: file_servers.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("rows.csv", b"x")
    url = f"{bucket.url}/rows.csv"
    nobody = bucket.user()
    with guarded():
        failed(tmp_path, url, "store", "the server does not accept the credentials (InvalidAccessKeyId)")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", nobody[0])
        failed(tmp_path, url, "store", "the server does not accept the credentials (SignatureDoesNotMatch)")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", nobody[1])
        failed(tmp_path, url, "store", "the server denied access (AccessDenied)")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        found = failure(tmp_path, url)
        assert found.message == "cannot fetch '${DATA}': the server denied access"
        assert found.details["lines"] == [f"help: {cloud.S3.help}"]


def test_what_a_bucket_lacks(bucket: file_servers.Cloud, tmp_path: Path) -> None:
    failed(tmp_path, f"{bucket.url}/nosuch.csv", "data", "there is no such file")
    failed(tmp_path, "s3://nosuch-bucket/rows.csv", "data", "there is no such bucket")


@pytest.mark.parametrize(
    ("answers", "kind", "message"),
    [
        (status(404), "data", "there is no such file"),
        (status(403), "store", "the server denied access"),
        (status(401), "store", "the server does not accept the credentials"),
        (status(400), "store", "the server returned error 400"),
        (status(500), "store", "the server returned error 500"),
        (status(412), "store", "it changed while it was being read; run the build again"),
        (
            lambda handler: answer(handler, 200, b"x", Content_Length="9", **OBJECT),
            "store",
            "the connection was lost",
        ),
        (nonsense, "store", "the response is not valid HTTP"),
    ],
)
@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_what_a_cloud_can_do_wrong(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    answers: Callable[[BaseHTTPRequestHandler], None],
    kind: str,
    message: str,
) -> None:
    elsewhere(monkeypatch, site.url)
    site.answers["/shop/rows.csv"] = site.answers["/shop/rows%2Ecsv"] = answers
    failed(tmp_path, f"{scheme}://shop/rows.csv", kind, message)


def elsewhere(patch: pytest.MonkeyPatch, url: str) -> None:
    """Let all clouds be one server, and give them credentials that nobody may see."""
    for prefix in ("AWS", "AZURE"):
        patch.setenv(f"{prefix}_ENDPOINT{'_URL' if prefix == 'AWS' else ''}", url)
    patch.setenv("GOOGLE_BASE_URL", url)
    patch.setenv("AWS_ACCESS_KEY_ID", "someone")
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "someone")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1", "the connection was refused"),
        (f"https://{SECRET}.invalid", "the host name cannot be resolved"),
        ("http://example.com", "its endpoint is not encrypted"),
        (f"http://[{SECRET}", "its endpoint is not encrypted"),
    ],
)
@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_a_cloud_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, url: str, message: str
) -> None:
    elsewhere(monkeypatch, url)
    failed(tmp_path, f"{scheme}://shop/rows.csv", "store", message)


def test_azure_needs_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    failed(tmp_path, "az://shop/rows.csv", "store", "AZURE_STORAGE_ACCOUNT_NAME is not set")


def test_nothing_searches_for_credentials(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any, a file must be public: no server of the machine's network is asked for some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
    site.files["/shop/rows.csv"] = b"x"
    assert fetched(tmp_path, "s3://shop/rows.csv")[0] == b"x"
    assert site.asked == [("/shop/rows.csv", None)]


def test_a_server_cannot_send_forever(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1_000_000)
    site.files["/rows.csv"] = CONTENT
    found = failure(tmp_path, f"{site.url}/rows.csv")
    assert (found.kind, found.message) == ("data", "'${DATA}' is larger than 0 GB")


def test_only_what_a_library_raises_is_worded(
    site: Site, bucket: file_servers.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is not the fault of a server."""
    site.files["/rows.csv"] = CONTENT
    bucket.put("rows.csv", CONTENT)

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    for url in (f"{site.url}/rows.csv", f"{bucket.url}/rows.csv"):
        one = remote(url)
        with pytest.raises(OSError, match="No space left"), one.opened({}) as opened:
            opened.write(tmp_path / "fetched", full)


def test_an_error_that_nobody_expected_is_scrubbed(
    bucket: file_servers.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    def fail(*arguments: Any) -> None:
        raise ValueError(
            f"cannot use {file_servers.SECRET} for {bucket.bucket}/rows.csv\n\nDebug source:\nmore"
        )

    monkeypatch.setattr(obstore, "get", fail)
    found = failure(tmp_path, f"{bucket.url}/rows.csv")
    unquoted = "cannot fetch '${DATA}': the obstore library failed"
    assert (found.kind, found.message) == ("store", f"{unquoted}: cannot use *** for ***/***")
    assert found.details["unquoted"] == unquoted


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://bob:s3cret@host/x.csv", ["s3cret"]),
        ("https://host/a:b@c.csv", []),
        ("https://host/x.csv?X-Amz-Signature=abc&X-Amz-Credential=d&X-Amz-Date=2026", ["abc", "d"]),
        ("https://host/x.csv?sig=a&se=b&api_key=c&access_token=d", ["a", "c", "d"]),
        ("https://host/x.csv?keyword=a&design=b#token=c", []),
        ("s3://bucket/x.csv", []),
    ],
)
def test_what_is_secret_in_a_url(url: str, secrets: list[str]) -> None:
    address = Address(url, "it")
    assert address.secrets() == secrets
    assert url not in repr(address) and url not in repr(remote("https://host/x.csv"))


def test_a_scheme_has_one_server() -> None:
    assert SERVERS.names == ("https", "http", "s3", "gs", "az")
