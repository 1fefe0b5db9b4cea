"""Every YAML example of the documentation passes `check`, or gives exactly the errors shown beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.examples import examples, said, wanted
from tests.docs.markdown import ROOT, Block, pages

EXAMPLES = [block for page in pages() for block in examples(page)]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_is_as_right_or_wrong_as_it_says(block: Block, tmp_path: Path) -> None:
    assert said(block, tmp_path) == wanted(block)


def test_every_page_of_a_key_has_examples() -> None:
    shown = {block.page for block in EXAMPLES}
    assert shown >= set((ROOT / "docs" / "spec").glob("*.md"))
