"""A version does not contain what Python does not run, but contains what it may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.code.packages import definitions, edits, files_of, write

CASES = {
    "comments, docstrings and layout": '''
        -- task.py
        """A module. one #-"""
        SIZE = (
            3  # one #-
        )
        """What SIZE is: one. #-"""
        class Made:
            """A class. one #-"""
            def f(self):
                """A method. one #-"""
            @property
            def g(self):
                """A property. one #-"""
                return SIZE
        def run(job):
            """A function. one #-"""
            def inner():
                """A function inside. one #-"""
                return """A text that is given: one #+"""
            return Made().f(), inner()
        ''',
    "annotations that are not evaluated": """
        -- task.py
        from __future__ import annotations
        from functools import cache
        SIZE: int | "one" = 3  #-
        def run(job: one, *rest: "one", key: one = None, **others: one) -> one:  #-
            size: one = SIZE  #-
            return size, Made().f(3), g()
        class Made:
            def f(self, x: one) -> one:  #-
                self.x: one = x  #-
        @cache
        def g() -> one: ...  #-
        """,
    "annotations that are evaluated": """
        -- task.py
        from brew.kinds import Kind
        SIZE: Kind = 3
        def run(job: "one") -> Kind:  #+
            return SIZE
        -- kinds.py
        Kind = 1  #+
        """,
    "annotations of fields": """
        -- task.py
        from __future__ import annotations
        from dataclasses import dataclass
        from typing import NamedTuple
        @dataclass
        class Made:
            x: one  #+
            y: Kind = 1  #+
        class Named(NamedTuple):
            x: one  #+
        def run(job): return Made, Named
        Kind = 1  #-
        """,
    "decorators that are not known": '''
        -- task.py
        from __future__ import annotations
        import elsewhere
        def ours(f): return f
        @ours
        def f(x: one):  #+
            """What it does: one. #+"""
        @elsewhere.theirs
        class Made:
            """What it is: one. #+"""
            def f(self):
                """What it does: one. #+"""
        def run(job): return f, Made
        ''',
    "classes of other packages, which may read docstrings": '''
        -- task.py
        from __future__ import annotations
        from elsewhere import Model
        class Made(Model):
            """What it is: one. #+"""
            def f(self, x: one):  #+
                """What it does: one. #+"""
        class Failed(Exception):
            """What it is: one. #-"""
        def run(job): return Made, Failed
        ''',
}


@pytest.mark.parametrize("case", CASES)
def test_what_python_does_not_run_is_no_other_version(library: Path, case: str) -> None:
    write(library, files_of(CASES[case]))
    before = definitions(library)
    for edit in edits(CASES[case]):
        write(library, edit.files)
        assert (definitions(library) != before) is edit.counts, edit.place


def test_a_docstring_or_comment_more_is_nothing(library: Path) -> None:
    write(library, {"task.py": "class Made:\n    def f(self): ...\ndef run(job):\n    return Made().f()\n"})
    before = definitions(library)
    text = (
        "'''New.'''\n\n\nclass Made:  # new\n    'New.'\n    def f(self):\n        '''New.'''\n        ...\n"
        "def run(\n    job,\n):\n    'New.'\n    return (Made()\n        .f())\n"
    )
    write(library, {"task.py": text})
    assert definitions(library) == before
