"""Every YAML example in the documentation passes `check`, or gives exactly the errors that follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.spec.check import check
from tests.docs.examples import examples, said, told, wanted
from tests.docs.markdown import DOCS, Block, pages
from tests.docs.reference import reference
from tests.editor import examples as smallest

#: Pages whose examples are tested elsewhere.
ELSEWHERE = {DOCS / "errors.md", *reference()}
EXAMPLES = [block for page in pages() if page not in ELSEWHERE for block in examples(page)]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_is_as_right_or_wrong_as_it_says(block: Block, tmp_path: Path) -> None:
    assert said(block, tmp_path) == wanted(block)


def test_the_examples_of_the_reference_are_right(tmp_path: Path) -> None:
    for example in smallest.examples():
        spec = smallest.folder_of_files(tmp_path) / "mlbuild.yaml"
        smallest.write_json(spec, example.spec())
        assert told(check(spec)[1]) == "", example.title


def test_every_page_of_a_key_has_examples() -> None:
    shown = {block.page for block in EXAMPLES}
    assert shown >= set((DOCS / "spec").glob("*.md"))
