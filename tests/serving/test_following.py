"""A server follows its channel: it answers with each new model, and keeps the old one if the new one cannot be served."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.cli.main import main
from tests.budget import examples
from tests.projects import copied
from tests.serving.rides import RIDE
from tests.serving.servers import PATIENCE, Server, served
from tests.serving.test_metrics import samples

CLIENTS, SWAPS = 3, examples(4, 300)


@pytest.fixture(scope="module")
def released(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two models that were promoted to `prod`, one after the other."""
    folder = tmp_path_factory.mktemp("released")
    copied(project, folder)
    run(folder, "promote", "fare", "prod")
    spec = folder / "mlbuild.yaml"
    spec.write_text(
        spec.read_text(encoding="utf-8").replace("num_iterations: 8", "num_iterations: 9"), "utf-8"
    )
    assert api.build(api.load(spec), ["publish:fare"], threads=1).ok
    run(folder, "promote", "fare", "prod")
    return folder


@pytest.fixture
def channel(released: Path, tmp_path: Path) -> Path:
    """The project in a folder of its own; the channel has its second model."""
    copied(released, tmp_path)
    return tmp_path


def run(folder: Path, *words: str) -> None:
    assert main([words[0], "-q", "--file", str(folder / "mlbuild.yaml"), *words[1:]]) == 0


def digest(folder: Path) -> str:
    return sha256((folder / "channels/prod/model.onnx").read_bytes()).hexdigest()


def asked(server: Server) -> str:
    """Return the digest of the model that answers."""
    return str(server.ask("/predict/fare", RIDE).told["digest"]).removeprefix("sha256:")


def answers_with(server: Server, wanted: str) -> bool:
    return asked(server) == wanted


def wait_for(server: Server, metric: str, count: int) -> None:
    wait(lambda: samples(server)[metric, "fare"] == count)


def wait(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def clients(server: Server) -> Iterator[Counter[tuple[int, str, str]]]:
    """Ask the server all the time; count the responses by status, digest and what was answered."""
    counted: Counter[tuple[int, str, str]] = Counter()
    ended, failures = threading.Event(), list[BaseException]()

    def ask() -> None:
        connection = server.connect()
        body = json.dumps([RIDE] * 3).encode()
        try:
            while not ended.is_set():
                connection.request("POST", "/predict/fare", body)
                got = connection.getresponse()
                told = json.loads(got.read())
                counted[got.status, told.get("digest", ""), json.dumps(told.get("rows"))] += 1
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield counted
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert not failures


def test_no_request_fails_while_models_are_promoted_and_rolled_back(channel: Path) -> None:
    with served(channel, "prod") as server:
        second = asked(server)
        assert second == digest(channel) and samples(server)["mlbuild_swaps_total", "fare"] == 0
        with clients(server) as counted:
            for words in islice(cycle([("rollback", "prod"), ("promote", "fare", "prod")]), SWAPS):
                run(channel, *words)
                wait(partial(answers_with, server, digest(channel)))
        found = samples(server)
        digests = {told.removeprefix("sha256:"): rows for _, told, rows in counted}
        assert {status for status, *_ in counted} == {200}
        assert len(digests) == len(counted) == 2, "each model gives one answer, whatever happens around it"
        assert len({*digests.values()}) == 2 and second in digests
        assert (found["mlbuild_swaps_total", "fare"], found["mlbuild_swaps_refused_total", "fare"]) == (
            SWAPS,
            0,
        )
        assert found["mlbuild_model_info", "fare", f"sha256:{asked(server)}"] == 1
        assert server.ask("/v2/models/fare/ready").told["digest"] == f"sha256:{asked(server)}"
        code, _, err = server.stop()
    assert code == 0 and err.count("'fare' is now answered by ") == SWAPS
    sys.stdout.write(f"soak: {SWAPS} swaps, {counted.total()} requests, 0 failed\n")


def repromoted(folder: Path, change: Callable[[Path], None]) -> None:
    """Promote a changed copy of the published model with --force, so that its files are those of the channel."""
    change(folder / "dist/fare")
    run(folder, "promote", "fare", "prod", "--force", "--why", "test")


def damaged(folder: Path) -> None:
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def unproven(folder: Path) -> None:
    (folder / "parity.json").unlink()


def without_examples(folder: Path) -> None:
    (folder / "examples.json").unlink()


def edited_examples(change: Callable[[str], str]) -> Callable[[Path], None]:
    def change_them(folder: Path) -> None:
        file = folder / "examples.json"
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")

    return change_them


def off_by(share: float) -> Callable[[str], str]:
    def change(text: str) -> str:
        told = json.loads(text)
        told["examples"][2]["outputs"]["prediction"] *= 1 + share
        return json.dumps(told)

    return change


def elsewhere(text: str) -> str:
    return text.replace('"cpu": "', '"cpu": "another ')


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            damaged,
            "'channels/prod/model.onnx' is damaged, or was changed after mlbuild wrote it: its checksum does not match",
        ),
        (unproven, "'channels/prod/model.onnx' is not proven: there is no parity.json next to it"),
        (
            without_examples,
            "'channels/prod/model.onnx' cannot be used: the examples.json next to it cannot be read",
        ),
        (
            edited_examples(lambda text: text.replace('"model": "', '"model": "0')),
            "'channels/prod/model.onnx' does not match the examples.json next to it",
        ),
        (
            edited_examples(off_by(1e-15)),
            "'channels/prod/model.onnx' does not answer as it was built: 'prediction' of example 3 in examples.json is different",
        ),
        (
            edited_examples(lambda text: off_by(1e-8)(elsewhere(text))),
            "'channels/prod/model.onnx' does not answer as it was built: 'prediction' of example 3 in examples.json is different",
        ),
    ],
    ids=["damaged", "unproven", "no examples", "other examples", "last bit", "elsewhere"],
)
def test_a_model_that_cannot_be_served_is_refused(
    channel: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], why: str
) -> None:
    monkeypatch.chdir(channel)
    with served(channel, "prod") as server:
        former = asked(server)
        repromoted(channel, change)
        wait_for(server, "mlbuild_swaps_refused_total", 1)
        assert asked(server) == former and samples(server)["mlbuild_swaps_total", "fare"] == 0
        run(channel, "rollback", "prod")
        wait_for(server, "mlbuild_swaps_total", 1)
        assert server.ask("/predict/fare", RIDE).status == 200
        err = server.stop()[2].splitlines()
    kept = f"'fare' is still answered by {former[:12]}: the new model of channel 'prod' is refused: {why}"
    assert err[1] == kept and err[2] == f"'fare' is now answered by {digest(channel)[:12]} of channel 'prod'"


def test_on_another_machine_numbers_may_differ_as_much_as_the_certificate_allows(channel: Path) -> None:
    repromoted(channel, edited_examples(lambda text: off_by(1e-10)(elsewhere(text))))
    with served(channel, "prod") as server:
        assert asked(server) == digest(channel)


def test_a_channel_that_is_gone_or_changed_by_hand_is_refused(channel: Path) -> None:
    file, model = channel / "channels/prod.json", channel / "channels/prod"
    content = file.read_bytes()
    whys = [
        "there is no file 'channels/prod.json'",
        "'channels/prod.json' is damaged: it does not have the form that mlbuild writes",
        "'channels/prod/model.onnx' is missing or not the promoted file",
    ]
    with served(channel, "prod") as server:
        former = asked(server)
        file.unlink()
        wait_for(server, "mlbuild_swaps_refused_total", 1)
        file.write_text("{}")
        wait_for(server, "mlbuild_swaps_refused_total", 2)
        damaged(model)
        file.write_bytes(content)
        wait_for(server, "mlbuild_swaps_refused_total", 3)
        assert asked(server) == former
        run(channel, "channels")  # restores the files
        wait_for(server, "mlbuild_swaps_total", 1)
        assert asked(server) == former
        err = server.stop()[2].splitlines()
    assert [line.partition(" is refused: ")[2] for line in err[1:4]] == whys


def test_a_later_build_does_not_take_the_model_away(channel: Path) -> None:
    """A channel has files of its own, so whatever happens to `dist`, a new server finds them."""
    promoted = digest(channel)
    for file in (channel / "dist/fare").iterdir():
        file.unlink()
    with served(channel, "prod") as server:
        assert asked(server) == promoted
