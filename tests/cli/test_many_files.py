"""A build of a source with many files is answered at once if nothing has changed, and notices any change."""

from __future__ import annotations

from pathlib import Path

from tests.cli.starting import Starter
from tests.projects import one_model

LINE = "type: sklearn.linear_regression, features: [x], target: y"


def test_a_build_with_nothing_to_do_looks_at_the_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for number in range(300):
        file = folder / f"parts/part={number:03}/rows.csv"
        file.parent.mkdir(parents=True)
        file.write_text("x,y\n1,2\n2,5\n3,1\n")
    spec = one_model(folder, "x: float, y: float, part: int", "", LINE)
    spec.write_text(spec.read_text().replace("path: rows.csv", "path: parts/*/rows.csv"))
    start = Starter(folder, tmp_path / "script.py")
    start.settled()
    assert start("build").at_once

    def noticed() -> bool:
        done = start("plan")
        start.settled()
        return done.code == 0 and "source:rows" in done.out and "parts/*/rows.csv" in done.out

    (folder / "parts/part=007/rows.csv").write_text("x,y\n9,9\n2,5\n3,1\n")
    assert noticed()
    (folder / "parts/part=300").mkdir()
    assert "reused" in start("build").err
    (folder / "parts/part=300/rows.csv").write_text("x,y\n9,9\n")
    assert noticed()
    (folder / "parts/part=001/rows.csv").unlink()
    assert noticed()
