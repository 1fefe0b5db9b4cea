"""What cannot be followed reliably counts as a whole file, or as all files of a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.engine.code.policy import Policy
from tests.engine.code.packages import definitions, edits, files_of, write

CASES = {
    "a star import": """
        -- task.py
        from brew.all import *
        def run(job): return load()
        def other(): return 1  #+
        -- all.py
        from brew.deep import size, other
        def load(): return size
        def unused(): return 1  #+
        -- deep.py
        size = 1  #+
        other = 1  #+
        unused = 1  #-
        """,
    "a star import on the way": """
        -- task.py
        from brew.door import load
        def run(job): return load()
        -- door.py
        from brew.all import *
        -- all.py
        def load(): return 1  #+
        def unused(): return 1  #+
        """,
    "a module as a value": """
        -- task.py
        from brew import tables
        def run(job): return getattr(tables, job)()
        def other(): return 1  #-
        -- tables.py
        from brew.deep import size
        def load(): return 1  #+
        def save(): return 1  #+
        # one comment #+
        -- deep.py
        size = 1  #+
        other = 1  #-
        """,
    "a module that is given an attribute": """
        -- task.py
        from brew import tables
        def run(job):
            tables.size = 2
            tables.extra = 3
            return tables.load()
        -- tables.py
        size = 1  #+
        other = 1  #+
        def load(): return 3
        """,
    "globals": """
        -- task.py
        def run(job): return globals()[job]()
        def load(): return 1  #+
        """,
    "a name that a module does not define": """
        -- task.py
        from brew.tables import made
        def run(job): return made
        -- tables.py
        size = 1  #+
        """,
    "a name that is bound twice": """
        -- task.py
        size = 3
        other = size + 1  #+
        size = 4
        def run(job): return size
        """,
    "sources that are read": """
        -- task.py
        from brew.tables import load
        def run(job): return load.__doc__
        def other(): return 1  #+
        -- tables.py
        from brew.deep import size
        def load():
            # one #+
            pass
        -- deep.py
        size = 1  #+
        other = 1  #+
        -- unused.py
        size = 1  #-
        """,
    "annotations that are read": """
        -- task.py
        from __future__ import annotations
        from typing import get_type_hints
        from brew.tables import Kind, load
        def run(job): return get_type_hints(load)
        -- tables.py
        from __future__ import annotations
        class Kind: size = 1  #+
        def load(x: one): ...  #+
        """,
    "a module that is named by a text": """
        -- task.py
        from importlib import import_module
        def run(job): return import_module(job)
        -- unused/deep.py
        size = 1  #+
        """,
    "code that is a text": """
        -- task.py
        def run(job): return eval(job)
        -- unused.py
        size = 1  #+
        """,
    "loaded modules": """
        -- task.py
        import sys
        def run(job): return sys.modules[job]
        -- unused.py
        size = 1  #+
        """,
    "loaded modules of which none is taken": """
        -- task.py
        import sys
        def run(job):
            sys.modules.update(job)
            if "brew" in sys.modules: del sys.modules["brew"]
        -- unused.py
        size = 1  #-
        """,
    "what is no Python": """
        -- task.py
        from brew.tables import load
        def run(job): return load()
        -- tables.py
        def load(: one  #+
        """,
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_followed_counts_whole(library: Path, case: str) -> None:
    write(library, files_of(CASES[case]))
    before = definitions(library)
    for edit in edits(CASES[case]):
        write(library, edit.files)
        assert (definitions(library) != before) is edit.counts, edit.place


#: Ways to reach a method without naming it.
SEARCHES = [
    "getattr(made, job)()",
    "getattr(made, 'f' + job)()",
    "hasattr(made, job)",
    "vars(made)",
    "made.__dict__",
    "look(made, job)",
    "attrgetter(job)(made)",
    "methodcaller(job)(made)",
    "operator.attrgetter(job)(made)",
    "type(made).__getattribute__(made, job)",
    "made.__class__.__subclasses__()",
]
#: Similar ways that can be followed.
FOLLOWED = [
    "getattr(made, 'g')()",
    "getattr(made, 'g', None)",
    "hasattr(made, 'g')",
    "attrgetter('g')(made)",
    "operator.methodcaller('g')(made)",
    "getattr(math, job)",
    "made.names()",
    "made",
]
FAMILY = """\
import math
import operator
from operator import attrgetter, methodcaller
look = getattr
class Made:
    def f(self): return 1
    def g(self): return 2
    def names(self): return vars(self)
def run(job):
    made = Made()
    return {}
"""


@pytest.mark.parametrize(
    ("search", "counts"), [*((one, True) for one in SEARCHES), *((one, False) for one in FOLLOWED)]
)
def test_a_method_counts_where_its_name_may_be_computed(library: Path, search: str, counts: bool) -> None:
    policy = Policy(families=frozenset({"brew.task.Made"}))
    text = FAMILY.format(search)
    write(library, {"task.py": text})
    before = definitions(library, policy=policy)
    write(library, {"task.py": text.replace("return 1", "return 3")})
    assert (definitions(library, policy=policy) != before) is counts
