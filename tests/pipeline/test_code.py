"""The code versions of the real tasks: they contain everything that determines a result, and little else."""

from __future__ import annotations

import ast
import random
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from mlbuild.diagnostics import CODES, WARNINGS
from mlbuild.engine.code.import_effects import ImportEffects
from mlbuild.engine.code.library import Library
from mlbuild.engine.code.modules import ModuleFiles
from mlbuild.engine.code.scan import scan
from mlbuild.engine.code.syntax import defined
from mlbuild.models.answers.answer import Answer
from mlbuild.models.learner import Learner
from mlbuild.ops.op import Op
from mlbuild.pipeline.plan import POLICY
from tests.budget import examples, seed, tell
from tests.pipeline.coded import PACKAGE, Edited, definitions, edited, planned, reran, rewritten
from tests.pipeline.walk import constants, is_constant
from tests.pipeline.watched import watched

#: Modules that have an effect when they are imported. No task imports them.
ACTING = {"mlbuild.__main__", "mlbuild.cli.request", "mlbuild.cli.unchanged"}


@pytest.fixture(scope="module")
def library() -> Library:
    """All modules of the package."""
    sources = ModuleFiles()

    def look(module: str) -> Any:
        file = sources.of(module)
        package = module if file and file.name == "__init__.py" else module.rpartition(".")[0]
        return file and scan(file.read_bytes(), package, POLICY)

    return Library(frozenset({"mlbuild"}), sources, look)


# Properties of modules and of the policy


def test_importing_a_module_does_nothing(library: Library) -> None:
    """Otherwise everything that it calls would be in the key of every task that imports it, directly or indirectly."""
    effects = ImportEffects(library)
    acting = {module: effects.of(module) for module in library.modules() if effects.of(module)}
    assert set(acting) == ACTING, acting


def test_all_names_of_a_policy_are_definitions(library: Library) -> None:
    named = [*POLICY.catalogues, *POLICY.families, *(one for one, _ in POLICY.wrappers)]
    targets = [f"{module}:{name}" for module, _, name in (one.rpartition(".") for one in named)]
    told = [f"{module}:{name}" for module, _, name in (one.function.rpartition(".") for one in POLICY.prose)]
    for target in (*targets, *told):
        places = library.find("", target)
        assert places and all(library.unit(place) for place in places), target


def test_nothing_counts_as_a_whole_file() -> None:
    """What cannot be followed, such as an attribute with a computed name, would make every comment count."""
    for task, found in definitions(planned()).items():
        assert [name for name in found if ":" not in name] == [], task


def test_where_the_package_is_installed_shows_nowhere(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "elsewhere")
    elsewhere = ModuleFiles({"mlbuild": (tmp_path / "elsewhere",)})
    assert reran(planned(), elsewhere) == set()


# What reruns


def documented(text: str) -> str:
    """Return a source with a different docstring and a comment at every definition, whether it had one or not."""
    lines = text.split("\n")
    places: list[tuple[int, int, int]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Module)) and node.body:
            first = node.body[0]
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if first.lineno > getattr(node, "lineno", 0) and not getattr(first, "decorator_list", None):
                end = first.end_lineno or first.lineno
                places.append((first.lineno - 1, end if told else first.lineno - 1, first.col_offset))
    for start, end, indent in sorted(places, reverse=True):
        lines[start:end] = [f'{" " * indent}"""Something else."""', f"{' ' * indent}# Something more."]
    return "\n".join(lines)


def test_a_comment_or_docstring_anywhere_reruns_nothing() -> None:
    texts = [file.read_text() for file in PACKAGE.rglob("*.py")]
    assert sum(documented(text) != text for text in texts) > 0.9 * sum(bool(text.strip()) for text in texts)
    assert reran(planned(), rewritten(documented)) == set()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("diagnostics.py", "CODES = {", 'CODES = {\n    "a-new-code": "something else",'),
        ("diagnostics.py", next(iter(CODES.values())), "something else"),
        ("diagnostics.py", "WARNINGS = ", "WARNINGS = ('a-new-code',), "),
        ("ops/__init__.py", "Catalogue(\n    {", 'Catalogue(\n    {"new": "mlbuild.ops.new.New",'),
        ("ops/standard.py", "Subtract the mean of the training rows.", "Subtract it."),
        ("models/lightgbm/regressor.py", "absolute error", "the absolute difference"),
        ("kinds.py", '"an integer"', '"a whole number"'),
        ("engine/execution/run.py", "def build(", "def unused(): ...\n\n\ndef build("),
        ("spec/check.py", "def check(", "def unused(): ...\n\n\ndef check("),
    ],
)
def test_what_only_people_and_the_editor_see_reruns_nothing(file: str, old: str, new: str) -> None:
    assert WARNINGS
    assert reran(planned(), edited(file, old, new)) == set()


def test_only_writing_and_verifying_an_artifact_depend_on_how_something_is_lowered() -> None:
    """`text.lower()` would name the method of ops and answers, so the package says `text.casefold()` instead."""
    lowered = {f"{base.__module__}:{base.__qualname__}.lower" for base in (Op, Answer, Learner)}
    found = definitions(planned())
    for task, names in found.items():
        assert bool(lowered & {*names}) <= (task.kind in ("artifact", "verify")), task
    assert any(lowered <= {*names} for names in found.values())


def test_the_constants_in_a_version_are_those_that_another_walk_finds() -> None:
    for task, found in definitions(planned()).items():
        upper = {name.partition(":")[::2] for name in found if name.partition(":")[2].isupper()}
        named = {":".join(node) for node in upper if is_constant(node)}  # `S3` is a class
        assert named == {name for name in constants(task) if name.partition(":")[2].isupper()}, task


def literals(file: Path) -> Iterator[tuple[str, ast.Constant]]:
    """Yield the numbers and strings in the values of constants, with the names of the constants."""
    for statement in ast.parse(file.read_bytes()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                for node in ast.walk(value):
                    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                        yield name, node


def test_a_changed_constant_reruns_exactly_what_reaches_it() -> None:
    chance = random.Random(seed())
    found = [(file, *one) for file in sorted(PACKAGE.rglob("*.py")) for one in literals(file)]
    reaching = {task: constants(task) for task in planned()}
    reached = set.union(*reaching.values())
    counts = {True: 0, False: 0}
    for file, name, node in chance.sample(found, len(found)):
        module = ".".join(["mlbuild", *file.relative_to(PACKAGE).with_suffix("").parts])
        target = f"{module.removesuffix('.__init__')}:{name}"
        if counts[target in reached] == examples(6, 200):
            continue
        counts[target in reached] += 1
        lines = file.read_text().split("\n")
        line = lines[node.lineno - 1].encode()
        changed = line[: node.col_offset] + b"987" + line[node.end_col_offset :]
        lines[node.lineno - 1] = changed.decode()
        expected = {task for task in planned() if target in reaching[task]}
        assert reran(planned(), Edited({file: "\n".join(lines).encode()})) == expected, target
    assert min(counts.values()) >= 6


PLANNING = '''

def plan(spec: Spec, name: str) -> Task:
    """A task of this kind."""
    model = spec.models[name]
    return Task(f"fit:{name}", "fit", run, {"seed": model.seed}, PARTS, libraries=LIBRARIES)


PARTS = ("states",)
LIBRARIES = ("polars",)
'''


def test_planning_stands_beside_the_function_of_a_task() -> None:
    """Edits of it, and what it imports from the rooms above, rerun nothing."""
    file = PACKAGE / "pipeline/tasks/fit.py"
    text = file.read_text()
    assert "def plan(" in text and "import ModelScope" in text
    with_planning = Edited({file: (text + PLANNING).encode()})
    assert reran(planned(), with_planning) == set()
    before = definitions(planned(), with_planning)
    other = PLANNING.replace('("states",)', '("states", "more")').replace("model.seed", "model.seed + 1")
    assert definitions(planned(), Edited({file: (text + other).encode()})) == before
    run = text.replace("sort_keys=True", "sort_keys=False")
    assert run != text
    after = definitions(planned(), Edited({file: (run + PLANNING).encode()}))
    assert {task.kind for task in planned() if after[task] != before[task]} == {"fit"}


# What runs


@cache
def statements(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_bytes()).body


@cache
def homes(code: CodeType) -> set[str]:
    """Return the name of a code object as in a version: a function or method; for a lambda, also what is on its
    line.
    """
    file = Path(code.co_filename)
    module = ".".join(["mlbuild", *file.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    name = code.co_qualname.partition(".<locals>")[0]
    found = {name}
    for statement in statements(file) if "<" in name else ():
        if statement.lineno <= code.co_firstlineno <= (statement.end_lineno or 0):
            found.update(defined(statement))
    return {f"{module}:{name}" for name in found}


def test_all_that_a_task_runs_is_in_its_version(tmp_path: Path) -> None:
    """Except the engine, which passes it its inputs and takes its results, and the lookup of classes by name."""
    count = 0
    for task in watched(tmp_path, examples(1, 60)):
        (found,) = definitions((task.coded,)).values()
        for code in task.ran:
            assert homes(code) & {*found}, f"{task.name} runs {code.co_qualname} of {code.co_filename}"
            count += 1
    tell(f"{count:,} functions that tasks ran are in their code versions")
    assert count > 400
