"""Finds the source files of modules without importing anything."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from mlbuild.regular import walk


def with_packages(module: str) -> list[str]:
    """Return what is imported with a module: `a.b.c` as `a`, `a.b`, `a.b.c`."""
    names = module.split(".")
    return [".".join(names[: end + 1]) for end in range(len(names))]


class ModuleFiles:
    """Finds the files of modules.

    The location of a top-level package is looked up once, unless `roots` contains it.
    """

    def __init__(self, roots: Mapping[str, tuple[Path, ...]] | None = None) -> None:
        self._roots = dict(roots or {})

    def of(self, module: str) -> Path | None:
        """Return the source file of a module; None if there is no such module, or it has no file."""
        top, _, rest = module.partition(".")
        for root in self._of_top(top):
            if root.is_file():
                return None if rest else root
            place = root.joinpath(*rest.split(".")) if rest else root
            candidates = [place / "__init__.py"]
            if rest:
                candidates += [
                    place.with_name(place.name + suffix) for suffix in (".py", *EXTENSION_SUFFIXES)
                ]
            for candidate in candidates:
                if candidate.is_file():
                    return candidate
        return None

    def read(self, file: Path) -> bytes:
        return file.read_bytes()

    def below(self, top: str) -> list[str]:
        """Return every module of a top-level package that has a source file."""
        found = {top}
        for root in self._of_top(top):
            for folder, below, names in walk(root):
                # A folder whose name is not an identifier, such as a hidden folder, does not contain modules.
                below[:] = [name for name in below if name.isidentifier()]
                parts = Path(folder).relative_to(root).parts
                for stem in (name.removesuffix(".py") for name in names if name.endswith(".py")):
                    found.add(".".join([top, *parts, *([] if stem == "__init__" else [stem])]))
        return sorted(found)

    def _of_top(self, top: str) -> tuple[Path, ...]:
        if top not in self._roots:
            self._roots[top] = _roots(top)
        return self._roots[top]


def _roots(top: str) -> tuple[Path, ...]:
    """Return the folders of a top-level package, or the file of a top-level module."""
    loaded = sys.modules.get(top)
    spec = getattr(loaded, "__spec__", None) or (importlib.util.find_spec(top) if loaded is None else None)
    if spec and spec.submodule_search_locations is not None:
        return tuple(Path(folder) for folder in spec.submodule_search_locations)
    file = spec.origin if spec else getattr(loaded, "__file__", None)
    return (Path(file),) if file and Path(file).is_file() else ()
