"""The comment that tells editors the schema of a spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.spec.text.modeline import modeline, with_modeline
from tests.spec.written import EXAMPLES

LINE = "# yaml-language-server: $schema=s.json\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mlbuild: 1\n", LINE + "mlbuild: 1\n"),
        ("", LINE),
        ("# ours\n\nmlbuild: 1", LINE + "# ours\n\nmlbuild: 1"),
        ("---\nmlbuild: 1\n", LINE + "---\nmlbuild: 1\n"),
        ("mlbuild: 1\r\nproject: p\r\n", LINE.replace("\n", "\r\n") + "mlbuild: 1\r\nproject: p\r\n"),
        ("\ufeffmlbuild: 1\n", "\ufeff" + LINE + "mlbuild: 1\n"),
        ("\ufeff# $schema: a\n", "\ufeff# $schema: s.json\n"),
        ("# yaml-language-server: $schema=../old.json\nmlbuild: 1\n", LINE + "mlbuild: 1\n"),
        (
            "# ours\n#  yaml-language-server : $schema=x  # why\n",
            "# ours\n#  yaml-language-server : $schema=s.json  # why\n",
        ),
        ("# $schema: ./old.json\n" + LINE, "# $schema: s.json\n" + LINE),
        (
            "# yaml-language-server: nothing\nmlbuild: 1\n",
            LINE + "# yaml-language-server: nothing\nmlbuild: 1\n",
        ),
        (
            "# yaml-language-server: nothing\n# $schema: a\n",
            "# yaml-language-server: nothing\n# $schema: s.json\n",
        ),
        # After the first key, it is an ordinary comment or text.
        ("a: |\n  # $schema: a\n# $schema: a\n", LINE + "a: |\n  # $schema: a\n# $schema: a\n"),
    ],
)
def test_the_schema_is_named_and_all_else_stays(before: str, after: str) -> None:
    made = with_modeline(before.encode(), "s.json")
    assert made.decode() == after
    assert with_modeline(made, "s.json") == made


def test_a_blank_in_a_path_is_no_end_of_it() -> None:
    assert modeline("my schemas/a.json") == "# yaml-language-server: $schema=my%20schemas/a.json"
    made = with_modeline(b"mlbuild: 1\n", "my schemas/a.json")
    assert with_modeline(made, "b.json") == b"# yaml-language-server: $schema=b.json\nmlbuild: 1\n"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_the_examples_name_their_schema(file: Path) -> None:
    content = file.read_bytes()
    assert with_modeline(content, "../../schemas/mlbuild.schema.json") == content
