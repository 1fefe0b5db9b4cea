"""Finds constructs that cannot be followed, because they let a definition use things that it does not name."""

from __future__ import annotations

from collections.abc import Iterator

#: The flags: an attribute with a computed name; names of the module that are looked up by strings; docstrings,
#: annotations or source code that are read at run time; modules that are found by a computed name.
COMPUTED, WHOLE, READS_SOURCE, DYNAMIC = "computed", "whole", "reads source", "dynamic"

NAME_FLAGS = {
    **dict.fromkeys(("getattr", "hasattr", "vars"), COMPUTED),
    **dict.fromkeys(("globals", "locals"), WHOLE),
    **dict.fromkeys(("__doc__", "__file__", "__path__", "__spec__", "__annotations__"), READS_SOURCE),
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "__builtins__", "__loader__"), DYNAMIC),
}
ATTRIBUTE_FLAGS = {
    **dict.fromkeys(("__dict__", "__getattribute__"), COMPUTED),
    **dict.fromkeys(
        ("__doc__", "__file__", "__path__", "__spec__", "__annotations__", "__code__"), READS_SOURCE
    ),
    **dict.fromkeys(("__subclasses__", "__globals__", "__builtins__", "__import__", "__loader__"), DYNAMIC),
}
#: Functions of other packages that look up attributes by strings.
LOOKUPS = {"operator:attrgetter", "operator:methodcaller"}
#: For other packages: a name in a module, or everything in a module.
_TARGET_FLAGS = {
    **dict.fromkeys(LOOKUPS, COMPUTED),
    **dict.fromkeys(("typing:get_type_hints", "linecache:", "ast:", "pydoc:", "doctest:"), READS_SOURCE),
    **dict.fromkeys(("importlib:import_module", "importlib:reload", "importlib:__import__"), DYNAMIC),
    **dict.fromkeys(("importlib.util:", "importlib.machinery:", "runpy:", "pkgutil:"), DYNAMIC),
    **dict.fromkeys(("sys:modules", "sys:_getframe", "inspect:", "gc:get_objects"), DYNAMIC),
    **dict.fromkeys(("pickle:", "marshal:", "copyreg:"), DYNAMIC),
}
_FLAGGED_MODULES = {target.partition(":")[0] for target in _TARGET_FLAGS}


def flags_of(target: str) -> Iterator[str]:
    """Return what cannot be followed if something from another package is used."""
    module, _, path = target.partition(":")
    if not path and module in _FLAGGED_MODULES:  # the module is used as a value: anything in it may be used
        yield DYNAMIC
    first = path.partition(".")[0]
    known = (f"{module}:{first}", f"{module}:", f"{module}.{first}:")
    yield from (_TARGET_FLAGS[name] for name in known if name in _TARGET_FLAGS)
