"""Finds the definitions that are reached from others: everything that can affect their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlbuild.engine.code.flags import COMPUTED, DYNAMIC, READS_SOURCE, WHOLE
from mlbuild.engine.code.import_effects import ImportEffects
from mlbuild.engine.code.library import Library, Place
from mlbuild.engine.code.modules import with_packages
from mlbuild.engine.code.policy import Policy
from mlbuild.engine.code.scan import Unit
from mlbuild.engine.code.syntax import is_dunder

#: Base classes from other packages that do not call methods of subclasses by name.
_PASSIVE = frozenset(("abc:ABC", "builtins:object", "typing:Generic", "typing:Protocol"))


class Reach:
    """What is reached from some definitions, and which modules are imported on the way."""

    def __init__(
        self, library: Library, effects: ImportEffects, policy: Policy, starts: Iterable[Place]
    ) -> None:
        self.loaded: set[str] = set()
        self._library, self._effects, self._policy = library, effects, policy
        self._units: dict[Place, Unit] = {}
        self._whole: set[str] = set()
        self._mentioned: set[str] = set()
        self._flags: set[str] = set()
        #: Members that count as soon as something names them, by name.
        self._open: dict[str, list[Place]] = {}
        self._waiting: list[Place] = [*starts]
        while self._waiting:
            while self._waiting:
                self._take(self._waiting.pop())
            self._widen()

    @property
    def open(self) -> bool:
        """Whether a module that nothing names can be reached, so that a new file changes what is reached."""
        return DYNAMIC in self._flags

    def definitions(self) -> Mapping[str, str]:
        """Return the digests of what is reached, by `module:definition`.

        A module that counts as a whole has that of its file.
        """
        found = {}
        for (module, name), unit in self._units.items():
            if module not in self._whole:
                read = [
                    text for read_as, text in unit.prose.items() if self._flags or read_as in self._mentioned
                ]
                found[f"{module}:{name}"] = "".join([unit.digest, *read])
        for module in self._whole:
            scan = self._library.scan(module)
            found[module] = scan.digest if scan else ""
        return dict(sorted(found.items()))

    def _take(self, place: Place) -> None:
        module, name = place
        if name is None:
            self._take_whole(module)
            return
        if place in self._units or f"{module}.{name}" in self._policy.catalogues:
            return
        if module not in self.loaded:
            self._load(with_packages(module))
        unit = self._library.unit(place)
        if unit is None:  # the name is bound in a way that cannot be followed
            self._take_whole(module)
            return
        self._units[place] = unit
        for target in unit.names:
            self._waiting += self._library.find(module, target)
        if unit.imports:
            self._load(self._library.imported(unit.imports))
        if WHOLE in unit.flags:
            self._take_whole(module)
        full_name = f"{module}.{name}"
        known = {
            WHOLE: True,
            COMPUTED: full_name in self._policy.lookups,
            DYNAMIC: full_name in self._policy.compilers,
        }
        self._flags.update(flag for flag in unit.flags if not known.get(flag))
        self._mention(unit.attributes)
        if unit.is_class:
            self._take_members(place, unit)

    def _take_members(self, place: Place, unit: Unit) -> None:
        """Add the members of a class. For a class of a family, add only those that something names."""
        waits = self._is_of_family(place) and self._is_passive(place)
        for member in unit.members:
            found = place[0], f"{place[1]}.{member}"
            if waits and not is_dunder(member) and member not in self._mentioned:
                self._open.setdefault(member, []).append(found)
            else:
                self._waiting.append(found)

    def _mention(self, attributes: Iterable[str]) -> None:
        for attribute in attributes:
            if attribute not in self._mentioned:
                self._mentioned.add(attribute)
                self._waiting += self._open.pop(attribute, ())

    def _widen(self) -> None:
        """Add what constructs that cannot be followed may reach."""
        if self._flags:
            self._waiting += (place for places in self._open.values() for place in places)
            self._open = {}
        modules = {module for module, _ in self._units} if READS_SOURCE in self._flags else set()
        if DYNAMIC in self._flags:
            modules.update(self._library.modules())
        self._waiting += ((module, None) for module in sorted(modules - self._whole))

    def _take_whole(self, module: str) -> None:
        """Add everything that a module defines and imports by name."""
        scan = self._library.scan(module)
        if scan is None or module in self._whole:
            return
        self._whole.add(module)
        self._load(with_packages(module))
        self._waiting += ((module, name) for name in scan.units)
        for targets in scan.bound.values():
            for target in targets:
                self._waiting += self._library.find(module, target)

    def _load(self, modules: Iterable[str]) -> None:
        """Import modules and what they import: the effects of this count."""
        waiting = [*modules]
        while waiting:
            module = waiting.pop()
            if module not in self.loaded:
                self.loaded.add(module)
                self._waiting += self._effects.of(module)
                waiting += self._library.imports(module)

    def _is_of_family(self, place: Place) -> bool:
        """Whether only our own code calls the methods of a class, and by name."""
        if f"{place[0]}.{place[1]}" in self._policy.families:
            return True
        return any(map(self._is_of_family, self._library.bases(place)))

    def _is_passive(self, place: Place) -> bool:
        """Whether no base of a class from another package calls its methods."""
        unit = self._library.unit(place)
        if unit is None or unit.bases is None:
            return False
        elsewhere = [target for target in unit.bases if not self._is_ours(target)]
        return _PASSIVE.issuperset(elsewhere) and all(map(self._is_passive, self._library.bases(place)))

    def _is_ours(self, target: str) -> bool:
        module = target.partition(":")[0]
        return not module or self._library.ours(module)
