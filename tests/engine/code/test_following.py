"""A version contains the definitions that a function reaches, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.code.packages import definitions, edits, files_of, write

CASES = {
    "names in the same module": """
        -- task.py
        LIMIT = 1  #+
        UNUSED = 1  #-
        def run(job):
            return helper() + LIMIT + 1  #+
        def helper():
            return deeper()
        def deeper():
            return 1  #+
        def other():
            return 1  #-
        class Other:
            value = 1  #-
        """,
    "names through imports": """
        -- task.py
        import brew.whole.deep
        import brew.named as renamed
        from brew import sub
        from brew.tables import load as read, constant
        from . import sibling
        from .relative import far
        from .whole import deep as again
        def run(job):
            read(), constant, sub.f(), brew.whole.deep.g(), renamed.h(), sibling.i, far(), again.j()
        -- tables.py
        constant = 1  #+
        def load():
            return 1  #+
        def unused():
            return 1  #-
        -- sub.py
        def f(): return 1  #+
        def g(): return 1  #-
        -- whole/deep.py
        def g(): return 1  #+
        def h(): return 1  #-
        def j(): return 1  #+
        -- named.py
        def h(): return 1  #+
        def g(): return 1  #-
        -- sibling.py
        i = 1  #+
        j = 1  #-
        -- relative.py
        def far(): return 1  #+
        """,
    "names that another module hands on": """
        -- task.py
        from brew.door import load
        from brew import door
        def run(job):
            return load(), door.inner.value
        -- door/__init__.py
        from brew.tables import load, save
        from brew.door import inner
        UNUSED = 1  #-
        -- door/inner.py
        value = 1  #+
        other = 1  #-
        -- tables.py
        def load(): return 1  #+
        def save(): return 1  #-
        """,
    "modules that import each other": """
        -- task.py
        from brew.other import back
        HERE = 1  #+
        THERE = 1  #-
        def run(job):
            return back()
        -- other.py
        import brew.task
        from brew import task as again
        def back(): return brew.task.HERE + 1  #+
        """,
    "imports where they are used": """
        -- task.py
        def run(job):
            from brew.late import value
            import brew.later
            return value + brew.later.value
        def other():
            from brew.never import value
            return value
        -- late.py
        value = 1  #+
        other = 1  #-
        -- later.py
        value = 1  #+
        -- never.py
        value = 1  #-
        """,
    "imports for types only": """
        -- task.py
        from __future__ import annotations
        import typing
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from brew.types import Kind
        if typing.TYPE_CHECKING:
            from brew.types import one
        else:
            from brew.values import one
        def run(job: Kind):
            return one
        -- types.py
        Kind = one = 1  #-
        print(1)  #-
        -- values.py
        one = 1  #+
        """,
    "bases, decorators, defaults and class attributes": """
        -- task.py
        from brew.parts import Base, Meta, default, key, marked, unused, value
        class Made(Base):
            size = value
            def scale(self, by=default): return by
            @marked
            def shown(self): return 1  #+
        def run(job, key=key): return Made()
        -- parts.py
        default = 1  #+
        key = 1  #+
        value = 1  #+
        unused = 1  #-
        class Meta: size = 1  #-
        class Above: size = 1  #+
        class Base(Above):
            size = 1  #+
            def f(self): return 1  #+
        def marked(f): return 1  #+
        """,
    "patterns": """
        -- task.py
        from brew import kinds
        from brew.kinds import Square, SMALL
        def run(job):
            match job:
                case Square(side=1): pass  #+
                case kinds.Circle(): pass
                case SMALL.value: pass
        -- kinds.py
        class Square: size = 1  #+
        class Circle: size = 1  #+
        class Line: size = 1  #-
        class SMALL: value = 1  #+
        """,
    "functions and classes inside of others": """
        -- task.py
        from brew.parts import inner, lazy, made, walrus, yielded
        def run(job):
            class Local:
                size = made
                def f(self): return inner()
            def f(): yield yielded
            return Local, f, lambda: lazy, (x := walrus)
        -- parts.py
        made = lazy = walrus = 1  #+
        yielded = 1  #+
        other = 1  #-
        def inner(): return 1  #+
        """,
    "names that only look alike": """
        -- task.py
        import brew.tables as tables, brew.kinds as kinds
        from brew.tables import rows, size, late, taken
        def run(job, tables, *rows, **kinds):
            size = tables.load + rows[0]
            for late in kinds: size += late
            class Local:
                taken = 3
            def inner(): return size, late
            return inner, Made(3).size
        class Made:
            size: int = 3
            def f(self, late): return late
        -- tables.py
        rows = size = late = taken = load = 1  #-
        -- kinds.py
        load = 1  #-
        """,
    "names that look alike, and are not": """
        -- task.py
        from brew.tables import first, second, third, fourth, fifth, sixth
        def run(job, first=first):
            global sixth
            found = [second for second in (1, 2)], second
            def inner(third): return third
            class Local:
                fourth = fourth
            from brew.tables import fifth
            sixth += 1
            return (lambda second: second), third, fifth
        class Made:
            third += 3
        -- tables.py
        first = 1  #+
        second = 1  #+
        third = 1  #+
        fourth = 1  #+
        fifth = 1  #+
        sixth = 1  #+
        """,
    "names that functions make global": """
        -- task.py
        def setup():
            global SIZE
            SIZE = 1  #+
        def run(job): return SIZE
        """,
    "several definitions of one name": """
        -- task.py
        import sys
        if sys.platform == "one":  #+
            def load(): return 1  #+
        else:
            load = None
        try:
            from brew.fast import save
        except ImportError:
            from brew.slow import save
        def run(job): return load(), save
        -- fast.py
        save = 1  #+
        -- slow.py
        save = 1  #+
        """,
    "values that are unpacked": """
        -- task.py
        first, (second, *third) = 1, (2, 3)  #+
        fourth, fifth = 1, 2  #-
        def run(job): return third
        """,
    "a module that answers for names it lacks": """
        -- task.py
        from brew.door import load
        def run(job): return load()
        -- door.py
        SIZE = 1  #+
        UNUSED = 1  #-
        def __getattr__(name): return SIZE
        """,
}


@pytest.mark.parametrize("case", CASES)
def test_an_edit_is_another_version_only_where_it_is_reached(library: Path, case: str) -> None:
    write(library, files_of(CASES[case]))
    before = definitions(library)
    for edit in edits(CASES[case]):
        write(library, edit.files)
        assert (definitions(library) != before) is edit.counts, edit.place


def test_a_new_method_or_name_that_hides_another_is_another_version(library: Path) -> None:
    files = files_of(
        """
        -- task.py
        class Above:
            def f(self): return 1
        class Made(Above):
            pass
        def run(job): return len(Made().f())
        """
    )
    write(library, files)
    before = definitions(library)
    for old, new in (
        ("    pass\n", "    def f(self): return 2\n"),
        ("def run", "def len(x): return 3\ndef run"),
    ):
        write(library, {"task.py": files["task.py"].replace(old, new)})
        assert definitions(library) != before


def test_the_place_of_a_definition_in_its_file_is_nothing(library: Path) -> None:
    one, other = "def f(): return 1\n", "def run(job):\n    return f()\n"
    write(library, {"task.py": one + other})
    before = definitions(library)
    write(library, {"task.py": f"\n\n{other}\nx = 3\n{one}"})
    assert definitions(library) == before


def test_a_module_outside_of_any_package_is_followed(library: Path) -> None:
    library.mkdir()
    (library / "alone.py").write_text("import brew.task\nsize = 1\ndef run(job): return size\n")
    assert [*definitions(library, start="alone:run")] == ["alone:run", "alone:size"]


@pytest.mark.parametrize("start", ["brew.nowhere:run", "sys:exit"])
def test_a_module_without_a_source_file_is_refused(library: Path, start: str) -> None:
    write(library, {"task.py": ""})
    with pytest.raises(ValueError, match=f"module '{start.partition(':')[0]}' has no source file"):
        definitions(library, start=start)


def test_a_function_that_is_not_at_the_top_of_its_module_is_the_whole_module(library: Path) -> None:
    write(library, {"task.py": "def made():\n    def run(job): ...\n    return run\n"})
    assert [*definitions(library, start="brew.task:made.<locals>.run")] == ["brew.task"]


def test_a_method_is_found_by_its_class(library: Path) -> None:
    write(library, {"task.py": "class Made:\n    def run(job): ...\n"})
    assert [*definitions(library, start="brew.task:Made.run")] == ["brew.task:Made", "brew.task:Made.run"]
