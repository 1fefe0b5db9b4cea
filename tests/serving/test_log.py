"""`mlbuild serve --log`: every answered row is in the log, whatever happens to the server."""

from __future__ import annotations

import hmac
import json
import math
import random
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlbuild.monitoring.log import files_of, read_log
from mlbuild.profiles.profile import Profile
from mlbuild.serving.limits import Limits
from mlbuild.serving.log import Logging, RequestLog
from mlbuild.serving.model import Model
from mlbuild.serving.reading.records import read_records
from mlbuild.serving.service import Answered, Service
from tests.cli.running import Command
from tests.projects import built, one_model
from tests.serving.rides import RIDE, SPEC, TRIP, ride, rides
from tests.serving.servers import PATIENCE, Server, served

FARE, ZONE = "/predict/fare", "/predict/zone"


def logged(folder: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a log, in order."""
    lines = (line for file in files_of(folder) for line in file.read_bytes().splitlines(keepends=True))
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def waited(folder: Path, count: int) -> list[dict[str, Any]]:
    """Return the lines of a log as soon as there are so many."""
    end = time.monotonic() + PATIENCE
    while len(found := logged(folder)) < count and time.monotonic() < end:
        time.sleep(0.05)  # the server writes twice a second
    return found


def wait_for_dropped(server: Server, rows: int) -> None:
    """Wait until a server has dropped rows, or for so long that it never will."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:  # the server writes twice a second
        if f"mlbuild_log_dropped_rows_total {rows}\n".encode() in server.ask("/metrics").body:
            return
        time.sleep(0.05)


def test_each_row_is_a_record_with_what_was_asked_and_answered(project: Path, tmp_path: Path) -> None:
    with served(project, "--log", str(tmp_path)) as server:
        before = datetime.now(UTC)
        answer = server.ask(FARE, [RIDE, RIDE | {"km": 400, "start": None}], X_Request_ID="ask-1")
        other = server.ask(ZONE, TRIP)
        assert server.stop()[0] == 0  # what waits is written at the end
    assert answer.headers["x-request-id"] == "ask-1"
    first, second = logged(tmp_path / "fare")
    assert first["inputs"] == RIDE and second["inputs"] == RIDE | {"km": 400.0, "start": None}
    assert [first["outputs"], second["outputs"]] == answer.told["rows"]
    assert (first["id"], first["row"], second["row"]) == ("ask-1", 0, 1)
    assert (first["violations"], second["violations"]) == ([], [{"column": "km", "rule": "max"}])
    assert answer.told["digest"] == f"sha256:{first['model']}"
    assert before <= datetime.fromisoformat(first["ts"]) <= datetime.now(UTC) and first["us"] > 0
    (trip,) = logged(tmp_path / "zone")
    assert trip["id"] == other.headers["x-request-id"]
    (row,) = other.told["rows"]
    assert trip["outputs"] == {
        "label": row["label"],
        **{f"probability_{name}": value for name, value in row["probabilities"].items()},
    }


def test_the_protocol_is_logged_alike(project: Path, tmp_path: Path) -> None:
    tensors = [
        {"name": "km", "datatype": "FP64", "shape": [1, 1], "data": [12.5]},
        {"name": "fare", "datatype": "FP64", "shape": [1, 1], "data": [30.25]},
        {"name": "start", "datatype": "INT64", "shape": [1, 1], "data": [-(2**63)]},
    ]
    with served(project, "--log", str(tmp_path)) as server:
        assert server.ask("/v2/models/zone/infer", {"inputs": tensors}, X_Request_ID="outer").status == 200
        assert server.ask("/v2/models/zone/infer", {"id": "own", "inputs": tensors}).told["id"] == "own"
        server.stop()
    found = logged(tmp_path)
    assert [one["id"] for one in found] == ["outer", "own"]
    assert [one["inputs"] for one in found] == [TRIP, TRIP]


def test_infinite_numbers_are_logged_as_in_a_table(tmp_path: Path) -> None:
    """JSON has no infinities. The model answers infinity minus infinity, which is missing, and infinity."""
    rows = "x,z,y\n" + "".join(f"{i},{i * i % 5},{i * 3 % 7}\n" for i in range(9))
    learner = "type: sklearn.linear_regression, features: [x, z], target: y"
    file = one_model(tmp_path, "x: {dtype: float, finite: false}, z: float, y: float", rows, learner)
    built(file)
    with served(tmp_path, "--log", "log") as server:
        table = b"x,z\ninf,1\n-inf,1\n1e308,2\ninf,-inf\n"
        assert server.ask("/predict/one", table, content_type="text/csv").status == 200
        server.stop()
    found = logged(tmp_path / "log")
    assert [one["inputs"]["x"] for one in found] == ["inf", "-inf", 1e308, "inf"]
    told = [one["outputs"]["prediction"] for one in found]
    assert {told[0], told[1]} == {"inf", "-inf"} and isinstance(told[2], float)
    profile = Profile.from_json(json.loads((tmp_path / "dist/one/profile.json").read_text()))
    log = read_log(files_of(tmp_path / "log"), profile)
    assert log.values["x"].tolist() == [math.inf, -math.inf, 1e308, math.inf]
    assert log.values["prediction"][:2].tolist() == [float(told[0]), float(told[1])]


def test_what_monitor_reads_is_what_was_asked(project: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [{name: value for name, value in ride(chance).items() if name != "fare"} for _ in range(300)]
    with served(project, "--log", str(tmp_path)) as server:
        for start in range(0, 300, 100):
            assert server.ask(FARE, rows[start : start + 100]).status == 200
        server.stop()
    profile = Profile.from_json(json.loads((project / "dist/fare/profile.json").read_text()))
    log = read_log(files_of(tmp_path), profile)
    assert (log.rows, log.broken, log.others) == (300, 0, 0)
    assert log.values["zone"].tolist() == [row["zone"] for row in rows]
    assert log.values["stops"].tolist() == [row["stops"] for row in rows]


def test_a_killed_server_loses_at_most_the_last_second(project: Path, tmp_path: Path) -> None:
    with served(project, "--log", str(tmp_path)) as server:
        for number in range(40):
            assert server.ask(FARE, RIDE, X_Request_ID=f"r{number}").status == 200
        waited(tmp_path, 40)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    assert [one["id"] for one in logged(tmp_path)] == [f"r{number}" for number in range(40)]


def test_a_share_of_the_requests_is_logged_and_every_violation(project: Path, tmp_path: Path) -> None:
    asked = [f"r{number}" for number in range(200)]
    chosen = []
    for name in ("one", "two"):
        with served(project, "--log", str(tmp_path / name), "--log-share", "0.25") as server:
            connection = server.connect()
            for number in asked:
                row = RIDE | ({"km": -1} if number == "r7" else {})
                connection.request("POST", FARE, json.dumps([row]), {"X-Request-ID": number})
                assert connection.getresponse().read()
            connection.close()
            server.stop()
        chosen.append({one["id"] for one in logged(tmp_path / name)})
    assert chosen[0] == chosen[1], "every server chooses the same requests"
    assert 25 < len(chosen[0]) < 80 and "r7" in chosen[0]


def test_private_values_are_not_logged(tmp_path: Path) -> None:
    folder = rides(tmp_path)
    file = folder / "mlbuild.yaml"
    text = SPEC.replace("max_length: 20}", "max_length: 20, private: true}")
    file.write_text(
        text.replace("zone: {dtype: string,", "zone: {dtype: string, private: true,"), encoding="utf-8"
    )
    built(file)
    with served(folder, "--log", "log") as server:
        server.ask(FARE, RIDE | {"note": "a secret"})
        server.ask(ZONE, TRIP)
        server.stop()
    (fare,), (zone,) = logged(folder / "log/fare"), logged(folder / "log/zone")
    assert fare["inputs"].keys() == RIDE.keys() - {"note", "zone"}
    assert zone["outputs"].keys() == {f"probability_{name}" for name in ("north", "south", "öst")}


def test_what_a_contract_lets_a_log_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = rides(tmp_path)
    text = SPEC.replace("max_length: 20}", "max_length: 20, pii: hash}").replace(
        "zone: {dtype: string,", "zone: {dtype: string, pii: hash,"
    )
    text = text.replace("stops: {dtype: int, min: 0}", "stops: {dtype: int, min: 0, pii: drop}")
    text = text.replace("km: {dtype: float,", "km: {dtype: float, private: true, pii: keep,")
    (folder / "mlbuild.yaml").write_text(
        text.replace("day: date", "day: {dtype: date, pii: hash}"), encoding="utf-8"
    )
    built(folder / "mlbuild.yaml")
    contract = json.loads((folder / "dist/fare/contract.json").read_text())
    assert {one["name"]: one["pii"] for one in contract["inputs"] if "pii" in one} == {
        "zone": "hash",
        "note": "hash",
        "km": "keep",
        "stops": "drop",
        "day": "hash",
    }
    (label, _) = json.loads((folder / "dist/zone/contract.json").read_text())["outputs"]
    assert label["pii"] == "hash"
    done = Command(folder, capsys, monkeypatch)("serve", "--log", "log", "--port", "0")
    assert (done.code, done.err.splitlines()) == (
        2,
        [
            "mlbuild: 'day' of 'fare' is logged as a hash, which needs a key",
            "  help: make one with 'openssl rand -hex 32 > log.key', and name the file with --log-key",
        ],
    )
    (folder / "log.key").write_text("a secret that is long\n")
    done = Command(folder, capsys, monkeypatch)(
        "serve", "--log", "log", "--log-key", "log.key", "--port", "0"
    )
    assert done.err.startswith(
        "mlbuild: the key in 'log.key' must be one word of at least 16 ASCII characters"
    )
    (folder / "log.key").write_text("0123456789abcdef\n")
    with served(folder, "--log", "log", "--log-key", "log.key") as server:
        server.ask(FARE, [RIDE | {"note": "late"}, RIDE])
        (zone,) = server.ask(ZONE, TRIP).told["rows"]
        server.stop()
    first, second = logged(folder / "log/fare")
    assert first["inputs"] == {name: RIDE[name] for name in ("km", "shared", "start")}
    assert first["left_out"] == ["day", "note", "stops", "zone"]
    assert first["hashes"] == {"zone": keyed("north"), "note": keyed("late"), "day": keyed("2024-02-29")}
    assert second["hashes"]["note"] is None
    (trip,) = logged(folder / "log/zone")
    assert (trip["hashes"], trip["left_out"]) == ({"label": keyed(zone["label"])}, ["label"])
    assert "label" not in trip["outputs"]
    profile = Profile.from_json(json.loads((folder / "dist/fare/profile.json").read_text()))
    assert read_log(files_of(folder / "log"), profile).unlogged == ("day", "note", "stops", "zone")


def keyed(text: str) -> str:
    return hmac.new(b"0123456789abcdef", text.encode(), "sha256").hexdigest()[:32]


def test_old_days_are_deleted_and_nothing_else(project: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    days = {age: f"{now - timedelta(days=age):%Y-%m-%d}" for age in (1, 3, 40)}
    for day in (*days.values(), "notes"):
        (tmp_path / "fare" / day).mkdir(parents=True)
        (tmp_path / "fare" / day / "00-1-0.jsonl").write_text("{}\n")
    (tmp_path / "fare" / days[40] / "mine.txt").write_text("kept")
    with served(project, "fare", "--log", str(tmp_path), "--log-days", "2") as server:
        server.ask(FARE, RIDE)
        server.stop()
    left = {
        str(one.relative_to(tmp_path / "fare"))
        for one in (tmp_path / "fare").glob("*/*")
        if one.parent.name[:10] != f"{now:%Y-%m-%d}"
    }
    assert left == {f"{days[1]}/00-1-0.jsonl", "notes/00-1-0.jsonl", f"{days[40]}/mine.txt"}


def test_a_log_that_cannot_be_written_stops_no_answer(project: Path, tmp_path: Path) -> None:
    (tmp_path / "fare").write_text("a file where the folder would be")
    with served(project, "--log", str(tmp_path)) as server:
        for _ in range(3):
            assert server.ask(FARE, RIDE).status == 200
            assert server.ask(ZONE, TRIP).status == 200
        wait_for_dropped(server, 3)
        code, _, err = server.stop()
    assert code == 0
    assert err.splitlines()[-2:] == [
        "the log of 'fare' cannot be written: not a directory; rows are not logged until it can",
        "rows that could not be logged: 3",
    ]
    assert len(logged(tmp_path / "zone")) == 3, "that of another model is"


def test_a_line_that_is_not_written_to_its_end_costs_no_other_line(project: Path, tmp_path: Path) -> None:
    with served(project, "fare", "--log", str(tmp_path)) as server:
        server.ask(FARE, RIDE, X_Request_ID="whole")
        waited(tmp_path, 1)
        (file,) = files_of(tmp_path)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (file.stat().st_size + 50, hard))
        server.ask(FARE, RIDE, X_Request_ID="cut")
        wait_for_dropped(server, 1)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        server.ask(FARE, RIDE, X_Request_ID="later")
        _, _, err = server.stop()
    assert "the log of 'fare' cannot be written: file too large;" in err
    assert not file.read_bytes().endswith(b"\n")
    assert [one["id"] for one in logged(tmp_path)] == ["whole", "later"]


def test_rows_that_wait_too_long_are_dropped_and_counted(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlbuild.serving.log._MOST", 5)
    monkeypatch.setattr("mlbuild.serving.log._PAUSE", 3600)  # it writes only at the end
    model = Model("fare", project / "dist/fare")
    rows = read_records(json.dumps([RIDE] * 2).encode(), model, 10)
    said: list[str] = []
    log = RequestLog(Logging(tmp_path), said.append)
    service = Service("fare", model, ThreadPoolExecutor(1), Limits())
    for number in range(4):
        log(service, model, Answered(f"r{number}", rows, [], model.answers(rows.columns, 2), 0.001))
    log.close()
    assert log.dropped == 4 and said == ["rows that could not be logged: 4"]
    assert [one["id"] for one in logged(tmp_path)] == ["r0", "r0", "r1", "r1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--log", "mlbuild.yaml"], "cannot write logs to 'mlbuild.yaml': file exists"),
        (["--log", "log", "--log-share", "2"], "argument --log-share: '2' is not a number between 0 and 1"),
        (["--log", "log", "--log-days", "-1"], "argument --log-days: "),
    ],
)
def test_wrong_options(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    done = Command(project, capsys, monkeypatch)("serve", "--port", "0", *words)
    assert done.code == 2
    assert f"mlbuild: {message}" in done.err
