"""The specs that YAML blocks of the documentation stand for, and what `check` should say of them.

A block with the key `mlbuild` is a whole spec; ` ```yaml FILE ` is a file beside it. Any other is laid over the first one of `docs/spec.md`: maps are
joined, all else is replaced, as is a map that names its `type`. A block is right, unless a text block follows that
begins with `error[` or `warning[`: then `check` says exactly that, places left out.
"""

from __future__ import annotations

import json
import re
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
    """The YAML blocks of a page that hold more than comments."""
    found = (block for block in blocks(page) if block.language == "yaml")
    return [block for block in found if not all(map(_COMMENT.fullmatch, block.text.splitlines()))]


def wanted(block: Block) -> str:
    """What `check` should say of a block; nothing of a right one."""
    follower = block.next
    return follower.text if follower and follower.language == "text" and _TOLD.match(follower.text) else ""


def said(block: Block, folder: Path) -> str:
    """What `check` says of the spec that a block stands for, in an empty folder."""
    document = load(block.text.encode(), "mlbuild.yaml")
    if isinstance(document, list) or document.mistakes:
        return told(document if isinstance(document, list) else document.mistakes)
    value = _whole(document.value)
    # The files of a right spec are there; those of a wrong one may be what is wrong.
    write_files(folder, block.page, base() if wanted(block) else value)
    spec = folder / "mlbuild.yaml"
    spec.write_text(block.text if value is document.value else json.dumps(value), encoding="utf-8")
    _, diagnostics = check(spec)
    # A fragment may define what only the text around it uses.
    return told([one for one in diagnostics if one.code != "unused" or "[unused]" in wanted(block)])


def project_of(page: Path, folder: Path) -> None:
    """Write the project that the right fragments of a page make together."""
    value = base()
    for block in examples(page):
        if not wanted(block):
            value = over(value, _value(block.text))
    write_files(folder, page, value)
    (folder / "mlbuild.yaml").write_text(json.dumps(value), encoding="utf-8")


def write_files(folder: Path, page: Path, *specs: Any) -> None:
    """The files that a page shows, and empty ones for the data of its specs."""
    shown = {block.language.split()[1]: block.text for block in blocks(page) if block.language[:5] == "yaml "}
    for name, text in shown.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for spec in (*specs, *map(_value, shown.values())):
        for source in spec.get("sources", {}).values():
            file = folder / expand(source["path"], {}).text
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()


def told(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as the command line tells them, without places."""
    lines = []
    for one in diagnostics:
        lines.append(f"{one.severity}[{one.code}]: {one.message}")
        lines += [f"  help: {one.help}"] if one.help else []
    return "".join(f"{line}\n" for line in lines)


@cache
def base() -> Any:
    """The spec that fragments are laid over."""
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
