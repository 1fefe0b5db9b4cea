"""Facts about code that cannot be derived from it: catalogues, families, prose, wrappers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.engine.code.policy import Policy, Prose
from tests.engine.code.packages import definitions, edits, files_of, write

OPS = """
    -- task.py
    from brew.ops import OPS
    BY_NAME = {cls.name: cls for cls in OPS}
    def run(job): return BY_NAME[job].apply()
    -- ops/__init__.py
    from brew.ops.one import One
    from brew.ops.two import Two
    OPS = (One, Two, 1)  #-
    -- ops/base.py
    class Op:
        def apply(self): return 1  #+
    -- ops/one.py
    from brew.ops.base import Op
    class One(Op):
        name = 1  #+
    -- ops/two.py
    from brew.ops.base import Op
    class Two(Op):
        name = 1  #-
    """

FAMILY = """
    -- task.py
    from brew.ops import One
    def run(job):
        one = One()
        one.apply(one.shared)
        match job:
            case One(by_pattern=3): pass
    -- ops.py
    import abc
    from typing import ClassVar, Protocol
    from elsewhere import Base
    SIZE = 1  #-
    class Op(abc.ABC):
        def __init__(self): self.size = 1  #+
        def apply(self, x): return self._inner() + 1  #+
        def lower(self, x): return SIZE + 1  #-
        def _inner(self): return super().above + 1  #+
        @property
        def shared(self): return 1  #+
        @shared.setter
        def shared(self, x): self.x = 1  #+
        @property
        def other(self): return 1  #-
        @classmethod
        def make(cls): return 1  #-
    class One(Op):
        by_pattern = 1  #+
        hints: ClassVar[dict[str, str]] = {1: 1}  #-
        hidden = 1  #-
        taken = 1  #+
        also = taken
        field: int = 1  #+
        def apply(self, x): return x + 1  #+
        def lower(self, x, y=also): return 1  #-
        def _named(self): return 1  #+
        by_value = property(_named)
        def __len__(self): return 1  #+
    """


WRAPPED = """
    -- task.py
    from __future__ import annotations
    from brew.values import value
    @value
    class Made:
        "one"  #-
        x: 1 = 3  #+
        def f(self, x: 1):  #-
            return 1  #+
    @value(eq=1)  #+
    class Also(Made):
        "one"  #-
    def run(job): return Made().f(Also())
    -- values.py
    import dataclasses
    def value(cls=None, eq=1):  #+
        "one"  #-
        return dataclasses.dataclass(cls, eq=eq, order=1)  #+
    """


@pytest.mark.parametrize(
    ("text", "policy", "uses"),
    [
        (OPS, Policy(catalogues=frozenset({"brew.ops.OPS"})), ["brew.ops.one:One"]),
        (FAMILY, Policy(families=frozenset({"brew.ops.Op"})), []),
        (WRAPPED, Policy(wrappers=(("brew.values.value", "dataclasses.dataclass"),)), []),
    ],
    ids=["catalogues", "families", "wrappers"],
)
def test_a_policy_is_kept(library: Path, text: str, policy: Policy, uses: list[str]) -> None:
    write(library, files_of(text))
    before = definitions(library, uses, policy)
    for edit in edits(text):
        write(library, edit.files)
        assert (definitions(library, uses, policy) != before) is edit.counts, edit.place


@pytest.mark.parametrize("text", [OPS, FAMILY], ids=["catalogues", "families"])
def test_without_a_policy_every_line_counts_that_is_reached(library: Path, text: str) -> None:
    write(library, files_of(text))
    before = definitions(library)
    for edit in edits(text):
        write(library, edit.files)
        assert definitions(library) != before, edit.place


@pytest.mark.parametrize("bases", ["Op, Theirs", "Theirs, Op", "Op, metaclass=Meta", "Op, made()"])
def test_what_another_package_may_call_counts_whatever_its_family(library: Path, bases: str) -> None:
    head = "from elsewhere import Meta, Theirs, made\nclass Op: ...\ndef run(job): return One()\n"
    policy = Policy(families=frozenset({"brew.task.Op"}))
    write(library, {"task.py": f"{head}class One({bases}):\n    def f(self): return 1\n"})
    before = definitions(library, policy=policy)
    write(library, {"task.py": f"{head}class One({bases}):\n    def f(self): return 2\n"})
    assert definitions(library, policy=policy) != before


TOLD = """
    -- task.py
    from brew.params import field, Choice
    NAMES = {"one": "1"}  #+
    class Made:
        x = field(1, "one text", examples=["one"])  #-
        y = field(1, "text")  #+
        z = field(Choice({1: "text"}), doc="one")  #-
        a = field(Choice({"x": "one", **NAMES}), "text")  #-
        b = field(Choice({"one": "text"}), "text")  #+
        c = field(3, "one" + NAMES)  #+
        d = field(*NAMES, "one")  #+
    def run(job): return Made()
    -- params.py
    def field(kind, doc, examples=()): return kind, doc
    class Choice:
        def __init__(self, options): object.__setattr__(self, "docs", options)
    """
PROSE = Policy(
    prose=(
        Prose("brew.params.field", "doc", 1, read_as="doc"),
        Prose("brew.params.field", "examples", None, read_as="examples"),
        Prose("brew.params.Choice", "options", 0, read_as="docs"),
    )
)


def test_texts_for_people_do_not_count(library: Path) -> None:
    write(library, files_of(TOLD))
    before = definitions(library, policy=PROSE)
    for edit in edits(TOLD):
        write(library, edit.files)
        assert (definitions(library, policy=PROSE) != before) is edit.counts, edit.place


@pytest.mark.parametrize(
    ("reads", "counts"),
    [("job.doc", True), ("getattr(job, 'doc')", True), ("getattr(job, run)", True), ("job.other", False)],
)
def test_texts_for_people_count_where_they_may_be_read(library: Path, reads: str, counts: bool) -> None:
    files = files_of(TOLD)
    task = files["task.py"].replace("return Made()", f"return Made(), {reads}")
    write(library, files | {"task.py": task})
    before = definitions(library, policy=PROSE)
    write(library, {"task.py": task.replace("one text", "another text")})
    assert (definitions(library, policy=PROSE) != before) is counts
