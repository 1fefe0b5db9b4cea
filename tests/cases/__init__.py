"""The cases of diagnostics: one page per code, which is its explanation, an example and a test at once.

A page contains prose, the files of a project (` ```yaml ` is `mlbuild.yaml`, others have names), and the output of
a command: the first line of ` ```text ` is the command. In a block marked `escapes`, `\\xff` is that byte. A page
without data files has empty ones for every `path:` and local database, because `check` does not read them.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlbuild.cli.exits import INTERNAL
from mlbuild.cli.main import main
from mlbuild.diagnostics import CODES, WARNINGS
from mlbuild.frozen import frozen

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "diagnostics"
PAGE = ROOT / "docs" / "errors.md"
#: The command that updates the expected output and the page.
COMMAND = "python -m tests.cases"

_BLOCK = re.compile(r"^```(\w+) ?(\S*)( escapes)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: The diagnostics in the output of a build, up to their count. The rest contains durations.
_DIAGNOSTICS = re.compile(
    r"^[^\n]*: (?:warning|error)\[.*?^\d+ (?:warning|error)s?$\n", re.MULTILINE | re.DOTALL
)
_PATH = re.compile(r"(?:path: |:///)([\w./-]+)")
#: A comment of a page that is not printed: the example runs as if this module were not installed.
_WITHOUT = re.compile(r"<!-- without: (\S+) -->\n")
_TOP = """\
# Errors and warnings

This page lists every error and warning by its code. For example, `error[unknown-op]` is explained under `unknown-op`. `mlbuild explain CODE`
prints the same text. An error ends a command with exit code 2, before any data is read. A warning does not. The top-level key `warnings` of a spec
silences warnings or turns them into errors. Some warnings need data, so only a build finds them. If such a warning is an error, the build
exits with code 4 and publishes nothing.

This page is written by `python -m tests.cases` from the cases in `tests/cases/diagnostics/`.
"""


@frozen
class Case:
    """One page, and the expected output of its command."""

    code: str
    text: str

    @property
    def files(self) -> dict[str, bytes]:
        """Return the content of each file of the project."""
        return {
            name or "mlbuild.yaml": _unescaped(content) if escapes else content.encode()
            for kind, name, escapes, content in _BLOCK.findall(self.text)
            if kind != "text"
        }

    @property
    def told(self) -> str:
        """Return the command with its expected output."""
        return next(found[4] for found in _BLOCK.finditer(self.text) if found[1] == "text")

    def printed(self) -> str:
        """Return the command with its actual output, including standard error."""
        command, _, _ = self.told.partition("\n")
        program, *words = shlex.split(command.removeprefix("$ "))
        assert program == "mlbuild", f"{self.code}: the text begins with the command, '$ mlbuild check'"
        printed = io.StringIO()
        with (
            self._project() as folder,
            contextlib.chdir(folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _missing(_WITHOUT.findall(self.text)),
        ):
            code = main(words)
        assert code != INTERNAL, f"{self.code}: {printed.getvalue()}"
        text = printed.getvalue()
        return f"{command}\n{_DIAGNOSTICS.search(text)[0] if words[0] == 'build' else text}"  # type: ignore[index]

    def renewed(self) -> Case:
        """Return the page with the current output."""
        return Case(self.code, self.text.replace(self.told, self.printed()))

    @contextlib.contextmanager
    def _project(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for path, content in self.files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            if all(path.endswith(".yaml") for path in self.files):
                for path in _PATH.findall(self.text):
                    (folder / path).touch()
            yield folder


@contextlib.contextmanager
def _missing(modules: list[str]) -> Iterator[None]:
    """Let modules not be found."""
    loaded = {name: sys.modules.pop(name) for name in modules if name in sys.modules}
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]  # Python's mark for such modules
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(loaded)


def _unescaped(text: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())


def cases() -> dict[str, Case]:
    """Return all cases by code."""
    return {
        path.stem: Case(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))
    }


def page(found: dict[str, Case]) -> str:
    """Return the page with all codes, in the order of the catalogue."""
    return "\n".join([_TOP, *(_section(code, found[code].text) for code in CODES)])


def _section(code: str, text: str) -> str:
    kind = "Warning" if code in WARNINGS else "Error"
    _, _, body = text.partition("\n")
    return f"## {code}\n\n*{kind}: {CODES[code]}.*\n\n{_WITHOUT.sub('', body).strip()}\n"


def write(found: dict[str, Case]) -> None:
    """Update the expected output of all cases, and the page."""
    for code, case in found.items():
        (FOLDER / f"{code}.md").write_text(case.text, encoding="utf-8", newline="\n")
    PAGE.write_text(page(found), encoding="utf-8", newline="\n")
