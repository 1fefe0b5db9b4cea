"""Sources whose newest value must not be too old, by the clock of the build."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from mlbuild.engine.decide.looks import Looks, find_look
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command, Ran
from tests.cli.starting import Starter

SPEC = """\
mlbuild: 1
project: shop
sources: {payments: {path: payments.csv, contract: payment}}
contracts:
  payment:
    columns:
      paid_at: {dtype: datetime, max_age: 2d}
      amount: float
      tip: float
datasets: {all: {from: payments, split: {type: random, test: 0.2}}}
models: {tip: {type: sklearn.ridge, dataset: all, features: [amount], target: tip}}
outputs: {tip: {model: tip}}
warnings: {no-skill: ignore}
"""
NEWEST = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
BUILD = ("build", "-j", "1", "--threads", "1")
At = Callable[[timedelta], None]


def write(folder: Path, newest: datetime, limit: str = "2d") -> None:
    (folder / "mlbuild.yaml").write_text(SPEC.replace("max_age: 2d", f"max_age: {limit}"))
    times = (newest - timedelta(hours=7 * row % 60) for row in range(60))
    rows = (f"{time:%Y-%m-%dT%H:%M:%SZ},{row % 7},{row * 3 % 7}\n" for row, time in enumerate(times))
    (folder / "payments.csv").write_text("paid_at,amount,tip\n" + "".join(rows))


@pytest.fixture
def shop(mlbuild: Command) -> Command:
    write(mlbuild.folder, NEWEST)
    return mlbuild


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock of the following builds: to a time after the newest value."""

    def set_clock(age: timedelta) -> None:
        monkeypatch.setattr("mlbuild.api.Looks", partial(Looks, now=(NEWEST + age).timestamp()))

    return set_clock


def ran(done: Ran) -> list[str]:
    return [one["task"] for one in json.loads(done.out)["tasks"] if one["outcome"] == "ran"]


def messages(done: Ran) -> list[str]:
    return [line.strip() for line in done.err.splitlines() if "max_age" in line and "violates" in line]


def test_nothing_runs_until_the_newest_value_is_too_old(shop: Command, at: At) -> None:
    at(timedelta(hours=3))
    assert "clock:payments" in ran(shop(*BUILD, "--json"))
    at(timedelta(days=2, seconds=-1))
    assert ran(shop(*BUILD, "--json")) == []
    at(timedelta(days=2))
    plan = shop("plan")
    assert "RUN     clock:payments" in plan.out and "MAYBE   contract:payments" in plan.out
    held = "its last result was valid from 2026-11-25T13:30:00+00:00 until 2026-11-27T10:30:00+00:00"
    assert held in plan.out
    failed = shop(*BUILD)
    assert failed.code == 3
    assert messages(failed) == [
        "column 'paid_at' violates 'max_age 2d' (its newest value, 2026-11-25T10:30:00, is 2d old)"
    ]
    # Nothing but the clock and the contract has run, and what was published stays.
    assert ran(shop(*BUILD, "--json")) == [] and (shop.folder / "dist/tip/model.onnx").exists()
    at(timedelta(days=2, hours=5, minutes=59))
    failed = shop(*BUILD, "--json")
    assert ran(failed) == ["clock:payments"]
    (failure,) = json.loads(failed.out)["failures"].values()
    (violation,) = failure["details"]["violations"]
    assert (violation["columns"], violation["rule"], violation["count"]) == (["paid_at"], "max_age 2d", 0)
    assert violation["help"] == "its newest value, 2026-11-25T10:30:00, is 2d 5h old"
    # New rows arrive: everything is as it should be.
    write(shop.folder, NEWEST + timedelta(days=1))
    assert ran(shop(*BUILD, "--json"))[:3] == ["source:payments", "clock:payments", "contract:payments"]


def test_a_clock_that_was_set_back_is_looked_at_again(shop: Command, at: At) -> None:
    at(timedelta(days=3))
    assert shop(*BUILD).code == 3
    at(timedelta(days=1))
    assert shop(*BUILD).code == 0
    at(timedelta(hours=1))
    assert ran(shop(*BUILD, "--json")) == ["clock:payments"]


def test_old_values_can_be_a_warning_only(shop: Command, at: At) -> None:
    write(shop.folder, NEWEST, "2d, severity: {max_age: warn}")
    at(timedelta(days=9, hours=1))
    done = shop(*BUILD)
    assert done.code == 0
    assert messages(done) == [
        "column 'paid_at' violates 'max_age 2d' (its newest value, 2026-11-25T10:30:00, is 9d 1h old)"
    ]
    assert "warning[contract-violation]" in done.err
    at(timedelta(days=9, hours=1, minutes=59))
    assert messages(shop(*BUILD)) == messages(done)
    at(timedelta(days=9, hours=2))
    again = shop(*BUILD, "--json")
    assert ran(again) == ["clock:payments", "contract:payments", "report:tip"]


def test_values_are_hidden_on_request(shop: Command, at: At) -> None:
    at(timedelta(days=3))
    assert messages(shop(*BUILD, "--no-samples")) == ["column 'paid_at' violates 'max_age 2d'"]


def test_offline_builds_look_at_the_clock_and_locked_builds_do_not(shop: Command, at: At) -> None:
    """A locked build can be repeated at any time; an offline one must not hide that the data is old."""
    at(timedelta(hours=3))
    assert shop(*BUILD).code == 0
    at(timedelta(days=3))
    assert shop(*BUILD, "--offline").code == 3
    assert shop("plan", "--locked").code == 0
    assert shop(*BUILD, "--locked").code == 0
    assert ran(shop(*BUILD, "--locked", "--json")) == []
    assert shop(*BUILD).code == 3
    at(timedelta(hours=4))
    # `--refresh` is about what is fetched: the clock is not asked twice.
    assert shop(*BUILD).code == 0
    assert ran(shop(*BUILD, "--refresh", "--json")) == []


def test_gc_keeps_what_the_clock_said(shop: Command, at: At) -> None:
    at(timedelta(hours=3))
    assert shop(*BUILD).code == 0
    assert shop("gc", "--delete", "--keep-builds", "0").code == 0
    assert ran(shop(*BUILD, "--json")) == []
    spec = shop.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace(", max_age: 2d", ""))
    assert shop(*BUILD).code == 0
    assert shop("gc", "--delete", "--keep-builds", "0").code == 0
    assert [*(shop.folder / ".mlbuild/looks").iterdir()] == []


def test_a_column_without_values_is_not_too_old(shop: Command, at: At) -> None:
    write(shop.folder, NEWEST, "2d, nullable: true")
    (shop.folder / "payments.csv").write_text("paid_at,amount,tip\n" + ",1,2\n,3,4\n" * 30)
    at(timedelta(days=900))
    assert shop(*BUILD, "contract:payments").code == 0


def test_a_project_that_is_up_to_date_is_answered_at_once(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    write(tmp_path / "project", datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    starter = Starter(tmp_path / "project", tmp_path / "mlbuild")
    starter.settled()
    last = find_look(open_store(starter.folder).local, "clock:payments")
    assert last is not None and last.until is not None
    (file,) = (starter.folder / ".mlbuild/snapshots").iterdir()
    assert repr(last.at).encode() in file.read_bytes() and repr(last.until).encode() in file.read_bytes()
    assert starter("plan").at_once
