"""The code version of a task: digests of the source files that its function can reach by imports.

Imports are read from the syntax tree, nothing is imported. They are followed within one top-level package;
what comes from outside is the matter of library versions. Imports by a computed name are not seen.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from mlbuild.engine.canonical import digest

#: The begin of a statement at the top level, unless it stands in a text or between brackets.
_DEFINITION = re.compile(rb"^(?:def|class|async|@)", re.MULTILINE)


@cache
def code_versions(modules: tuple[str, ...], catalogues: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """The digest of each source file that `modules` reach, by module name.

    The `__init__` of every package on the way counts, as importing runs it. `catalogues` name modules that
    import every op or learner there is: they are left out.

    Raises:
        ValueError: one of `modules` has no source file.
    """
    found: dict[str, str] = {}
    waiting = [name for module in modules for name in _with_packages(module)]
    for module in modules:
        if _source(module) is None:
            raise ValueError(f"module '{module}' has no source file, so its version cannot be known")
    while waiting:
        name = waiting.pop()
        source = _source(name)
        if name in found or name in catalogues or source is None:
            continue
        found[name], imported = _read(name, source)
        waiting.extend(imported)
    return dict(sorted(found.items()))


def source_files(modules: tuple[str, ...], catalogues: frozenset[str] = frozenset()) -> frozenset[Path]:
    """The source files that `code_versions` of the same arguments looks at."""
    found = (_source(name) for name in code_versions(modules, catalogues))
    return frozenset(file for file in found if file is not None)


def forget() -> None:
    """Look at the source files again; a process that edits its own code needs this, as tests do."""
    for function in (code_versions, _source, _read, _roots):
        function.cache_clear()


@cache
def _read(name: str, source: Path) -> tuple[str, tuple[str, ...]]:
    """The digest of a source file and the modules of its own package that it imports."""
    content = source.read_bytes()
    if source.suffix != ".py":
        return digest(content), ()
    package = name if source.name == "__init__.py" else name.rpartition(".")[0]
    top = name.partition(".")[0]
    reached = (
        part
        for module in _imports(_statements(content, top), package)
        if module.partition(".")[0] == top
        for part in _with_packages(module)
    )
    return digest(content), tuple(dict.fromkeys(reached))


def _statements(content: bytes, top: str) -> list[ast.stmt]:
    """The statements of a source file, up to a definition behind which its top-level package is not named any more.

    That mostly leaves the head of a file, which takes a tenth of the time to parse.
    """
    named = [*re.finditer(rb"\b%b\b|\bfrom[\s\\]*\." % re.escape(top.encode()), content)]
    if not named:
        return []
    end = _DEFINITION.search(content, named[-1].end())
    try:
        return ast.parse(content[: end.start()] if end else content).body
    except SyntaxError:  # the end was in a text or between brackets
        return ast.parse(content).body


#: Where statements stand in a statement; expressions cannot import.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def _imports(statements: Iterable[ast.AST], package: str) -> Iterator[str]:
    """Every module name that is imported by statements; `from a import b` gives both `a` and `a.b`."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            module = _absolute(statement, package)
            yield module
            yield from (f"{module}.{alias.name}" for alias in statement.names)
        elif isinstance(statement, ast.If) and _only_for_types(statement.test):
            yield from _imports(statement.orelse, package)
        else:
            for block in _BLOCKS:
                yield from _imports(getattr(statement, block, ()), package)


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    base = parents[: len(parents) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def _only_for_types(test: ast.expr) -> bool:
    """Whether this is the condition TYPE_CHECKING, which never holds when the code runs."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _with_packages(module: str) -> list[str]:
    """`a.b.c` as `a`, `a.b`, `a.b.c`: what importing it runs."""
    names = module.split(".")
    return [".".join(names[: end + 1]) for end in range(len(names))]


@cache
def _source(module: str) -> Path | None:
    """The file that a module is loaded from; None for a name that is no module, or has no file."""
    top, _, rest = module.partition(".")
    for root in _roots(top):
        if root.is_file():
            return None if rest else root
        place = root.joinpath(*rest.split(".")) if rest else root
        candidates = [place / "__init__.py"]
        if rest:
            candidates += [place.with_name(place.name + suffix) for suffix in (".py", *EXTENSION_SUFFIXES)]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
    return None


@cache
def _roots(top: str) -> tuple[Path, ...]:
    """The folders of a top-level package, or the file of a top-level module."""
    loaded = sys.modules.get(top)
    spec = getattr(loaded, "__spec__", None) or (importlib.util.find_spec(top) if loaded is None else None)
    if spec and spec.submodule_search_locations is not None:
        return tuple(Path(folder) for folder in spec.submodule_search_locations)
    file = spec.origin if spec else getattr(loaded, "__file__", None)
    return (Path(file),) if file and Path(file).is_file() else ()
