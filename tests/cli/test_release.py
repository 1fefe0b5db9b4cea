"""`release` is the whole loop: it builds, compares with the model in use, and promotes or refuses."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mlbuild.cli.built import build_for
from mlbuild.cli.exits import DATA, GATE, OK, USAGE
from tests.cli.running import Command
from tests.cli.stays import customers, stays, until
from tests.docs.test_ci import git
from tests.monitoring.logs import records, write_log
from tests.serving.servers import PATIENCE, Server, served
from tests.verdicts.loans import edited

JANUARY, SUMMER = date(2025, 1, 1), date(2025, 6, 1)
WITHOUT_ORDERS = (
    ("features: [country, orders, spent]", "features: [country, spent]"),
    ("columns: [orders, spent]", "columns: [spent]"),
)


@pytest.fixture
def project(mlbuild: Command) -> Path:
    """The project in spring."""
    folder = mlbuild.folder
    stays(folder)
    until(folder, JANUARY, date(2025, 5, 1), SUMMER)
    return folder


def channel(folder: Path) -> Any:
    return json.loads((folder / "channels/prod.json").read_text())


def release(mlbuild: Command, *words: str) -> Any:
    done = mlbuild("release", "stays", "--to", "prod", "-j", "1", *words)
    assert "Traceback" not in done.err
    return done


def answered(server: Server, day: date, count: int, *, summer: bool) -> str:
    """Ask for predictions of customers of a day, one batch after the other. Return the digest of the model that answered."""
    digests = set()
    for start in range(0, count, 200):
        rows = [
            {name: row[name] for name in ("country", "orders", "spent")}
            for row in customers(date.fromordinal(day.toordinal() + start), 200, summer=summer)
        ]
        answer = server.ask("/predict/stays", rows)
        assert answer.status == 200
        digests.add(answer.told["digest"])
    (digest,) = digests
    return str(digest)


def wait(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)  # a server replaces its model by itself, and tells nobody when


def test_a_year(project: Path, mlbuild: Command) -> None:
    """Spring: the first release. Summer: drift, an alarm, a refused challenger, and one that is promoted. Autumn: back to the first."""
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / ".gitignore").write_text(".mlbuild\ndist\nlogs\n")

    def committed() -> None:
        now = channel(project)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", f"{now['action']}: {now['why']}")

    first = release(mlbuild, "--why", "first model")
    assert first.code == OK, first.err
    champion = channel(project)["digest"]
    assert first.out.splitlines() == [
        "  gates: 1 passed, 1 no baseline",
        "    NO_BASELINE  no_worse log_loss, margin 0.02: there is no channel 'prod' yet",
        f"prod is now stays {champion[7:19]}",
        "  gates: 1 no baseline, 1 passed",
    ]
    committed()
    again = release(mlbuild)
    assert (again.code, again.out.splitlines()[-1]) == (
        OK,
        f"prod stays at stays {champion[7:19]}: the build made the same model",
    )
    assert git(project, "status", "--porcelain", "channels") == ""

    spring = [
        {name: row[name] for name in ("country", "orders", "spent")}
        for row in customers(date(2025, 5, 2), 2000, summer=False)
    ]
    write_log(project / "logs/spring", records(project / "channels/prod", spring))
    calm = mlbuild("monitor", "prod", "--log", "logs/spring", "--check")
    assert calm.code == 0, calm.out
    with served(project, "prod", "--log", "logs") as server:
        assert answered(server, SUMMER, 2000, summer=True) == champion
        wait(lambda: mlbuild("monitor", "prod", "--log", "logs/stays", "--check").code == 10)
        assert "orders" in mlbuild("monitor", "prod", "--log", "logs/stays").out
        assert channel(project)["digest"] == champion, "drift alone promotes nothing"

        until(project, JANUARY, date(2025, 6, 15), SUMMER)
        edited(project / "mlbuild.yaml", ("2025-04-01", "2025-06-01"))  # no summer to learn from yet
        worse = release(mlbuild, "--json")
        told = json.loads(worse.out)
        assert (worse.code, told["exit_code"], told["outcome"]) == (GATE, GATE, "refused")
        assert told["gates"][1]["verdict"] == "fail" and told["channel"]["digest"] == champion
        assert [one["task"] for one in told["failures"]] == ["gate:stays"]
        assert git(project, "status", "--porcelain", "channels") == ""

        until(project, SUMMER, date(2025, 8, 1), SUMMER)  # the table holds the rows of two months
        edited(project / "mlbuild.yaml", ("2025-06-01", "2025-07-15"))
        better = release(mlbuild, "--why", "orders have doubled")
        assert better.code == OK, better.err
        challenger = channel(project)["digest"]
        assert challenger != champion
        assert better.out.splitlines() == [
            "  gates: 2 passed",
            f"prod is now stays {challenger[7:19]}, before {champion[7:19]}",
            "  gates: 2 passed",
        ]
        committed()
        wait(lambda: answered(server, SUMMER, 200, summer=True) == challenger)

        assert mlbuild("rollback", "prod", "--why", "the summer is over").code == OK
        committed()
        wait(lambda: answered(server, JANUARY, 200, summer=False) == champion)
        assert server.stop()[0] == 0

    revisions = git(project, "log", "--reverse", "--format=%H %s", "--", "channels/prod.json").splitlines()
    told = [line.split(" ", 1)[1] for line in revisions]
    assert told == ["promote: first model", "promote: orders have doubled", "rollback: the summer is over"]
    was = [json.loads(git(project, "show", f"{line.split()[0]}:channels/prod.json")) for line in revisions]
    assert [one["digest"] for one in was] == [champion, challenger, champion]
    assert [one["previous"] for one in was[:2]] == [None, champion]
    assert [[*one["gates"].values()] for one in was] == [
        ["no_baseline", "pass"],
        ["pass", "pass"],
        ["no_baseline", "pass"],
    ]


def test_what_it_needs_to_compare(project: Path, mlbuild: Command) -> None:
    done = mlbuild("release", "stays", "--to", "other")
    assert (done.code, done.err) == (
        USAGE,
        "mlbuild: no gate of output 'stays' compares it with the model of channel 'other'\n"
        "  help: add 'baseline: {type: channel, name: other}' and a gate such as no_worse to the output\n",
    )
    edited(project / "mlbuild.yaml", ("margin: 0.02}", "margin: 0.02, severity: warn}"))
    assert "no gate of output 'stays' compares" in release(mlbuild).err
    edited(
        project / "mlbuild.yaml",
        (", severity: warn", ""),
        ("{type: time, column: day, test_from: 2025-04-01}", "{type: random, test: 0.3}"),
    )
    done = release(mlbuild)
    assert (done.code, done.err) == (
        USAGE,
        "mlbuild: the model of channel 'prod' may have been trained on rows of dataset 'all' that are test rows now\n"
        "  help: use a split that keeps rows in their part when the data grows: by time, or hash with a key\n",
    )
    assert "there is no output 'stay'\n" in mlbuild("release", "stay", "--to", "prod").err
    assert not (project / "channels").exists()


def test_the_model_in_use_must_be_there(project: Path, mlbuild: Command) -> None:
    """Otherwise nothing could be compared, which a gate accepts, and any model would be promoted."""
    assert release(mlbuild).code == OK
    before = channel(project)
    shutil.rmtree(project / "channels/prod")
    assert release(mlbuild).code == OK, "its files are in the store"
    assert (project / "channels/prod/model.onnx").exists()
    shutil.rmtree(project / "channels/prod")
    shutil.rmtree(project / ".mlbuild")  # as in a clone
    done = release(mlbuild)
    assert done.code == GATE
    assert done.err.startswith("mlbuild: 'channels/prod/")
    assert done.err.endswith("  help: commit 'channels/prod', or use a shared cache that has its files\n")
    assert channel(project) == before


def test_a_model_in_use_that_cannot_be_compared_is_not_replaced(project: Path, mlbuild: Command) -> None:
    assert release(mlbuild).code == OK
    before = channel(project)
    edited(project / "mlbuild.yaml", ("max: 0.6", "max: 0.8"), *WITHOUT_ORDERS)
    done = release(mlbuild)
    lines = done.out.splitlines()
    assert done.code == GATE, done.err
    assert not [line for line in lines if line.startswith("    FAIL")]
    assert lines[1].startswith("    NO_BASELINE  no_worse log_loss, margin 0.02: ")
    assert lines[-1] == f"prod stays at stays {before['digest'][7:19]}: the new model is refused"
    assert channel(project) == before


def test_a_build_that_fails_promotes_nothing(project: Path, mlbuild: Command) -> None:
    (project / "customers.csv").write_text("day,country,orders,spent,stays\n2025-01-01,FR,1,1.5,true\n")
    done = release(mlbuild)
    assert (done.code, done.out) == (DATA, "prod has no model yet: the build failed\n")
    assert not (project / "channels").exists()


def test_a_channel_that_changes_during_the_build(
    project: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release(mlbuild).code == OK

    def meanwhile(*args: Any, **options: Any) -> Any:
        told = channel(project)
        (project / "channels/prod.json").write_text(json.dumps(told | {"why": "somebody else"}))
        return build_for(*args, **options)

    monkeypatch.setattr("mlbuild.cli.commands.channels.release.build_for", meanwhile)
    done = release(mlbuild)
    assert done.code == GATE
    assert done.err.endswith(
        "mlbuild: channel 'prod' was changed during the build, so the gates compared with another model\n  help: release again\n"
    )
