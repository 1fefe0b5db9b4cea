"""Specs in several files, with profiles and settings; and what is reported about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.check import check
from mlbuild.spec.spec import Spec
from tests.spec.written import told

SPEC = """\
mlbuild: 1
project: p
sources:
  rows: {path: rows.csv, contract: row}
contracts:
  row:
    columns:
      a.b: float
      n: {dtype: int, nullable: true}
      y: bool
datasets:
  all: {from: rows, split: {type: random, valid: 0.2}}
models:
  late:
    type: lightgbm.classifier
    dataset: all
    features: [a.b, n]
    target: y
    params: {num_leaves: 63}
outputs:
  late: {model: late}
"""


def composed(
    folder: Path,
    text: str,
    *,
    profiles: Sequence[str] = (),
    settings: Sequence[str] = (),
    **files: str,
) -> tuple[Spec | None, list[Diagnostic]]:
    """Check a spec. `files` are others next to it, whose names end in `.yaml`."""
    for name, content in {"mlbuild": text, **files}.items():
        (folder / f"{name}.yaml").write_text(content)
    (folder / "rows.csv").touch()
    return check(folder / "mlbuild.yaml", profiles, settings)


def sound(found: tuple[Spec | None, list[Diagnostic]]) -> Spec:
    spec, diagnostics = found
    assert spec is not None, told(diagnostics)
    return spec


def said(found: tuple[Spec | None, list[Diagnostic]]) -> list[str]:
    """Return a line for each diagnostic, `file:line:column code message | help`, and one for each of its notes."""
    lines = []
    for one, text in zip(found[1], told(found[1]), strict=True):
        lines.append(f"{Path(one.span.file).name}:{text}")
        lines += [
            f"  {note.message} {Path(note.span.file).name}:{note.span.line}:{note.span.column}"
            for note in one.related
        ]
    return lines
