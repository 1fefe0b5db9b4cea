"""The modules of some packages, and what the names in them lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mlbuild.engine.code.modules import ModuleFiles, with_packages
from mlbuild.engine.code.names import below
from mlbuild.engine.code.scan import ModuleScan, Unit

#: A definition: its module and its unit. Without a unit, the whole module.
Place = tuple[str, str | None]


class Library:
    """The modules of the top-level packages `tops`.

    `scans` returns the scan of a module, or None if there is no such module.
    """

    def __init__(
        self, tops: frozenset[str], sources: ModuleFiles, scans: Callable[[str], ModuleScan | None]
    ) -> None:
        self._tops, self._sources, self._scans = tops, sources, scans
        self._modules: dict[str, ModuleScan | None] = {}
        self._imports: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], tuple[Place, ...]] = {}

    def ours(self, module: str) -> bool:
        return module.partition(".")[0] in self._tops

    def modules(self) -> list[str]:
        """All modules of these packages, whether something names them or not."""
        return [module for top in sorted(self._tops) for module in self._sources.below(top)]

    def scan(self, module: str) -> ModuleScan | None:
        """Return the scan of a module of these packages; None for other modules."""
        if module not in self._modules:
            self._modules[module] = self._scans(module) if self.ours(module) else None
        return self._modules[module]

    def bound(self, module: str, name: str) -> list[str]:
        """Return what a module binds a name to. A submodule that a package imports from itself is not a binding."""
        scan = self.scan(module)
        return [
            target for target in (scan.bound.get(name, ()) if scan else ()) if target != f"{module}:{name}"
        ]

    def unit(self, place: Place) -> Unit | None:
        """Return the definition at a place; None for a whole module, or if the name is not defined there."""
        module, name = place
        scan = self.scan(module)
        return scan.units.get(name) if scan and name is not None else None

    def find(self, module: str, target: str) -> tuple[Place, ...]:
        """Return the definitions that a target in a module may lead to; empty if it is not in these packages."""
        key = module, target
        if key not in self._found:
            self._found[key] = ((target.partition(":")[0] or module, None),)  # for circular imports
            self._found[key] = tuple(dict.fromkeys(self._find(module, target)))
        return self._found[key]

    def imports(self, module: str) -> tuple[str, ...]:
        """Return the modules of these packages that a module imports when it is imported, in order."""
        if module not in self._imports:
            scan = self.scan(module)
            found = dict.fromkeys(self.imported(scan.imports)) if scan else {}
            self._imports[module] = tuple(found)
        return self._imports[module]

    def imported(self, targets: Iterable[str]) -> Iterator[str]:
        """Yield the modules of these packages that import statements import, each after its packages."""
        for target in targets:
            module, _, name = target.partition(":")
            if self.scan(module):
                yield from with_packages(module)
                if name and not self.bound(module, name) and self.scan(f"{module}.{name}"):
                    yield f"{module}.{name}"

    def bases(self, place: Place) -> Iterator[Place]:
        """Yield the bases of a class that are classes of these packages."""
        unit = self.unit(place)
        for target in (unit.bases or ()) if unit else ():
            for base in self.find(place[0], target):
                if (found := self.unit(base)) and found.is_class:
                    yield base

    def _find(self, module: str, target: str) -> Iterator[Place]:
        of, _, path = target.partition(":")
        if not of:
            yield module, path
            return
        scan = self.scan(of)
        if scan is None:
            return
        if not path:
            yield of, None
            return
        name, _, rest = path.partition(".")
        if targets := self.bound(of, name):
            for bound in targets:
                yield from self.find(of, bound if bound.startswith(":") else below(bound, rest))
        elif self.scan(f"{of}.{name}"):
            yield from self.find(of, f"{of}.{name}:{rest}")
        else:
            yield of, "__getattr__" if "__getattr__" in scan.units else None
