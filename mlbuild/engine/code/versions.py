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
from mlbuild.engine.code.reached import Reached, Remembered
from mlbuild.engine.code.scan import SCAN, ModuleScan, scan
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.store.local import Local

#: The note with the scans, and the folder of the notes with the definitions in each code version.
_SCANS, _VERSIONS = "scans", "code"
#: The modules that determine how a module is scanned.
_SCANNERS = ("bodies", "effects", "flags", "names", "scan", "strip", "syntax")
#: The other modules that determine what is reached.
_FOLLOWERS = ("import_effects", "library", "modules", "reach", "versions")

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
        self._contents: dict[str, tuple[Path, bytes, str] | None] = {}
        self._scanned: dict[str, ModuleScan | None] = {}
        self._noted: dict[str, Any] | None = None
        self._libraries: dict[frozenset[str], tuple[Library, ImportEffects]] = {}
        self._remembered: Remembered | None = None
        self._reached: dict[tuple[Place, ...], Reached] = {}
        #: What was reached through code that looks for modules at run time: a new file can change it.
        self._open: set[tuple[Place, ...]] = set()
        self._versions: dict[str, Mapping[str, str]] = {}

    def version(self, function: Named, uses: Iterable[Named] = ()) -> str:
        """Return the version of a function that is given objects of the classes `uses`.

        Raises:
            ValueError: One of them is in a module without a source file.
        """
        return self._reach(function, uses).version

    def files(self, function: Named, uses: Iterable[Named] = ()) -> frozenset[Path]:
        """Return the files that `version` reads."""
        found = map(self._content, self._reach(function, uses).loaded)
        return frozenset(one[0] for one in found if one is not None)

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
        if self._local.note(name) is not None:
            return
        if version not in self._versions:
            for starts in [one for one, reached in self._reached.items() if reached.version == version]:
                self._follow(starts)
        if version in self._versions:
            self._local.keep_note(name, self._versions[version])

    def save(self) -> None:
        """Store the scans, and what was reached, for the next process."""
        noted = self._read() if self._scanned else {}
        new = {
            name: found for name, found in self._scanned.items() if found and _differs(found, noted.get(name))
        }
        if new:
            self._noted = noted | {module: found.to_json() for module, found in new.items()}
            self._local.keep_note(_SCANS, {"by": self._scanner(), "scans": self._noted})
        if self._remembered is not None:
            closed = {starts: one for starts, one in self._reached.items() if starts not in self._open}
            looked_at = {name: found.digest if found else None for name, found in self._scanned.items()}
            self._remembered.keep(closed, looked_at)

    def _reach(self, function: Named, uses: Iterable[Named]) -> Reached:
        starts = tuple(sorted({_place(one) for one in (function, *uses)}, key=str))
        if starts not in self._reached:
            for module, _ in starts:
                if self._content(module) is None:
                    raise ValueError(
                        f"module '{module}' has no source file, so its version cannot be determined"
                    )
            if self._remembered is None:
                self._remembered = Remembered(self._local, self._follower(), self._digest_of)
            self._reached[starts] = self._remembered.get(starts) or self._follow(starts)
        return self._reached[starts]

    def _follow(self, starts: tuple[Place, ...]) -> Reached:
        tops = frozenset(module.partition(".")[0] for module, _ in starts)
        if tops not in self._libraries:
            library = Library(tops, self._sources, self._scan)
            self._libraries[tops] = library, ImportEffects(library)
        reach = Reach(*self._libraries[tops], self._policy, starts)
        definitions = reach.definitions()
        version = _version(definitions)
        self._versions[version] = definitions
        if reach.open:
            self._open.add(starts)
        return Reached(version, frozenset(reach.loaded))

    def _scan(self, module: str) -> ModuleScan | None:
        if module not in self._scanned:
            found = self._content(module)
            self._scanned[module] = None if found is None else self._scan_file(module, *found)
        return self._scanned[module]

    def _content(self, module: str) -> tuple[Path, bytes, str] | None:
        """Return the file of a module with its content and the digest of that; None if there is no such module."""
        if module not in self._contents:
            file = self._sources.of(module)
            content = b"" if file is None else self._sources.read(file)
            self._contents[module] = None if file is None else (file, content, digest(content))
        return self._contents[module]

    def _digest_of(self, module: str) -> str | None:
        found = self._content(module)
        return None if found is None else found[2]

    def _scan_file(self, module: str, file: Path, content: bytes, name: str) -> ModuleScan:
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
        prose = [list(astuple(one)) for one in self._policy.prose]
        return self._decided_by(_SCANNERS, [prose, [list(one) for one in self._policy.wrappers]])

    def _follower(self) -> str:
        """A digest of everything that determines what is reached, except the modules that are looked at."""
        policy = self._policy
        names = [
            sorted(one) for one in (policy.catalogues, policy.families, policy.lookups, policy.compilers)
        ]
        return self._decided_by(_FOLLOWERS, [self._scanner(), names])

    def _decided_by(self, modules: Iterable[str], more: Any) -> str:
        contents = [self._digest_of(f"{__package__}.{name}") for name in modules]
        return digest(canonical([sys.version, contents, more]))


def _place(named: Named) -> Place:
    """Return where a function or class is defined; the whole module if that is not at the top level."""
    name = named.__qualname__.partition(".")[0]
    return named.__module__, None if "<" in named.__qualname__ else name


def _differs(found: ModuleScan, noted: Any) -> bool:
    return not isinstance(noted, list) or noted[:1] != [found.digest]


def _version(definitions: Mapping[str, str]) -> str:
    return digest(canonical(definitions))
