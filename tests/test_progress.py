"""Reports about the progress of long work."""

from __future__ import annotations

from mlbuild.progress import Paced, Progress


def test_reports_are_passed_on_at_a_limited_pace() -> None:
    now, heard = [0.0], list[Progress]()
    report = Paced(heard.append, seconds=1.0, clock=lambda: now[0])
    for done in range(100):
        now[0] = done / 10
        report(done, None, "rows")
    assert [progress.done for progress in heard] == [*range(0, 100, 10)]
    assert heard[0] == Progress(0, None, "rows")
