"""What a module does when it is imported counts, whether something names it or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.code.packages import definitions, files_of, write

#: Statements of a module that do more than define something: `1` in them counts.
ACTS = [
    "print(1)",
    "SEEN.append(1)",
    "SEEN[1] = 1",
    "other.size = 1",
    "KNOWN = register(1)",
    "KNOWN: int = register(1)",
    "KNOWN = [register(x) for x in (1,)]",
    "KNOWN = other.anything(1)",
    "KNOWN = elsewhere.anything(1)",
    "KNOWN = Acting(1)",
    "KNOWN = sorted([1], key=register)",
    "KNOWN = [*map(register, [1])]",
    "KNOWN = (size := 1)",
    "KNOWN = made_by(1)(quiet)",
    "class Made(Registered): size = 1",
    "class Made(Below): size = 1",
    "class Made(elsewhere.Base): size = 1",
    "class Made(metaclass=Meta): size = 1",
    "class Made:\n    register(1)",
    "class Made:\n    size = register(1)",
    "class Made:\n    def f(self, x=register(1)): ...",
    "class Made:\n    @other.decorated\n    def f(self): return 1",
    "@register\ndef made(): return 1",
    "@made_by(1)\ndef made(): ...",
    "@elsewhere.decorated\nclass Made: size = 1",
    "@LATER.register\ndef made(): return 1",
    "def made(x=register(1)): ...",
    "def made(x: register(1)): ...",
    "if size: register(1)",
    "for size in (1,): ...",
    "try:\n    import nothing\nexcept ImportError:\n    SIZE = 1",
    "with open(SIZE): SIZE = 1",
    "assert SIZE != 1",
    "del SIZE\nSIZE = 1",
    "SIZE += 1",
]
#: Statements that only define something: `1` in them does not count if nothing names them.
DEFINES = [
    "KNOWN = 1",
    "KNOWN, OTHERS = 1, [1]",
    "KNOWN = {1: [x for x in (1, 2)]}",
    "KNOWN: int = 1",
    "KNOWN = frozenset((1,))",
    "KNOWN = ', '.join(('1', 'x'))",
    "KNOWN = 'x y 1'.split()",
    "KNOWN = re.compile('1')",
    "KNOWN = TypeVar('one', bound=int)  # 1",
    "KNOWN = {'x': lambda: register(1)}",
    "KNOWN = quiet(1)",
    "KNOWN = Quiet(1)",
    "KNOWN = Plain(1)",
    "KNOWN = sorted([1], key=quiet)",
    "KNOWN = dataclass(frozen=True)(type('Made', (Quiet,), {'size': 1}))",
    "def made(x=1, *, y=quiet(1)): return register(1)",
    "async def made(): return 1",
    "class Made(Quiet): size = 1",
    "class Made(Exception): size = 1",
    "class Made(Enum):\n    X = 1",
    "class Made(Generic[T]):\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, x): register(1)",
    "@dataclass(frozen=True)\nclass Made:\n    x: int = 1\n    y: int = field(default=1)",
    "@cache\ndef made(): return 1",
    "@quiet\ndef made(): return 1",
    "@contextmanager\ndef made(): yield 1",
]
MODULE = """
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, singledispatch
from typing import Generic, TypeVar
import elsewhere
from brew import other

T = TypeVar("T")
SIZE = 3
SEEN = []

@singledispatch
def later(x): ...
LATER = later

def register(x):
    SEEN.append(x)
    return x

def made_by(x):
    return lambda f: f

def quiet(x):
    if isinstance(x, int):
        y = [x, 2]
        return [z for z in y]
    def inner(z): return register(z)
    return inner

class Meta(type): ...

class Registered:
    def __init_subclass__(cls): register(cls)

class Below(Registered): ...

class Acting:
    def __init__(self, x): register(x)

class Quiet:
    def __init__(self, x):
        self.x = quiet(x)

@dataclass
class Plain:
    x: int

"""


def counts(library: Path, statement: str) -> bool:
    """Whether a statement of a module that is only imported is part of a version."""
    task = "from brew.acts import SIZE\nimport brew.acts\ndef run(job): return 3\n"
    write(library, {"task.py": task, "other.py": "size = 1\n", "acts.py": MODULE + statement})
    before = definitions(library)
    write(library, {"acts.py": MODULE + statement.replace("1", "2")})
    return definitions(library) != before


@pytest.mark.parametrize("statement", ACTS)
def test_what_acts_counts(library: Path, statement: str) -> None:
    assert counts(library, statement)


@pytest.mark.parametrize("statement", DEFINES)
def test_what_only_defines_does_not(library: Path, statement: str) -> None:
    assert not counts(library, statement)


def test_all_that_is_imported_on_the_way_counts(library: Path) -> None:
    files = files_of(
        """
        -- __init__.py
        print(1)
        -- task.py
        from brew.deep.inner import load
        def run(job): return load
        -- deep/__init__.py
        print(2)
        import brew.aside
        -- deep/inner.py
        from brew.deep import beside
        def load(): ...
        def later():
            import brew.later
        -- deep/beside.py
        print(3)
        -- aside.py
        print(4)
        -- later.py
        print(5)
        """
    )
    write(library, files)
    found = definitions(library)
    assert {name for name in found if name.endswith(":")} == {
        "brew:",
        "brew.deep:",
        "brew.deep.beside:",
        "brew.aside:",
    }


def test_what_an_action_needs_counts_too(library: Path) -> None:
    files = {
        "task.py": "import brew.acts\ndef run(job): ...\n",
        "acts.py": "from brew.deep import register\nregister(3)\n",
        "deep.py": "SEEN = []\nUNUSED = 1\ndef register(x): SEEN.append(x)\n",
    }
    write(library, files)
    assert [*definitions(library)] == ["brew.acts:", "brew.deep:SEEN", "brew.deep:register", "brew.task:run"]
