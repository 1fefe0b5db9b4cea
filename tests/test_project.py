"""The rules of the code itself: style, types, layers, sizes, generated files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "mlbuild").rglob("*.py"))
#: Modules that import our own modules on use: the public API, the start of the command, its table of commands, the
#: answer of null builds, and the catalogues.
LATE_IMPORTS = {
    "mlbuild/__init__.py",
    "mlbuild/__main__.py",
    "mlbuild/cli/main.py",
    "mlbuild/cli/unchanged.py",
    "mlbuild/catalogue.py",
}


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"python -m {' '.join(command)}\n{done.stdout}{done.stderr}"


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--no-cache", "mlbuild", "tests", "specs")
    run("ruff", "format", "--check", "--no-cache", "mlbuild", "tests", "specs")


def test_mypy_finds_nothing() -> None:
    run("mypy")


def test_rooms_import_only_downward() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_imports_itself_through_others() -> None:
    names = {module: ".".join(module.relative_to(ROOT).with_suffix("").parts) for module in MODULES}
    modules = {name.removesuffix(".__init__"): module for module, name in names.items()}
    graph = {name: {*imported(module, modules.keys())} for name, module in modules.items()}
    assert sum(map(len, graph.values())) > len(graph)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' <- '.join(error.args[1])}")


def imported(module: Path, modules: Collection[str]) -> Iterator[str]:
    """Yield the modules of ours that a module imports anywhere, even only for type checkers."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom):
            named = (f"{node.module}.{part.name}" for part in node.names)
            found = {name if name in modules else str(node.module) for name in named}
        elif isinstance(node, ast.Import):
            found = {part.name for part in node.names}
        else:
            continue
        yield from found.intersection(modules)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_modules_are_imported_at_the_top(module: Path) -> None:
    name = module.relative_to(ROOT).as_posix()
    tree = ast.parse(module.read_text())
    inside = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mlbuild")
        or (isinstance(node, ast.Import) and any(part.name.split(".")[0] == "mlbuild" for part in node.names))
    ]
    assert not inside, f"{name} imports mlbuild inside a function, lines {inside}"
    if name not in LATE_IMPORTS:
        assert "import_module(" not in module.read_text()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_outgrows_its_idea(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 300


def test_rooms_stay_small() -> None:
    """People who look for something read file names first, and then files."""
    counted = Counter(module.parent for module in MODULES if module.name != "__init__.py")
    assert {str(folder.relative_to(ROOT)) for folder, modules in counted.items() if modules > 15} == set()
    assert median(len(module.read_text().splitlines()) for module in MODULES) <= 120


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_load_when_used(module: Path) -> None:
    heavy = {
        "numpy",
        "polars",
        "pandera",
        "lightgbm",
        "sklearn",
        "onnx",
        "onnxruntime",
        "sqlglot",
        "networkx",
    }
    tree = ast.parse(module.read_text())
    loaded = {
        name.split(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [part.name for part in node.names]
        )
    }
    assert not loaded & heavy


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("onnx", ["lowering"]),
        ("onnxruntime", ["bundle"]),
        ("pandera", ["data"]),
        ("yaml", ["spec"]),
        ("sqlglot", ["expressions"]),
        ("networkx", ["engine"]),
    ],
)
def test_a_library_has_one_room(library: str, rooms: list[str]) -> None:
    wanted = re.compile(rf"^\s*(?:from|import) {library}(?:\.|\s|$)", re.MULTILINE)
    users = {
        module.relative_to(ROOT / "mlbuild").parts[0]
        for module in MODULES
        if wanted.search(module.read_text())
    }
    assert users == set(rooms)


@pytest.mark.parametrize(
    ("library", "door"),
    [("onnxruntime", "mlbuild/bundle/runtime.py"), ("lightgbm", "mlbuild/models/lightgbm/library.py")],
)
def test_a_library_that_must_be_told_something_first_has_one_door(library: str, door: str) -> None:
    wanted = re.compile(rf"^\s*(?:from|import) {library}(?:\.|\s|$)", re.MULTILINE)
    users = [str(module.relative_to(ROOT)) for module in MODULES if wanted.search(module.read_text())]
    assert users == [door]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_polars_reads_open_files_and_bytes(module: Path) -> None:
    """Polars would interpret some paths as a pattern, an address or a home folder. A path is only a name."""
    tree = ast.parse(module.read_text())
    opened = [
        ast.unparse(item.optional_vars)
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if item.optional_vars
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.fullmatch(
            r"(pl|polars)\.(read|scan)_\w+", ast.unparse(node.func)
        ):
            read = ast.unparse(node.args[0])
            said = {word.arg: ast.unparse(word.value) for word in node.keywords}
            exact = said.get("glob") == "False" and said.get("hive_partitioning", "False") == "False"
            assert read.startswith(("io.BytesIO(", "[io.BytesIO(")) or (read in opened and exact), (
                ast.unparse(node)
            )


def test_only_the_command_line_prints_or_exits() -> None:
    wanted = re.compile(r"^\s*(?:print\(|sys\.exit\()", re.MULTILINE)
    users = {
        module.relative_to(ROOT / "mlbuild").parts[0]
        for module in MODULES
        if wanted.search(module.read_text())
    }
    assert users <= {"cli", "__main__.py"}


def test_one_module_writes_what_commands_print() -> None:
    """That module decides which names and values can reach a terminal or a log."""
    wanted = re.compile(r"\bprint\(|\.stdout\.write|\.stderr\.write")
    users = {
        module.relative_to(ROOT / "mlbuild").as_posix()
        for module in MODULES
        if wanted.search(module.read_text())
    }
    assert users == {"cli/output/printing.py"}


def test_every_module_says_its_job() -> None:
    silent = [
        str(module.relative_to(ROOT))
        for module in MODULES
        if module.read_text().strip() and not ast.get_docstring(ast.parse(module.read_text()))
    ]
    assert not silent


def test_frozen_values_are_defined_cheaply() -> None:
    """Python needs twice as long for a class with `frozen=True`, and each command defines hundreds of classes."""
    assert [module for module in MODULES if "dataclass(frozen=True" in module.read_text()] == []
