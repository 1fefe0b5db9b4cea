"""Every code of a diagnostic is in the catalogue, and every code in the catalogue is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mlbuild.data.data_warning import DataWarning
from mlbuild.diagnostics import CODES
from mlbuild.spec.shape.schema import tagged_unions

ROOT = Path(__file__).resolve().parents[1]
TREES = [(path, ast.parse(path.read_text())) for path in sorted((ROOT / "mlbuild").rglob("*.py"))]


def test_codes_in_use_are_those_of_the_catalogue() -> None:
    assert {code for _, code in codes_in_use()} == set(CODES)


def test_codes_are_words_with_hyphens_and_told_in_a_phrase() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert meaning and not meaning.endswith("."), code


def codes_in_use() -> Iterator[tuple[str, str]]:
    """Yield the file and code of every literal that is used as a code, and of codes that are put together."""
    makers = {"Problem", "Diagnostic", DataWarning.__name__, *functions_with_a_code()}
    for path, tree in TREES:
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and name_of(call) in makers:
                yield from ((path.name, code) for code in literals(call))
    # A misspelt metric or test is reported as a value that is not one of the options.
    named = {kind.by for kind in tagged_unions().values()} & {"op", "type"}
    yield from (("structure.py", f"unknown-{by}") for by in named)


def functions_with_a_code() -> Iterator[str]:
    for _, tree in TREES:
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                names = [argument.arg for argument in function.args.args if argument.arg != "self"]
                if names[:1] == ["code"]:
                    yield function.name


def literals(call: ast.Call) -> list[str]:
    """Return the texts that the code of a call can be."""
    given = call.args[:1] or [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    return [
        part.value
        for code in given
        for part in ([code.body, code.orelse] if isinstance(code, ast.IfExp) else [code])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
