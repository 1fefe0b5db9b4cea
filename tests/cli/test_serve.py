"""`serve` finds models, listens where it was told to, and stops when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme

from tests.cli.running import Command
from tests.projects import copied
from tests.serving.rides import RIDE, TRIP, rides
from tests.serving.servers import Server, served


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rides(tmp_path_factory.mktemp("rides"))


@pytest.fixture
def project(mlbuild: Command, built: Path) -> Path:
    copied(built, mlbuild.folder)
    return mlbuild.folder


def models(server: Server) -> list[str]:
    """Return which of the names that the tests use a server answers."""
    names = ["fare", "zone", "prod", "mine", "copy"]
    return [name for name in names if server.ask(f"/predict/{name}", b"").status == 400]


def test_all_outputs_are_served_by_default(project: Path) -> None:
    with served(project) as server:
        assert server.address.startswith("http://127.0.0.1:")
        assert models(server) == ["fare", "zone"]
        code, out, err = server.stop()
    assert (code, out) == (0, "")
    digest = {name: model_digest(project / f"dist/{name}")[:12] for name in ("fare", "zone")}
    assert err == "".join(f"serving '{name}' from dist/{name} ({digest[name]})\n" for name in digest)


def model_digest(folder: Path) -> str:
    return str(json.loads((folder / "parity.json").read_text())["model"])


def test_models_are_outputs_folders_and_channels(mlbuild: Command, project: Path) -> None:
    (project / "dist/zone").rename(project / "copy")
    assert mlbuild("promote", "fare", "prod").code == 0
    with served(project, "prod", "copy", "mine=dist/fare", "-q") as server:
        assert models(server) == ["fare", "mine", "copy"]
        assert server.ask("/predict/copy", TRIP).told["model"] == "copy"
        assert (
            server.ask("/predict/fare", RIDE).told["rows"] == server.ask("/predict/mine", RIDE).told["rows"]
        )
        assert server.stop()[2] == ""


def test_a_profile_has_its_own_outputs(profiled: Command) -> None:
    assert profiled("build", "--profile", "quick").code == 0
    with served(profiled.folder, "--profile", "quick") as server:
        assert server.stop()[2].startswith("serving 'one' from dist-quick/one (")


def test_a_model_that_does_not_exist(mlbuild: Command, project: Path) -> None:
    done = mlbuild("serve", "fires")
    message = "there is no output, folder or channel 'fires'"
    assert (done.code, done.out) == (2, "")
    assert done.err == f"mlbuild: {message}\n  help: did you mean 'fare'?\n"
    done = mlbuild("serve", "nothing/alike")
    assert done.err.endswith("help: available: fare, zone\n")


def test_a_folder_without_models(mlbuild: Command) -> None:
    done = mlbuild("serve")
    assert (done.code, done.err) == (
        2,
        "mlbuild: there is no model in 'dist'\n  help: build one first, or name a folder or a channel\n",
    )


def test_two_models_of_one_name(mlbuild: Command, project: Path) -> None:
    done = mlbuild("serve", "fare", "dist/fare")
    assert (done.code, done.err) == (
        2,
        "mlbuild: 'dist/fare' and 'fare' would both be called 'fare'\n  help: choose another name with NAME=MODEL\n",
    )
    done = mlbuild("serve", "a/b=fare")
    assert done.err.startswith("mlbuild: 'a/b' cannot be the name of a model\n")


def test_a_model_that_is_damaged_or_not_proven(mlbuild: Command, project: Path) -> None:
    file = project / "dist/fare/model.onnx"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"0")
    done = mlbuild("serve", "fare", "--port", "0")
    damaged = "'dist/fare/model.onnx' is damaged, or was changed after mlbuild wrote it: its checksum does not match"
    assert (done.code, done.err) == (3, f"mlbuild: {damaged}\n  help: build it again\n")
    file.write_bytes(content)
    (project / "dist/fare/contract.json").write_text("{}")
    done = mlbuild("serve", "fare", "--port", "0")
    assert done.err.startswith(
        "mlbuild: 'dist/fare/model.onnx' cannot be used: the contract.json next to it "
    )
    (project / "dist/fare/contract.json").write_bytes((project / "dist/zone/contract.json").read_bytes())
    done = mlbuild("serve", "fare", "--port", "0")
    assert done.err.startswith(
        "mlbuild: 'dist/fare/model.onnx' does not match the contract.json next to it\n"
    )
    (project / "dist/fare/parity.json").unlink()
    done = mlbuild("serve", "fare", "--port", "0")
    unproven = "'dist/fare/model.onnx' is not proven: there is no parity.json next to it"
    assert (done.code, done.err) == (3, f"mlbuild: {unproven}\n  help: build it again\n")


def test_a_channel_whose_files_were_changed(mlbuild: Command, project: Path) -> None:
    assert mlbuild("promote", "fare", "prod").code == 0
    (project / "channels/prod/metrics.json").write_text("{}")
    done = mlbuild("serve", "prod")
    message = "'metrics.json' of channel 'prod' is not the promoted file"
    help_ = "'mlbuild channels' restores it from the store"
    assert (done.code, done.err) == (3, f"mlbuild: {message}\n  help: {help_}\n")


USAGE = {
    "--port=65536": "argument --port: '65536' is not a port between 0 and 65535",
    "--port=-1": "argument --port: '-1' is not a port between 0 and 65535",
    "--max-rows=0": "argument --max-rows: '0' is not a positive integer",
    "--timeout=1.5": "argument --timeout: '1.5' is not a positive integer",
}


@pytest.mark.parametrize(("option", "message"), USAGE.items())
def test_options_that_mean_nothing(mlbuild: Command, option: str, message: str) -> None:
    done = mlbuild("serve", option)
    assert (done.code, done.err) == (2, f"mlbuild: {message}\n  help: run 'mlbuild serve --help' for usage\n")


def test_a_port_that_is_taken(mlbuild: Command, project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = mlbuild("serve", "--port", str(port))
    assert (done.code, done.err) == (
        1,
        f"mlbuild: cannot listen at 127.0.0.1:{port}: address already in use\n"
        "  help: choose another port with --port; 0 takes a free one\n",
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org", "192.168.0.7"])
def test_other_machines_need_a_token(mlbuild: Command, project: Path, host: str) -> None:
    done = mlbuild("serve", "--host", host)
    assert (done.code, done.err) == (
        2,
        f"mlbuild: '{host}' can be reached from other machines, so the server needs a token\n"
        "  help: choose a file with a token with --token-file, or serve everyone with --insecure\n",
    )


def test_everyone_can_be_served(project: Path) -> None:
    with served(project, "--host", "0.0.0.0", "--insecure") as server:
        assert server.address.startswith("http://0.0.0.0:")
        assert server.ask("/predict/fare", RIDE).status == 200


def test_a_token_is_needed_for_everything_but_health(project: Path) -> None:
    token = "correct-horse-battery"
    (project / "token").write_text(f"{token}\n")
    with served(project, "--host", "0.0.0.0", "--token-file", "token") as server:
        assert server.ask("/predict/fare", RIDE, authorization=f"Bearer {token}").status == 200
        assert server.ask("/v2/health/ready").told == {"ready": True, "live": True}
        for given in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": token},
            {"authorization": f"Basic {token}"},
        ):
            for path in ("/predict/fare", "/nowhere"):
                answer = server.ask(path, RIDE, **given)
                assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
                assert answer.told == {
                    "error": "this needs the header 'Authorization: Bearer TOKEN' with the right token"
                }


TOKENS = {
    b"": "must be one word of at least 16 ASCII characters",
    b"short": "must be one word of at least 16 ASCII characters",
    b"two words are too many": "must be one word of at least 16 ASCII characters",
    "ümläüte-sind-verboten".encode(): "must be one word of at least 16 ASCII characters",
}


@pytest.mark.parametrize(("content", "message"), TOKENS.items())
def test_tokens_that_protect_nothing(mlbuild: Command, content: bytes, message: str) -> None:
    (mlbuild.folder / "token").write_bytes(content)
    done = mlbuild("serve", "--token-file", "token")
    assert (done.code, done.err) == (
        2,
        f"mlbuild: the token in 'token' {message}\n  help: make one: openssl rand -hex 32\n",
    )


def test_a_token_that_cannot_be_read(mlbuild: Command) -> None:
    done = mlbuild("serve", "--token-file", "token")
    assert done.err == "mlbuild: cannot read the token in 'token': no such file or directory\n"


def test_https(mlbuild: Command, project: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(project / "key.pem")
    issued.cert_chain_pems[0].write_to_path(project / "cert.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with served(project, "--tls-cert", "cert.pem", "--tls-key", "key.pem", trust=trust) as server:
        assert server.address.startswith("https://127.0.0.1:")
        assert server.ask("/predict/fare", RIDE).status == 200
    done = mlbuild("serve", "--tls-cert", "cert.pem")
    assert done.err == "mlbuild: --tls-cert and --tls-key belong together\n  help: give both of them\n"
    done = mlbuild("serve", "--tls-cert", "cert.pem", "--tls-key", "other.pem")
    assert done.err == "mlbuild: there is no file 'other.pem'\n"
    done = mlbuild("serve", "--tls-cert", "key.pem", "--tls-key", "key.pem", "--port", "0", "-q")
    assert (done.code, done.err) == (
        2,
        "mlbuild: 'key.pem' and 'key.pem' are not a certificate and its private key\n"
        "  help: both must be PEM files, and the key must have no password\n",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_running_requests_end_before_the_server(project: Path, number: signal.Signals) -> None:
    with served(project) as server:
        body = json.dumps([RIDE] * 10_000).encode()
        connection = server.connect()
        connection.putrequest("POST", "/predict/fare")
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body[:1000])
        assert server.ask("/v2/health/live").status == 200  # so the request is known to the server
        ended: list[tuple[int, str, str]] = []
        waiting = threading.Thread(target=lambda: ended.append(server.stop(number)))
        waiting.start()
        connection.send(body[1000:])
        answer = connection.getresponse()
        assert (answer.status, len(json.loads(answer.read())["rows"])) == (200, 10_000)
        connection.close()
        waiting.join()
        assert ended[0][0] == 0


def test_a_missing_extra_is_told_with_the_command(project: Path) -> None:
    hidden = "import sys; sys.modules['httptools'] = sys.modules['msgspec'] = None; from mlbuild.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "serve"], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "mlbuild: serving needs httptools, msgspec, which is not installed\n"
        "  help: in the checkout of mlbuild: pip install '.[serve]'\n"
    )
