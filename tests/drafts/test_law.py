"""A draft of any table passes `check` without warnings and builds.

Tables that cannot be drafted are refused with a message.
"""

from __future__ import annotations

from pathlib import Path

from mlbuild import api
from mlbuild.data.inference import infer
from mlbuild.diagnostics import Rejected
from mlbuild.drafts.draft import draft
from tests import budget
from tests.drafts.tables import table
from tests.projects import built


def test_a_draft_of_any_table_builds(tmp_path: Path) -> None:
    drafted = refused = 0
    for seed in range(budget.seed(), budget.seed() + budget.examples(12, 1000)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        if builds(seed, folder):
            drafted += 1
        else:
            refused += 1
    assert drafted and refused
    budget.tell(f"{drafted} drafts of random tables built, {refused} targets refused")


def test_the_same_file_gives_the_same_draft(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(
        "a,b,c\n" + "".join(f"{row},{row % 3},x{row % 5}\n" for row in range(90))
    )
    first, second = (draft(infer(tmp_path / "rows.csv"), "rows.csv", "p", "b").text for _ in range(2))
    assert first == second


def builds(seed: int, folder: Path) -> bool:
    """Whether the table for a seed can be drafted. If so, the draft must build."""
    written = table(seed)
    (folder / "rows.csv").write_text(written.text, encoding="utf-8", newline="")
    try:
        made = draft(infer(folder / "rows.csv"), "rows.csv", "law", written.target)
    except Rejected as rejected:
        assert rejected.problems[0].message
        return False
    file = folder / "mlbuild.yaml"
    file.write_text(made.text, encoding="utf-8", newline="")
    spec, diagnostics = api.check(file)
    assert spec is not None and not diagnostics, (seed, diagnostics, made.text)
    built(file)
    return True
