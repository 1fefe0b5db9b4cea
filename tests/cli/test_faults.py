"""Data errors end with exit code 3 before any training, failed verification with 5. Published outputs stay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mlbuild.bundle.artifact import write_artifact
from mlbuild.pipeline.tasks import artifact as artifact_task
from tests.bundle.mutations import mutations
from tests.cli.running import Command
from tests.projects import DELAYS, delays


def flights(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / "flights.parquet"
        change(pl.read_parquet(file)).write_parquet(file)

    return apply


def planes(change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / "planes.csv"
        file.write_text(change(file.read_text()))

    return apply


FIRST = pl.int_range(pl.len()) == 2

FAULTS = [
    pytest.param(
        flights(lambda rows: rows.with_columns(distance=pl.when(FIRST).then(-4).otherwise("distance"))),
        "column 'distance' violates 'min 0' in 1 row: -4 (row 3)",
        id="negative distance",
    ),
    pytest.param(
        flights(
            lambda rows: rows.with_columns(carrier=pl.when(FIRST).then(pl.lit("ZZ")).otherwise("carrier"))
        ),
        "column 'carrier' violates 'categories' in 1 row: 'ZZ' (row 3)",
        id="unknown carrier",
    ),
    pytest.param(
        planes(lambda text: text + text.splitlines()[1] + "\n"),
        "column 'tailnum' violates 'unique [tailnum]' in 2 rows: 'N10156' (row 1), 'N10156' (row 3323)",
        id="duplicate key",
    ),
    pytest.param(
        flights(lambda rows: rows.rename({"dest": "dst"})),
        "column 'dest' is missing (did you mean 'dst'?)",
        id="missing column",
    ),
    pytest.param(
        planes(lambda text: re.sub(r",55\n", ",many\n", text, count=1)),
        "column 'seats' violates 'parses as int' in 1 row: 'many' (line 2)",
        id="a value that does not parse",
    ),
]


@pytest.mark.parametrize(("spoil", "told"), FAULTS)
def test_a_data_fault_ends_before_any_training(
    mlbuild: Command, spoil: Callable[[Path], None], told: str
) -> None:
    delays(mlbuild.folder)
    spoil(mlbuild.folder)
    first = mlbuild("build")
    assert first.code == 3
    assert told in first.err
    assert not re.search(r"ran +(fit|train|bin)", first.err)
    assert not (mlbuild.folder / "dist").exists()
    again = mlbuild("build")
    assert again.code == 3
    assert told in again.err
    assert "as in build" in again.err


def test_all_violations_of_a_table_are_told_at_once_and_as_json(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    for fault in FAULTS[:2]:
        spoil = fault.values[0]
        assert callable(spoil)
        spoil(mlbuild.folder)
    done = mlbuild("build", "--json")
    document = json.loads(done.out)
    assert (done.code, document["exit_code"], document["ok"]) == (3, 3, False)
    violations = document["failures"]["contract:flights"]["details"]["violations"]
    assert [(one["columns"], one["rule"], one["count"]) for one in violations] == [
        (["carrier"], "categories", 1),
        (["distance"], "min 0", 1),
    ]


def test_a_refused_artifact_leaves_the_former_folder_whole(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = delays(mlbuild.folder)
    assert mlbuild("build").code == 0
    folder = mlbuild.folder / "dist/late"
    shipped = {file.name: file.read_bytes() for file in folder.iterdir()}

    def wrong(*args: object) -> tuple[bytes, bytes]:
        model, contract = write_artifact(*args)  # type: ignore[arg-type]
        return next(mutations(model, 1, 0)).model, contract

    monkeypatch.setattr(artifact_task, "write_artifact", wrong)
    spec.write_text(DELAYS.replace("num_leaves: 15", "num_leaves: 12"))
    refused = mlbuild("build")
    assert refused.code == 5
    assert "verify:late: the artifact disagrees with the trained pipeline" in refused.err
    assert "dist/late/model.onnx: out of date, not changed" in refused.out
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == shipped
    assert mlbuild("build").code == 5


def test_what_was_shipped_is_told_although_the_cache_is_damaged(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    first = mlbuild("build")
    certificate = (mlbuild.folder / "dist/late/parity.json").read_bytes()
    (kept,) = (
        path for path in (mlbuild.folder / ".mlbuild/cas").glob("*/*") if path.read_bytes() == certificate
    )
    kept.chmod(0o644)
    kept.write_bytes(certificate[:-1] + b" ")
    again = mlbuild("build")
    assert (again.code, again.out) == (0, first.out)
