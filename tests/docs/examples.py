"""The specs that YAML blocks of the documentation represent, and what `check` should report for them.

A block with the key `mlbuild` is a whole spec; ` ```yaml FILE ` is a file next to it. Any other block is merged into the
first spec of `docs/spec.md`: maps are merged, and everything else is replaced, including a map with a `type`. A block must be
valid, unless a text block follows that begins with `error[` or `warning[`. Then `check` must report exactly that, without
positions.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from mlbuild.data.locators.variables import expand
from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.check import check
from mlbuild.spec.text.loader import load
from tests.docs.markdown import DOCS, Block, blocks

_TOLD = re.compile(r"(error|warning)\[")
_COMMENT = re.compile(r"\s*(#.*)?")


def examples(page: Path) -> list[Block]:
    """Return the YAML blocks of a page that contain more than comments."""
    found = (block for block in blocks(page) if block.language == "yaml")
    return [block for block in found if not all(map(_COMMENT.fullmatch, block.text.splitlines()))]


def wanted(block: Block) -> str:
    """What `check` should report for a block; empty for a valid one."""
    follower = block.next
    return follower.text if follower and follower.language == "text" and _TOLD.match(follower.text) else ""


def said(block: Block, folder: Path) -> str:
    """What `check` reports for the spec that a block represents, in an empty folder."""
    document = load(block.text.encode(), "mlbuild.yaml")
    if isinstance(document, list) or document.mistakes:
        return told(document if isinstance(document, list) else document.mistakes)
    value = _whole(document.value)
    # The files of a valid spec exist; those of an invalid one may be the mistake.
    write_files(folder, block.page, base() if wanted(block) else value)
    spec = folder / "mlbuild.yaml"
    spec.write_text(block.text if value is document.value else json.dumps(value), encoding="utf-8")
    _, diagnostics = check(spec)
    # A fragment may define something that only the text around it uses.
    return told([one for one in diagnostics if one.code != "unused" or "[unused]" in wanted(block)])


def renewed(page: Path) -> str:
    """The text of a page with what `check` reports now after the examples that are wrong."""
    text = page.read_text(encoding="utf-8")
    for block in examples(page):
        if wanted(block):
            with tempfile.TemporaryDirectory() as folder:
                text = text.replace(
                    f"{block.text}```\n\n```text\n{wanted(block)}",
                    f"{block.text}```\n\n```text\n{said(block, Path(folder))}",
                )
    return text


def project_of(page: Path, folder: Path) -> None:
    """Write the project that the valid fragments of a page form together."""
    value = base()
    for block in examples(page):
        if not wanted(block):
            value = over(value, _value(block.text))
    write_files(folder, page, value)
    (folder / "mlbuild.yaml").write_text(json.dumps(value), encoding="utf-8")


def write_files(folder: Path, page: Path, *specs: Any) -> None:
    """Write the files that a page shows, and empty files for the data of its specs."""
    shown = {block.language.split()[1]: block.text for block in blocks(page) if block.language[:5] == "yaml "}
    data = {block.language.split()[1]: block.text for block in blocks(page) if block.language[:4] == "csv "}
    for name, text in (shown | data).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for spec in (*specs, *map(_value, shown.values())):
        for source in spec.get("sources", {}).values():
            named = source["connection"] if "connection" in source else source["path"]
            for path in named if isinstance(named, list) else [named]:
                file = folder / expand(path, {}).text.rpartition(":///")[2].replace("*", "1")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()


def told(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as the command line prints them, without positions."""
    lines = []
    for one in diagnostics:
        lines.append(f"{one.severity}[{one.code}]: {one.message}")
        lines += [f"  help: {one.help}"] if one.help else []
    return "".join(f"{line}\n" for line in lines)


@cache
def base() -> Any:
    """The spec that fragments are merged into."""
    return _value(examples(DOCS / "spec.md")[0].text)


def over(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)) or "type" in above:
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}


def _whole(value: Any) -> Any:
    return value if "mlbuild" in value else over(base(), value)


def _value(text: str) -> Any:
    document = load(text.encode(), "mlbuild.yaml")
    assert not isinstance(document, list), told(document)
    return document.value
