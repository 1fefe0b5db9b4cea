"""A source in a database: it is fetched when it is due, kept, locked, explained, and its secrets show nowhere."""

from __future__ import annotations

import json
import sqlite3
import time
import tomllib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from mlbuild import api
from mlbuild.cli import unchanged
from mlbuild.engine.decide.looks import Look, find_look, keep_look
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command, Ran
from tests.cli.starting import Starter
from tests.data.shops import postgresql

SPEC = """\
mlbuild: 1
project: shop
sources:
  payments: {type: sql, connection: "${SHOP:-sqlite:///shop.db}", table: payments, contract: payment}
contracts:
  payment:
    unique: [id]
    columns: {id: int, amount: float, late: bool}
datasets: {all: {from: payments, split: {type: random, valid: 0.2, test: 0.2}}}
models:
  late:
    type: lightgbm.classifier
    dataset: all
    features: [amount]
    target: late
    params: {num_iterations: 3, num_leaves: 4, min_data_in_leaf: 2}
outputs: {late: {model: late}}
"""


@pytest.fixture
def shop(mlbuild: Command) -> Command:
    write(mlbuild.folder)
    return mlbuild


def write(folder: Path, spec: str = SPEC) -> Path:
    (folder / "mlbuild.yaml").write_text(spec)
    file = folder / "shop.db"
    rows = ", ".join(f"({i}, {i * 7 % 11 / 2}, {int(i * 7 % 11 > 4)})" for i in range(60))
    sql(
        file,
        "CREATE TABLE payments (id INTEGER, amount REAL, late INTEGER)",
        f"INSERT INTO payments VALUES {rows}",
    )
    return file


def sql(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        for statement in statements:
            opened.execute(statement)


def source(folder: Path, keys: str) -> None:
    """Add keys to the source, or replace its table."""
    file = folder / "mlbuild.yaml"
    text = file.read_text().replace("table: payments, ", "") if "query:" in keys.split() else file.read_text()
    file.write_text(text.replace("{type: sql, ", f"{{type: sql, {keys}, "))


def outcomes(ran: Ran) -> dict[str, list[str]]:
    """Return the tasks of a build by how they ended."""
    found: dict[str, list[str]] = {}
    for task in json.loads(ran.out)["tasks"]:
        found.setdefault(task["outcome"], []).append(task["task"])
    return found


def aged(shop: Command, seconds: float) -> None:
    """Let the last look be older."""
    store = open_store(shop.folder)
    last = find_look(store.local, "fetch:payments")
    assert last is not None
    keep_look(store.local, "fetch:payments", Look(**{**vars(last), "at": last.at - seconds}))


def test_it_is_fetched_in_each_build_and_nothing_runs_unless_it_changed(shop: Command) -> None:
    first = outcomes(shop("build", "--json"))
    assert first["ran"][:2] == ["fetch:payments", "source:payments"] and "publish:late" in first["ran"]
    assert outcomes(shop("build", "--json"))["ran"] == ["fetch:payments"]
    sql(shop.folder / "shop.db", "UPDATE payments SET amount = amount")
    assert outcomes(shop("build", "--json"))["ran"] == ["fetch:payments"]
    sql(shop.folder / "shop.db", "UPDATE payments SET amount = amount * 2")
    assert "train:late" in outcomes(shop("build", "--json"))["ran"]


def test_a_plan_and_why_tell_that_the_world_decides(shop: Command) -> None:
    assert "never built" in shop("plan").out
    shop("build")
    plan = shop("plan")
    lines = {line.split()[1]: line for line in plan.out.splitlines() if line.startswith(("RUN", "MAYBE"))}
    assert "refresh: always (last fetched 20" in lines["fetch:payments"]
    assert lines["train:late"].startswith("MAYBE")
    assert shop("plan", "--exit-code").code == 6 and shop("status").code == 6
    assert shop("plan", "--offline", "--exit-code").code == 0 and shop("status", "--offline").code == 0
    assert "it would run" not in shop("why", "fetch:payments").out
    assert "refresh: always (last fetched" in shop("why", "fetch:payments").out
    assert "--refresh (last fetched" in shop("plan", "--refresh").out
    told = json.loads(shop("plan", "--json").out)["tasks"][0]
    assert (told["task"], told["decision"], told["reasons"][0]["what"]) == (
        "fetch:payments",
        "run",
        "refresh",
    )


def test_why_names_the_rows_that_changed(shop: Command) -> None:
    source(shop.folder, "refresh: 6h")
    shop("build", "-q")
    sql(shop.folder / "shop.db", "UPDATE payments SET amount = 9.5 WHERE id = 3")
    shop("build", "-q", "--refresh")
    told = shop("why", "source:payments").out
    assert "'content' of fetch:payments changed: 1 row of 'amount' differs" in told


def test_it_is_fetched_again_when_it_is_due(shop: Command) -> None:
    source(shop.folder, "refresh: 6h")
    shop("build", "-q")
    assert "fetch:payments" in outcomes(shop("build", "--json"))["reused"]
    aged(shop, 5.9 * 3600)
    assert "fetch:payments" in outcomes(shop("build", "--json"))["reused"]
    aged(shop, 0.2 * 3600)
    assert "refresh: 6h (last fetched" in shop("plan").out
    assert outcomes(shop("build", "--json"))["ran"] == ["fetch:payments"]
    assert "fetch:payments" in outcomes(shop("build", "--json", "--refresh"))["ran"]
    source(shop.folder, "x-note: 1")
    file = shop.folder / "mlbuild.yaml"
    file.write_text(file.read_text().replace("refresh: 6h", "refresh: never"))
    aged(shop, 10_000 * 3600)
    assert "fetch:payments" in outcomes(shop("build", "--json"))["reused"]


@pytest.mark.parametrize("flag", ["--offline", "--locked"])
def test_a_build_that_fetches_nothing_needs_no_database(shop: Command, flag: str) -> None:
    assert shop("build", "-j", "1").code == 0
    (shop.folder / "shop.db").unlink()
    gone = shop("build")
    assert gone.code == 2 and "error[missing-file]: there is no file 'shop.db'" in gone.err
    ran = shop("build", "-j", "1", flag)
    assert ran.code == 0 and "missing-file" not in ran.err


def test_the_answer_of_the_version_query_can_spare_the_query(shop: Command) -> None:
    source(shop.folder, 'version_query: "SELECT max(id) FROM payments"')
    shop("build", "-q")
    sql(shop.folder / "shop.db", "UPDATE payments SET amount = 9.5 WHERE id = 3")
    assert outcomes(shop("build", "--json"))["ran"] == ["fetch:payments"]
    sql(shop.folder / "shop.db", "UPDATE payments SET id = id + 1, amount = amount * 2")
    assert "train:late" in outcomes(shop("build", "--json"))["ran"]


def test_another_query_is_asked_at_once(shop: Command) -> None:
    source(shop.folder, "refresh: never")
    shop("build", "-q")
    source(shop.folder, 'query: "SELECT * FROM payments WHERE id < 50"')
    planned = shop("plan")
    assert "sources.payments.query" in planned.out, planned
    assert outcomes(shop("build", "--json"))["ran"][0] == "fetch:payments"


def test_another_database_is_asked_at_once(shop: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    source(shop.folder, "refresh: never")
    shop("build", "-q")
    (shop.folder / "other.db").write_bytes((shop.folder / "shop.db").read_bytes())
    monkeypatch.setenv("SHOP", "sqlite:///other.db")
    assert "it is fetched from another place" in shop("plan").out
    assert outcomes(shop("build", "--json"))["ran"] == ["fetch:payments"]
    assert outcomes(shop("build", "--json")).get("ran") is None


def test_offline_uses_what_was_fetched_last(shop: Command) -> None:
    none = shop("build", "--offline")
    assert none.code == 7
    assert "no data fetched from '${SHOP:-sqlite:///shop.db}' is in the store" in none.err
    shop("build", "-q")
    (shop.folder / "shop.db").write_bytes(b"")
    assert outcomes(shop("build", "--json", "--offline")).keys() == {"reused"}
    assert shop("build", "--offline", "--refresh").code == 2


def test_the_lock_file_names_what_was_fetched_and_locked_builds_from_it(shop: Command) -> None:
    source(shop.folder, 'version_query: "SELECT max(amount) FROM payments"')
    shop("build", "-q")
    lock = shop.folder / "mlbuild.lock"
    entry = tomllib.loads(lock.read_text())["source"]["payments"]
    assert entry.keys() == {"request", "rows", "sha256", "token"} and entry["rows"] == 60
    model = (shop.folder / "dist/late/model.onnx").read_bytes()
    kept = lock.read_text()
    # Another build fetches something else.
    sql(shop.folder / "shop.db", "UPDATE payments SET amount = 19.5, late = 1 - late")
    assert "train:late" in outcomes(shop("build", "--json"))["ran"]
    assert (shop.folder / "dist/late/model.onnx").read_bytes() != model
    newer = lock.read_text()
    lock.write_text(kept)
    assert shop("build", "--locked").code == 0
    assert (shop.folder / "dist/late/model.onnx").read_bytes() == model
    assert lock.read_text() == kept
    assert shop("build").code == 0
    assert lock.read_text() == newer
    assert shop("build", "--locked", "--refresh").code == 2


def test_locked_says_that_the_content_is_gone_or_that_something_else_is_asked(shop: Command) -> None:
    shop("build", "-q")
    entry = tomllib.loads((shop.folder / "mlbuild.lock").read_text())["source"]["payments"]
    content = open_store(shop.folder).contents.path(entry["sha256"])
    content.unlink()
    gone = shop("build", "--locked")
    assert (gone.code, gone.err.splitlines()[0]) == (
        7,
        "mlbuild: mlbuild.lock: the content of source 'payments' is not in the store",
    )
    assert "build --refresh" in gone.err
    assert shop("build", "-q").code == 0
    assert shop("build", "-q", "--locked").code == 0
    source(shop.folder, 'query: "SELECT * FROM payments WHERE id < 50"')
    other = shop("build", "--locked")
    assert other.code == 7 and "the request for source 'payments' changed" in other.err


def test_locked_needs_no_database_where_the_cache_is_shared(
    shop: Command, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in CI: a clone has the lock file, and the cache has the content."""
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    assert shop("build", "-q").code == 0
    clone = tmp_path_factory.mktemp("clone")
    for name in ("mlbuild.yaml", "mlbuild.lock"):
        (clone / name).write_bytes((shop.folder / name).read_bytes())
    (clone / "shop.db").touch()
    monkeypatch.chdir(clone)
    ran = shop.here("build", "--locked", "--json")
    assert ran.code == 0, ran.err
    assert "fetch:payments" in outcomes(ran)["reused"] and "ran" not in outcomes(ran)
    model = "dist/late/model.onnx"
    assert (clone / model).read_bytes() == (shop.folder / model).read_bytes()
    assert shop.here("build", "-q", "--offline").code == 7  # nothing was fetched here


def test_gc_keeps_what_was_fetched(shop: Command) -> None:
    source(shop.folder, "refresh: 1h")
    shop("build", "-q")
    aged(shop, 7200)
    assert shop("gc", "--delete").code == 0
    (shop.folder / "shop.db").write_bytes(b"")
    assert outcomes(shop("build", "--json", "--offline")).keys() == {"reused"}
    file = shop.folder / "mlbuild.yaml"
    file.write_text(file.read_text().replace("payments:", "sales:").replace("from: payments", "from: sales"))
    looks = shop.folder / ".mlbuild/looks"
    assert shop("gc", "--delete", "--keep-builds", "0").code == 0
    assert [*looks.iterdir()] == []


def test_a_record_has_the_digest_of_what_was_fetched(shop: Command) -> None:
    shop("build", "-q")
    ((_, note),) = open_store(shop.folder).local.notes("runs")
    entry = tomllib.loads((shop.folder / "mlbuild.lock").read_text())["source"]["payments"]
    assert note["sources"] == {"payments": entry["sha256"]}


def test_a_file_is_predicted_like_a_table(shop: Command) -> None:
    """The file has a format of its own, and the names and readings of the source."""
    source(shop.folder, "read: {amount: {from: price}}")
    sql(shop.folder / "shop.db", "ALTER TABLE payments RENAME COLUMN amount TO price")
    assert shop("build", "-q").code == 0
    (shop.folder / "rows.csv").write_text("price\n1.5\n3\n")
    ran = shop("predict", "dist/late/model.onnx", "rows.csv", "--like", "payments")
    assert ran.code == 0 and len(ran.out.splitlines()) == 3, ran


def failed(ran: Ran) -> str:
    return next(line.strip() for line in ran.err.splitlines() if line.strip().startswith("failed"))


@pytest.mark.parametrize(
    ("keys", "code", "message"),
    [
        ('query: "SELEKT 1"', 3, "the database rejected the query: near"),
        ('query: "SELECT * FROM nosuch"', 3, "the database rejected the query: no such table: nosuch"),
        ('query: "SELECT * FROM payments WHERE id < 0"', 3, "the result of the query has no rows"),
        ('query: "SELECT id, late FROM payments"', 3, "the result of the query has no column 'amount'"),
        ('version_query: "SELECT 1, 2"', 3, "'version_query' must return one row with one value"),
    ],
)
def test_a_query_that_does_not_work_is_a_data_error(
    shop: Command, keys: str, code: int, message: str
) -> None:
    source(shop.folder, keys)
    ran = shop("build")
    assert ran.code == code
    assert message in failed(ran)
    assert "Traceback" not in ran.err


def test_a_message_of_the_database_can_be_hidden(shop: Command) -> None:
    source(shop.folder, 'query: "SELECT * FROM nosuch"')
    assert "nosuch" not in shop("build", "--no-samples").err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"this is a text file, and a long one" * 90, "file is not a database"),
        (b"SQLite format 3\0" + b"x" * 900, ""),
    ],
)
def test_a_file_that_is_no_database_is_out_of_reach(shop: Command, content: bytes, message: str) -> None:
    (shop.folder / "shop.db").write_bytes(content)
    ran = shop("build")
    assert ran.code == 7, ran.err
    assert failed(ran).startswith(
        f"failed  fetch:payments: cannot open '${{SHOP:-sqlite:///shop.db}}': {message}"
    )


def test_a_database_that_someone_writes_to_is_out_of_reach(
    shop: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlbuild.data.databases.sqlite._PATIENCE", 0.05)
    with closing(sqlite3.connect(shop.folder / "shop.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ran = shop("build")
    assert (ran.code, "another program is writing to it" in failed(ran)) == (7, True)
    assert shop("build").code == 0


@pytest.mark.parametrize("call", ["session", "values", "rows"])
def test_no_message_of_a_library_quotes_the_connection(
    shop: Command, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that nobody knows."""
    monkeypatch.setenv("SHOP", "sqlite:///shop.db?password=s3cr3t-word")
    source(shop.folder, 'version_query: "SELECT 1"')

    def fail(*arguments: object) -> None:
        raise ValueError("cannot use password=s3cr3t-word")

    place = "Sqlite.session" if call == "session" else f"SqliteSession.{call}"
    monkeypatch.setattr(f"mlbuild.data.databases.sqlite.{place}", fail)
    ran = shop("build", "-j1")
    assert (ran.code, failed(ran)) == (1, "failed  fetch:payments: ValueError: cannot use password=***"), (
        ran.err
    )
    assert "s3cr3t" not in ran.out + ran.err


def test_secrets_show_nowhere(shop: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the store, the lock, JSON or messages, whatever happens."""
    secret = "s3cr3t-word"
    folder = shop.folder / secret  # for SQLite, the whole path is what a variable hides
    folder.mkdir()
    (shop.folder / "shop.db").rename(folder / "shop.db")
    monkeypatch.setenv("SHOP", f"sqlite:///{secret}/shop.db?password={secret}")
    printed = []
    commands: Iterable[tuple[str, ...]] = [
        ("check",),
        ("plan",),
        ("build",),
        ("plan", "--json"),
        ("status", "--json"),
        ("why", "fetch:payments", "--json"),
        ("build", "--locked"),
        ("build", "--offline", "-v"),
        ("build", "--refresh", "--json"),
        ("render",),
        ("graph",),
        ("describe", "payments", "--json"),
        ("build", "--force", "-j", "2"),
        ("schema",),
    ]
    for words in commands:
        ran = shop(*words)
        assert ran.code in (0, 6), (words, ran.err)
        printed.append(ran.out + ran.err)
    source(shop.folder, 'query: "SELECT * FROM nosuch"')
    printed += [(ran := shop("build")).out + ran.err, (ran := shop("build", "--json")).out + ran.err]
    (folder / "shop.db").write_bytes(b"no database" * 100)
    printed += [(ran := shop("build")).out + ran.err, (ran := shop("build", "--json")).out + ran.err]
    (folder / "shop.db").unlink()
    printed += [(ran := shop(verb)).out + ran.err for verb in ("check", "build")]
    assert not [text for text in printed if secret in text]
    files = [file for file in (shop.folder).rglob("*") if file.is_file() and folder not in file.parents]
    assert len(files) > 40
    assert not [file for file in files if secret.encode() in file.read_bytes()]


def test_a_password_of_a_server_shows_nowhere(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever libpq and the server say."""
    folder, secret, user = mlbuild.folder, "s3cr3t-word", f"carol{token_hex(4)}"
    with postgresql(folder) as database:
        rows = ", ".join(f"({i}, {i * 7 % 11 / 2}, {i * 7 % 11 > 4})" for i in range(60))
        database.run(
            "CREATE TABLE payments (id INT, amount FLOAT8, late BOOL)",
            f"INSERT INTO payments VALUES {rows}",
            f"CREATE ROLE {user} LOGIN PASSWORD '{secret}'",
            f"GRANT SELECT ON payments TO {user}",
        )
        (folder / "mlbuild.yaml").write_text(SPEC)
        location = database.url.partition("@")[2]
        urls = [
            f"postgresql://{user}:{secret}@{location}",
            f"postgresql://{user}:{secret}@{location.replace('/shop', '/nosuch')}",
            f"postgresql://nobody:{secret}@{location}",
            f"postgresql://{user}:{secret}@127.0.0.1:1/x",
            f"postgresql://{user}:{secret}@{secret}.invalid/x",
            f"postgresql://{user}:{secret}@[bad/x",
            f"postgresql://{user}:{secret}@/x?nosuch={secret}",
            f"postgresql://{location}&user={user}&password={secret}",
        ]
        printed, codes = [], []
        for url in urls:
            monkeypatch.setenv("SHOP", url)
            for words in (("build", "--refresh"), ("build", "--refresh", "--json"), ("plan", "--json")):
                ran = mlbuild(*words)
                printed.append(ran.out + ran.err)
                codes.append(ran.code)
        assert codes == [0, 0, 0, *[7, 7, 0] * 6, 0, 0, 0]
        for query in ("SELECT * FROM nosuch", "SELEKT"):
            (folder / "mlbuild.yaml").write_text(SPEC)
            source(folder, f'query: "{query}"')
            ran = mlbuild("build", "--json")
            printed.append(ran.out + ran.err)
            assert ran.code == 3
        database.run(f"DROP OWNED BY {user}", f"DROP ROLE {user}")
    assert not [text for text in printed if secret in text]
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert not [file for file in files if secret.encode() in file.read_bytes()]


# With nothing to do


@pytest.fixture
def starter(tmp_path: Path) -> Starter:
    (tmp_path / "project").mkdir()
    write(tmp_path / "project")
    source(tmp_path / "project", "refresh: 6h")
    return Starter(tmp_path / "project", tmp_path / "mlbuild")


def looked_at(start: Starter) -> Look:
    last = find_look(open_store(start.folder).local, "fetch:payments")
    assert last is not None
    return last


def test_until_it_is_due_a_build_is_answered_at_once(starter: Starter) -> None:
    starter.settled()
    before = looked_at(starter)
    # Even if the database changed, or is gone: nothing is asked.
    (starter.folder / "shop.db").unlink()
    assert starter("build").at_once and starter("plan").at_once and starter("status").at_once
    assert looked_at(starter) == before


def test_a_snapshot_ends_when_it_is_due(starter: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    starter.settled()
    last = looked_at(starter)
    (file,) = (starter.folder / ".mlbuild/snapshots").iterdir()
    due = last.at + 6 * 3600
    assert repr(last.at).encode() in file.read_bytes() and repr(due).encode() in file.read_bytes()
    times = {last.at - 1: True, last.at: False, due - 1: False, due: True}
    for now, expected in times.items():
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert unchanged.is_due(repr(last.at), repr(due)) == expected
    assert not unchanged.is_due()


def test_a_source_that_is_always_fetched_has_no_snapshot(starter: Starter) -> None:
    rewrite = starter.folder / "mlbuild.yaml"
    rewrite.write_text(rewrite.read_text().replace("refresh: 6h", "refresh: always"))
    for _ in range(3):
        assert starter("build", "-q").in_full


def test_an_offline_or_locked_build_leaves_no_wrong_answer(starter: Starter) -> None:
    """After a build with an older content, a build without options uses the last one again."""
    assert starter("build", "-q").code == 0
    lock = starter.folder / "mlbuild.lock"
    old = lock.read_text()
    model = (starter.folder / "dist/late/model.onnx").read_bytes()
    sql(starter.folder / "shop.db", "UPDATE payments SET late = 1 - late, amount = amount + 1")
    assert starter("build", "-q", "--refresh").code == 0
    newer = (starter.folder / "dist/late/model.onnx").read_bytes()
    assert newer != model
    lock.write_text(old)
    assert starter("build", "-q", "--locked").code == 0
    assert (starter.folder / "dist/late/model.onnx").read_bytes() == model
    done = starter("build", "-q")
    assert done.in_full
    assert (starter.folder / "dist/late/model.onnx").read_bytes() == newer


def test_the_python_interface_has_the_same_options(tmp_path: Path) -> None:
    write(tmp_path)
    spec = api.load(tmp_path / "mlbuild.yaml")
    options: dict[str, Any] = {"threads": 1, "jobs": 1}
    assert not api.build(spec, offline=True, **options).ok
    assert api.build(spec, **options).ok
    assert api.build(spec, offline=True, **options).ran == ()
    assert api.build(spec, refresh=True, **options).ran == ("fetch:payments",)
    assert api.load(tmp_path / "mlbuild.yaml") == spec
