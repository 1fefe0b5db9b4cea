"""What `check` says about a source at a URL. It connects to nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from mlbuild.data.locators import url as module
from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.check import check

SPEC = """\
mlbuild: 1
project: shop
sources: {rows: {SOURCE, contract: row}}
contracts: {row: {columns: {x: float}}}
warnings: {unused: ignore}
"""


def found(folder: Path, source: str) -> list[Diagnostic]:
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.replace("SOURCE", source))
    return check(file)[1]


@pytest.mark.parametrize(
    ("source", "code", "message", "help_"),
    [
        (
            "path: ftp://host/x.csv",
            "bad-format",
            "'ftp://host/x.csv' is not a URL that can be read",
            "it must start with one of https://, s3://, gs://, az://",
        ),
        (
            "path: file:///etc/passwd.csv",
            "bad-format",
            "'file:///etc/passwd.csv' is not a URL that can be read",
            None,
        ),
        (
            "path: http://host/x.csv",
            "bad-format",
            "'http://host/x.csv' is not encrypted",
            "use https://; only servers on this machine can use http://",
        ),
        (
            "path: http://localhost.example.com/x.csv",
            "bad-format",
            "'http://localhost.example.com/x.csv' is not encrypted",
            None,
        ),
        (
            "path: https:///x.csv",
            "bad-format",
            "'https:///x.csv' does not name a file",
            "write https://HOST/PATH",
        ),
        (
            "path: s3://x.csv",
            "bad-format",
            "'s3://x.csv' names only a bucket or a folder",
            "write s3://BUCKET/PATH",
        ),
        (
            "path: 'https://host/days/*.csv'",
            "bad-format",
            "'https://host/days/*.csv' is a pattern",
            "the web does not list its files: write a list of URLs",
        ),
        (
            "type: csv, path: ['s3://bucket/*.csv', 'https://host/days/*.csv']",
            "bad-format",
            "'https://host/days/*.csv' is a pattern",
            "the web does not list its files: write a list of URLs",
        ),
        (
            "type: delta, path: 's3://bucket/*'",
            "bad-format",
            "'s3://bucket/*' is a pattern",
            "name one table",
        ),
        (
            "path: 's3://*/x.csv'",
            "bad-format",
            "'s3://*/x.csv' names no bucket",
            "write s3://BUCKET/PATH; only PATH can be a pattern",
        ),
        (
            "path: gs://bucket/a/../x.csv",
            "bad-format",
            "'gs://bucket/a/../x.csv' has an empty part, '.' or '..'",
            None,
        ),
        (
            "type: csv, path: 'az://bucket/x.csv?a=b'",
            "bad-format",
            "'az://bucket/x.csv?a=b' has a login or parameters",
            "write az://BUCKET/PATH; credentials are environment variables",
        ),
        (
            "path: https://bob:s3cret@host/x.csv",
            "written-password",
            "the path contains a password",
            "put the URL into an environment variable: path: ${DATA_URL}",
        ),
        (
            "type: csv, path: 'https://host/x.csv?token=s3cret'",
            "written-password",
            "the path contains a password",
            None,
        ),
        (
            "type: csv, path: '${DATA:-https://bob:s3cret@host/x.csv}'",
            "written-password",
            "the path contains a password",
            None,
        ),
        (
            "type: csv, path: [https://host/x.csv, y.csv]",
            "contradiction",
            "'y.csv' is a local file, but other files of the source are on servers",
            "define a source for each, and combine them with a 'concat' step",
        ),
        ("path: x.csv, refresh: 6h", "no-effect", "'refresh' has no effect on local files", "remove it"),
        (
            "path: https://host/x",
            "missing-key",
            "source 'rows' needs 'type': the suffix of 'https://host/x' does not imply one",
            None,
        ),
        (
            "path: 'https://${NOSUCH}@host/x.csv'",
            "undefined-variable",
            "environment variable 'NOSUCH' is not set",
            None,
        ),
    ],
)
def test_a_mistake(tmp_path: Path, source: str, code: str, message: str, help_: str | None) -> None:
    (tmp_path / "x.csv").touch()
    (one,) = found(tmp_path, source)
    assert (one.code, one.message) == (code, message)
    assert "s3cret" not in one.message + str(one.help)
    if help_ is not None:
        assert one.help == help_


def test_a_right_one_and_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *args, **keys: pytest.fail("opened"))
    for source in (
        "path: https://host/x.csv",
        "path: https://host/x.csv.gz, refresh: never",
        "path: 'https://bob:${P:-}@host:8443/a b/x.parquet', refresh: 6h",
        "path: http://localhost:8080/x.csv",
        "path: http://127.0.0.1/x.csv",
        "path: 'http://[::1]:80/x.csv'",
        "type: csv, path: 'https://host/x?day=1&token=${T:-}'",
        "path: s3://bucket/a/x.ndjson",
        "path: gs://bucket/x.arrow",
        "path: az://bucket/x.xlsx, sheet: 2",
        "path: '${DATA:-s3://bucket}/x.csv', refresh: always",
    ):
        assert found(tmp_path, source) == [], source


def test_the_value_of_a_variable_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (
        "ftp://s3cret/x",
        "http://s3cret/x",
        "https://s3cret",
        "s3://s3cret",
        "https://host/s3cret/*",
    ):
        monkeypatch.setenv("DATA", value)
        (one,) = found(tmp_path, "type: csv, path: '${DATA}'")
        assert "s3cret" not in str(one) and "'${DATA}'" in one.message


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_a_library_that_is_not_installed(
    tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "obstore" else True)
    (one,) = found(tmp_path, f"path: {scheme}://bucket/x.csv")
    assert one.code == "missing-library" and one.message.endswith(" needs obstore, which is not installed")
    assert one.help == "in the checkout of mlbuild: pip install '.[cloud]'"
    assert found(tmp_path, "path: https://host/x.csv") == []
    source = f"type: csv, path: [x.csv, {scheme}://bucket/x.csv, {scheme}://bucket/y.csv]"
    _, one = found(tmp_path, source)
    assert one.code == "missing-library"
    assert one.span.column == SPEC.splitlines()[2].index("SOURCE") + source.index(scheme) + 1
