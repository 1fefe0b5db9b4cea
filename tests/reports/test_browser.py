"""Reports, comparisons and monitored logs in a real browser without a network: they load nothing, log nothing, fit the window, and are accessible."""

from __future__ import annotations

import json
from pathlib import Path

from mlbuild.cli.exits import OK
from mlbuild.cli.main import main
from tests.budget import examples, tell
from tests.monitoring.logs import records, write_log
from tests.node import answer
from tests.projects import built
from tests.reports.projects import houses, loans, wide

#: A phone and dark, a desktop and light. A soak also has what is between.
LOOKS = [(360, "dark"), (1400, "light")]
MATRIX = [(width, scheme) for width in (360, 800, 1400) for scheme in ("light", "dark")]


def test_a_browser_finds_nothing_wrong(tmp_path: Path) -> None:
    files = []
    for make, output in ((loans, "trees"), *examples(0, 1) * ((houses, "price"), (wide, "one"))):
        folder = tmp_path / output
        folder.mkdir()
        built(make(folder))
        files.append(folder / "dist" / output / "report.html")
    files += [comparison(tmp_path / "trees"), monitoring(tmp_path / "trees")]
    looks = LOOKS if examples(0, 1) == 0 else MATRIX
    told = answer(
        "reports/browser.mjs", {"files": [str(file) for file in files], "looks": looks, "shots": None}
    )
    assert len(told) == len(files) * len(looks)
    for one in told:
        where = f"{Path(one['file']).parent.name} at {one['width']} px, {one['scheme']}"
        assert (one["requests"], one["messages"], one["scripts"]) == ([], [], 0), where
        assert one["violations"] == [], where
        assert one["wider"] == 0, f"{where}: the page is wider than the window"
        assert one["passes"] > 20, f"{where}: axe-core checked something"
    tell(f"{len(told)} views of {len(files)} pages: no request, no message, no violation")


def comparison(folder: Path) -> Path:
    """Build the project again with other data and other parameters; return the page about the differences."""
    table = folder / "loans.csv"
    table.write_text(table.read_text().replace(",A,", ",B,", 20))
    file = folder / "comparison" / "comparison.html"
    file.parent.mkdir()
    setting = "models.trees.params.num_iterations=3"
    for words in (
        ["build", "-q", "-j", "1", "--set", setting],
        ["diff", "--data", "--predictions", "--html", str(file)],
    ):
        assert main(["-C", str(folder), *words]) == OK
    return file


def monitoring(folder: Path) -> Path:
    """Monitor a log of examples, some of which are wrong; return the page about it."""
    output = folder / "dist/trees"
    rows = [one["inputs"] for one in json.loads((output / "examples.json").read_text())["examples"]]
    lines = records(output, rows * 30)
    lines[-1]["violations"] = [{"column": "income", "rule": "min"}]
    lines[-2]["outputs"] = dict.fromkeys(lines[-2]["outputs"])
    write_log(folder / "log/a.jsonl", lines)
    file = folder / "monitor" / "monitor.html"
    file.parent.mkdir()
    words = ["--log", str(folder / "log"), "--window", "12h", "--skew", "--html", str(file)]
    assert main(["-C", str(folder), "monitor", "trees", *words]) == OK
    return file
