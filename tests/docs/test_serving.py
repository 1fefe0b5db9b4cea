"""What the page about serving shows is what a server answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown import DOCS, Block, blocks, tables
from tests.docs.test_commands import copied
from tests.projects import built
from tests.serving.servers import Server, served

PAGE = DOCS / "serving.md"
#: Where the server of the page listens.
PLACE = "http://127.0.0.1:8080"
ASKED = [block for block in blocks(PAGE) if block.text.startswith(f"curl -s {PLACE}")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied("penguins", tmp_path_factory.mktemp("penguins"))
    built(folder / "mlbuild.yaml")
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[Server]:
    with served(project) as started:
        yield started


@pytest.mark.parametrize("block", ASKED, ids=str)
def test_a_server_answers_what_the_page_shows(block: Block, server: Server) -> None:
    command = block.text.replace(PLACE, server.address)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert block.next is not None and block.next.language == "json"
    assert_like(json.loads(done.stdout), json.loads(block.next.text))


def assert_like(found: Any, shown: Any) -> None:
    """Check that an answer is as the page shows it: numbers are rounded, and `...` stands for any text."""
    if isinstance(shown, dict):
        assert [*found] == [*shown]
        for key, value in shown.items():
            assert_like(found[key], value)
    elif isinstance(shown, list):
        assert len(found) == len(shown)
        for one, other in zip(found, shown, strict=True):
            assert_like(one, other)
    elif isinstance(shown, float):
        assert found == pytest.approx(shown, abs=1e-4)
    elif isinstance(shown, str) and shown.endswith("..."):
        assert found.startswith(shown.removesuffix("..."))
    else:
        assert found == shown


def test_the_metrics_are_those_of_the_page(server: Server) -> None:
    text = server.ask("/metrics").body.decode()
    found = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE mlbuild_")}
    told = {name for _, cells in tables(PAGE, "metric", "") for name in cells[0].replace("`", "").split(", ")}
    # What has not happened yet is not there, and nothing about a log or a channel without one.
    assert found <= told and {
        "mlbuild_contract_violations_total",
        "mlbuild_refusals_total",
        "mlbuild_log_dropped_rows_total",
        "mlbuild_swaps_total",
        "mlbuild_swaps_refused_total",
    } >= told - found - {"process_..."}
