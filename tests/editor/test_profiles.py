"""Completion and validation in a profile, which editors see without the spec that it is merged into."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.data import SOURCES
from mlbuild.models import LEARNERS
from mlbuild.params import params_of
from mlbuild.spec.language import Model
from mlbuild.spec.root import OVERLAID
from mlbuild.spec.shape.schema import schema_text
from mlbuild.spec.shipping import Output
from tests.editor.server import Server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "schema.json").write_text(schema_text(), encoding="utf-8")
    return folder


def opened(server: Server, file: Path, text: str, schema: str = "schema.json") -> Path:
    file.write_text(f"# yaml-language-server: $schema={schema}\n{text}")
    server.open(file)
    return file


def profile(overlay: str) -> str:
    """Return a spec with one profile, whose overlay starts in line 6 of the file."""
    return "mlbuild: 1\nproject: p\nprofiles:\n  quick:\n" + "\n".join(
        f"    {line}" for line in overlay.split("\n")
    )


MODEL_KEYS = set(params_of(Model))
OPTIONS = {key for one in SOURCES for key in params_of(one)}
LINEAR = "models:\n  m:\n    type: sklearn.linear_regression\n    params:\n      "


@pytest.mark.parametrize(
    ("overlay", "offered"),
    [
        ("", set(OVERLAID)),
        ("models:\n  m:\n    ", MODEL_KEYS),
        ("models:\n  m:\n    params:\n      ", {key for cls in LEARNERS for key in params_of(cls)}),
        (LINEAR, {"fit_intercept", "positive"}),
        ("sources:\n  s:\n    ", {"type", *OPTIONS}),
        ("outputs:\n  o:\n    ", {*params_of(Output)}),
    ],
    ids=["overlay", "model", "params", "params of a type", "source", "output"],
)
def test_what_completes(server: Server, folder: Path, overlay: str, offered: set[str]) -> None:
    text = profile(overlay)
    file = opened(server, folder / f"complete-{len(list(folder.iterdir()))}.yaml", text)
    lines = text.split("\n")
    found = {str(item["label"]) for item in server.completions(file, len(lines) + 1, len(lines[-1]) + 1)}
    assert found == offered


def test_mistakes_are_blamed_on_their_lines(server: Server, folder: Path) -> None:
    overlay = """\
modls: {}
models:
  m:
    params:
      num_iteration: 3
    parms: {}
sources:
  s:
    delimter: ";"
datasets:
  d:
    split:
      valid: {}
preprocessing:
  p:
    - op: imput
"""
    file = opened(server, folder / "wrong.yaml", profile(overlay))
    assert [line for line, _ in server.diagnostics(file)] == [6, 10, 11, 14, 18, 21]


def test_nothing_is_required(server: Server, folder: Path) -> None:
    overlay = "models:\n  m: {params: {num_leaves: 3}}\nsources:\n  s: {path: b.parquet}\n"
    assert server.diagnostics(opened(server, folder / "good.yaml", profile(overlay))) == []


def test_an_included_file_can_name_its_part_of_the_schema(server: Server, folder: Path) -> None:
    text = "outputs:\n  o: {model: m}\nproject: p\n"
    file = opened(server, folder / "part.yaml", text, "schema.json#/definitions/included")
    assert server.diagnostics(file) == [(4, "Property project is not allowed.")]
