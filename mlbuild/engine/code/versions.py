"""Computes the code versions of tasks, and caches the scans of modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import canonical, digest
from mlbuild.engine.code.import_effects import ImportEffects
from mlbuild.engine.code.library import Library, Place
from mlbuild.engine.code.modules import ModuleFiles
from mlbuild.engine.code.policy import Policy
from mlbuild.engine.code.reach import Reach
from mlbuild.engine.code.scan import SCAN, ModuleScan, scan
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.store.local import Local

#: The note with the scans, and the folder of the notes with the definitions in each code version.
_SCANS, _VERSIONS = "scans", "code"
#: The modules that determine how a module is scanned.
_SCANNERS = ("bodies", "effects", "flags", "names", "scan", "strip", "syntax")

#: Scans of this process, by module and digest.
_known: dict[tuple[str, str, Policy], ModuleScan] = {}


Named = Callable[..., Any] | type


class Code:
    """Finds the definitions that determine what a function returns, and their digest: its version.

    Each file is read once during the lifetime of this object. `sources` finds and reads the files.
    """

    def __init__(
        self, local: Local, policy: Policy | None = None, sources: ModuleFiles | None = None
    ) -> None:
        self._local = local
        self._policy = policy or Policy()
        self._sources = sources or ModuleFiles()
        self._scanned: dict[str, ModuleScan | None] = {}
        self._noted: dict[str, Any] | None = None
        self._libraries: dict[frozenset[str], tuple[Library, ImportEffects]] = {}
        self._reached: dict[tuple[Place, ...], tuple[str, frozenset[str]]] = {}
        self._versions: dict[str, Mapping[str, str]] = {}

    def version(self, function: Named, uses: Iterable[Named] = ()) -> str:
        """Return the version of a function that is given objects of the classes `uses`.

        Raises:
            ValueError: One of them is in a module without a source file.
        """
        return self._reach(function, uses)[0]

    def files(self, function: Named, uses: Iterable[Named] = ()) -> frozenset[Path]:
        """Return the files that `version` reads."""
        found = map(self._sources.of, self._reach(function, uses)[1])
        return frozenset(path for path in found if path is not None)

    def definitions(self, version: str) -> Mapping[str, str] | None:
        """Return the digests of the definitions in a version, by `module:definition`.

        None for a version that is not stored.

        A module that counts as a whole is listed by its name, and its loose statements as `module:`.
        """
        if version not in self._versions:
            found = self._local.note(f"{_VERSIONS}/{version}")
            if not isinstance(found, dict) or _version(found) != version:
                return None
            self._versions[version] = found
        return self._versions[version]

    def keep(self, version: str) -> None:
        """Store the definitions in a version."""
        name = f"{_VERSIONS}/{version}"
        if version in self._versions and self._local.note(name) is None:
            self._local.keep_note(name, self._versions[version])

    def save(self) -> None:
        """Store the scans for the next process."""
        noted = self._read()
        new = {
            name: found for name, found in self._scanned.items() if found and _differs(found, noted.get(name))
        }
        if new:
            self._noted = noted | {module: found.to_json() for module, found in new.items()}
            self._local.keep_note(_SCANS, {"by": self._scanner(), "scans": self._noted})

    def _reach(self, function: Named, uses: Iterable[Named]) -> tuple[str, frozenset[str]]:
        starts = tuple(sorted({_place(one) for one in (function, *uses)}, key=str))
        if starts not in self._reached:
            for module, _ in starts:
                if self._sources.of(module) is None:
                    raise ValueError(
                        f"module '{module}' has no source file, so its version cannot be determined"
                    )
            tops = frozenset(module.partition(".")[0] for module, _ in starts)
            if tops not in self._libraries:
                library = Library(tops, self._sources, self._scan)
                self._libraries[tops] = library, ImportEffects(library)
            reach = Reach(*self._libraries[tops], self._policy, starts)
            definitions = reach.definitions()
            version = _version(definitions)
            self._versions[version] = definitions
            self._reached[starts] = version, frozenset(reach.loaded)
        return self._reached[starts]

    def _scan(self, module: str) -> ModuleScan | None:
        if module not in self._scanned:
            file = self._sources.of(module)
            self._scanned[module] = None if file is None else self._scan_file(module, file)
        return self._scanned[module]

    def _scan_file(self, module: str, file: Path) -> ModuleScan:
        content = self._sources.read(file)
        name = digest(content)
        if file.suffix != ".py":
            return ModuleScan(name, opaque=True)
        key = module, name, self._policy
        if key not in _known:
            noted = self._read().get(module)
            if noted and fits(noted, SCAN) and noted[0] == name:
                _known[key] = ModuleScan.from_json(noted)
            else:
                package = module if file.name == "__init__.py" else module.rpartition(".")[0]
                _known[key] = scan(content, package, self._policy)
        return _known[key]

    def _read(self) -> dict[str, Any]:
        """Return the stored scans as JSON."""
        if self._noted is None:
            note = self._local.note(_SCANS)
            same = fits(note, {"by": self._scanner(), "scans": {str: object}})
            self._noted = note["scans"] if same else {}
        return self._noted

    def _scanner(self) -> str:
        """A digest of everything that determines how a module is scanned, except the module itself."""
        sources = [self._sources.of(f"{__package__}.{name}") for name in _SCANNERS]
        contents = [source.read_bytes().decode() if source else "" for source in sources]
        prose = [list(astuple(one)) for one in self._policy.prose]
        return digest(canonical([sys.version, contents, prose, [list(one) for one in self._policy.wrappers]]))


def _place(named: Named) -> Place:
    """Return where a function or class is defined; the whole module if that is not at the top level."""
    name = named.__qualname__.partition(".")[0]
    return named.__module__, None if "<" in named.__qualname__ else name


def _differs(found: ModuleScan, noted: Any) -> bool:
    return not isinstance(noted, list) or noted[:1] != [found.digest]


def _version(definitions: Mapping[str, str]) -> str:
    return digest(canonical(definitions))
