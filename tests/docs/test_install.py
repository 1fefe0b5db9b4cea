"""No page, message or hook tells readers to install a package with our name from an index: that package is a
different project.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_INSTALLER = re.compile(
    r"\b(?:pip3?|pipx|uv|uvx|conda|mamba|poetry|pdm|rye|hatch|easy_install|requirements|additional_dependencies|dependencies)\b"
    r"(?P<rest>[^&;|`\n]*)"
)
#: Forms of a package with our name: with extras, a version or an address.
_OURS = re.compile(r"""(?<![\w./-])mlbuild(?:[-_.]spec)?(?=$|[\s\[\]'",<>=~!@\\])""", re.IGNORECASE)


def faulty(text: str) -> list[str]:
    """Return the commands and lists in a text that refer to a package with our name."""
    return [found[0] for found in _INSTALLER.finditer(text) if _OURS.search(found["rest"])]


@pytest.mark.parametrize(
    "line",
    [
        "pip install mlbuild",
        "python -m pip install -U 'mlbuild[excel]>=0.4'",
        "run `pip install mlbuild-spec` first",
        "uv add mlbuild==0.3.0",
        "uvx mlbuild check",
        'pipx run "mlbuild"',
        "conda install -c conda-forge mlbuild",
        "additional_dependencies: [mlbuild]",
        "pip install . mlbuild",
        "RUN pip install mlbuild\\",
    ],
)
def test_what_would_install_somebody_else_s_package_is_found(line: str) -> None:
    assert faulty(f"before\n{line}\nbehind") != []


@pytest.mark.parametrize(
    "line",
    [
        "pip install . && mlbuild check",
        "pip install ./mlbuild",
        ".venv/bin/pip install -e '.[dev]' && .venv/bin/mlbuild -C specs/penguins build",
        "pip install git+https://example.org/mlbuild.git",
        "`pip install .`, then `mlbuild check`",
        "mlbuild needs pip",
    ],
)
def test_what_installs_a_checkout_is_not(line: str) -> None:
    assert faulty(line) == []


def test_nothing_has_readers_install_somebody_else_s_package() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    found = {}
    for name in listed.stdout.split("\0"):
        if name and Path(name) != Path(__file__).relative_to(ROOT):
            with (ROOT / name).open("rb") as file:
                text = file.read().decode("utf-8", "replace")
            if commands := faulty(text):
                found[name] = commands
    assert found == {}


def test_the_readme_says_how_to_install() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "pip install ." in readme
    assert "The `mlbuild` package on PyPI is a different project." in readme
