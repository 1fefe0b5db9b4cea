"""The generated parts of the documentation are up to date, and links have targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mlbuild.params import params_of
from mlbuild.spec.root import Root
from tests.docs.generated import COMMAND, generated
from tests.docs.markdown import DOCS, ROOT, pages

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def test_generated_texts_are_up_to_date() -> None:
    stale = [
        str(page.relative_to(ROOT))
        for page, text in generated().items()
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `{COMMAND}` to write {', '.join(stale)}"


def test_links_lead_to_files_and_headings() -> None:
    broken = [f"{page.relative_to(ROOT)}: {link}" for page in pages() for link in dead_links(page)]
    assert not broken


def test_every_key_of_a_spec_has_its_place_in_a_page() -> None:
    shared = (DOCS / "spec" / "project.md").read_text(encoding="utf-8")
    for key in params_of(Root):
        assert (DOCS / "spec" / f"{key}.md").exists() or f"`{key}`" in shared, key


def dead_links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        file, _, anchor = link.partition("#")
        if "://" in file:
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def anchors(page: Path) -> set[str]:
    """Return the fragments of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
