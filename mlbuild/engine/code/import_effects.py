"""Finds what modules do when they are imported, apart from defining things."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from mlbuild.engine.code.effects import SUBCLASSED, Effects, harmless_elsewhere
from mlbuild.engine.code.library import Library, Place

#: A call in a module: the module, and the target that is called.
Call = tuple[str, str]
#: The calls that a call leads to; None if it may have an effect.
Further = tuple[Call, ...] | None

#: What Python calls to create an object.
_MAKERS = ("__new__", "__init__", "__post_init__")


class ImportEffects:
    """Separates definitions that have no effect when they are created from those that may have one."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._effects: dict[str, tuple[Place, ...]] = {}
        self._imported: dict[str, tuple[str, ...]] = {}
        self._called_by: dict[str, dict[str, list[Further]]] = {}
        self._further: dict[Call, Further] = {}

    def of(self, module: str) -> tuple[Place, ...]:
        """Return what counts when a module is imported: whatever may have an effect, or everything if its names are
        unknown.
        """
        if module not in self._effects:
            self._effects[module] = tuple(self._find(module))
        return self._effects[module]

    def _find(self, module: str) -> Iterator[Place]:
        scan = self._library.scan(module)
        if scan is None:
            return
        if scan.opaque or scan.stars:
            yield module, None
        yield from ((star, None) for star in scan.stars)
        for name, unit in scan.units.items():
            if unit.making != () and not self._is_harmless(module, unit.making):
                yield module, name

    def _is_harmless(self, module: str, effects: Effects) -> bool:
        """Whether no call has an effect, and no call that it leads to."""
        waiting = _calls(module, effects)
        seen: set[Call] = set()
        while waiting:
            call, *rest = waiting
            waiting = tuple(rest)
            if call not in seen:
                seen.add(call)
                further = self._leads_to(call)
                waiting = None if further is None else waiting + further
        return waiting is not None

    def _leads_to(self, call: Call) -> Further:
        if call not in self._further:
            self._further[call] = self._called(*call)
        return self._further[call]

    def _called(self, module: str, target: str) -> Further:
        of, _, path = target.partition(":")
        if target.startswith("."):
            return self._of_anything(module, target[1:])
        if of and not self._library.ours(of):
            return () if harmless_elsewhere(target) else None
        owner, _, method = path.rpartition(".")
        for place in self._library.find(module, f"{of}:{owner}") if owner else ():
            if (unit := self._library.unit(place)) and unit.is_class:
                return self._of_method(place, method, needed=method != SUBCLASSED)
        if owner and not of:  # a method of a value of any type
            return self._of_anything(module, method)
        return _all(map(self._of_place, self._library.find(module, target) or [(module, None)]))

    def _of_place(self, place: Place) -> Further:
        """Return what a call of a definition leads to."""
        unit = self._library.unit(place)
        if unit and unit.is_class:
            return _all(self._of_method(place, maker) for maker in _MAKERS)
        return _calls(place[0], unit.calling if unit else None)

    def _of_method(self, place: Place, name: str, needed: bool = False) -> Further:
        """Return what a call of a method of a class, or of its bases, leads to.

        Only a `needed` method must exist.
        """
        unit = self._library.unit(place)
        if unit is None or unit.bases is None:
            return None
        if name in unit.members:
            method = self._library.unit((place[0], f"{place[1]}.{name}"))
            return _calls(place[0], method.calling if method else None)
        bases = [*self._library.bases(place)]
        if not all(self._is_known(place[0], target) for target in unit.bases) or (needed and not bases):
            return None
        return _all(self._of_method(base, name, needed) for base in bases)

    def _of_anything(self, module: str, name: str) -> Further:
        """Return what a call of a method of an unknown object leads to: any class of ours that the module imports."""
        found = [calls for home in self._below(module) for calls in self._methods(home).get(name, ())]
        return _all(found) if found else None

    def _below(self, module: str) -> Iterable[str]:
        """Return a module and everything that it imports."""
        if module not in self._imported:
            found: dict[str, None] = {}
            waiting = [module]
            while waiting:
                if (one := waiting.pop()) not in found:
                    found[one] = None
                    waiting += self._library.imports(one)
            self._imported[module] = tuple(found)
        return self._imported[module]

    def _methods(self, module: str) -> Mapping[str, list[Further]]:
        """Return what the methods of the classes in a module call, by method name."""
        if module not in self._called_by:
            found = self._called_by[module] = {}
            scan = self._library.scan(module)
            for name, unit in scan.units.items() if scan else ():
                for member in unit.members:
                    method = self._library.unit((module, f"{name}.{member}"))
                    found.setdefault(member, []).append(_calls(module, method.calling if method else None))
        return self._called_by[module]

    def _is_known(self, module: str, base: str) -> bool:
        """Whether a base is one of our classes, or a class of Python that has no effect when an object is created."""
        of = base.partition(":")[0]
        if of and not self._library.ours(of):
            return of == "builtins" or of.partition(".")[0] in sys.stdlib_module_names
        units = [self._library.unit(place) for place in self._library.find(module, base)]
        return all(unit is not None and unit.is_class for unit in units)


def _calls(module: str, effects: Effects) -> Further:
    return None if effects is None else tuple((module, target) for target in effects)


def _all(found: Iterable[Further]) -> Further:
    """Combine all calls; None if any of them may have an effect."""
    calls: tuple[Call, ...] = ()
    for further in found:
        if further is None:
            return None
        calls += further
    return calls
