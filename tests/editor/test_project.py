"""The schema of a project in the real YAML language server: its names complete, and other names are underlined."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.spec.layers.files import read_spec
from mlbuild.spec.names.known import known_names
from mlbuild.spec.names.schema import build_project_schema
from mlbuild.spec.shape.schema import as_text
from mlbuild.spec.text.modeline import with_modeline
from mlbuild.spec.text.tree import Document
from tests.editor.server import Server

PENGUINS = Path(__file__).resolve().parents[2] / "specs" / "penguins"
#: The models of the matrix of `trees`.
COMBINATIONS = [
    f"trees@num_leaves={leaves},learning_rate={rate}" for leaves in (3, 7, 15) for rate in ("0.05", "0.1")
]
COLUMNS = "species island bill_length_mm bill_depth_mm flipper_length_mm body_mass_g sex".split()


class Project:
    """The penguins example in a test folder, with its schema in a folder whose name contains a space."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        (folder / "data").mkdir()
        (folder / "data/penguins.csv").write_bytes((PENGUINS / "data/penguins.csv").read_bytes())
        content = with_modeline((PENGUINS / "mlbuild.yaml").read_bytes(), "my schemas/project.json")
        self.text = content.decode()
        (folder / "mlbuild.yaml").write_bytes(content)
        document = read_spec(folder / "mlbuild.yaml")
        assert isinstance(document, Document)
        (folder / "my schemas").mkdir()
        schema = as_text(build_project_schema(known_names(document)))
        (folder / "my schemas/project.json").write_text(schema, encoding="utf-8")

    def edited(self, old: str, new: str) -> tuple[Path, int, int]:
        """Open the spec with an edit. Return it with the caret, `|` in the new text: line and column from 1."""
        assert old in self.text, old
        before, _, after = self.text.partition(old)
        start, _, end = new.partition("|")
        file = self.folder / f"{len([*self.folder.iterdir()])}.yaml"
        file.write_text(before + start + end + after, encoding="utf-8")
        self.server.open(file)
        ahead = before + start
        return file, ahead.count("\n") + 1, len(ahead.rpartition("\n")[2]) + 1

    def offered(self, old: str, new: str) -> list[str]:
        return [item["label"] for item in self.server.completions(*self.edited(old, new))]

    def blamed(self, old: str, new: str) -> list[tuple[str, str]]:
        """Return the underlined lines with their messages."""
        file, _, _ = self.edited(old, new)
        lines = file.read_text().split("\n")
        return [(lines[line - 1].strip(), told) for line, told in self.server.diagnostics(file)]


@pytest.fixture(scope="module")
def project(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(server, tmp_path_factory.mktemp("penguins"))


def test_the_project_itself_is_good(project: Project) -> None:
    assert project.blamed("mlbuild: 1", "mlbuild: 1") == []


@pytest.mark.parametrize(
    ("old", "new", "offered"),
    [
        ("      - island\n      - bill", "      - |\n      - bill", COLUMNS),
        ("    target: species", "    target: |", COLUMNS),
        ("    dataset: birds", "    dataset: |", ["birds"]),
        ("    preprocessing: for_trees", "    preprocessing: |", ["for_trees", "for_lines"]),
        ("    contract: penguin", "    contract: |", ["penguin"]),
        ("    from: penguins", "    from: |", ["penguins", "birds"]),
        ("    model: trees", "    model: |", ["trees", "linear", *COMBINATIONS]),
        ("      columns: sex\n", "      columns: |\n", COLUMNS),
        ("      columns: [island, sex]", "      columns: [island, |]", COLUMNS),
        # The file has this column, and the contract does not name it yet.
        ("categories: [female, male]\n", "categories: [female, male]\n      |\n", ["year"]),
    ],
)
def test_names_complete(project: Project, old: str, new: str, offered: list[str]) -> None:
    assert project.offered(old, new) == offered


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        (
            "    model: trees",
            "    model: tres",
            "model: tres",
            "unknown model; when this schema was written, there were: trees, linear",
        ),
        (
            "      - island\n",
            "      - iland\n",
            "- iland",
            "unknown column; when this schema was written, there were: species, ",
        ),
        ("    target: species", "    target: specie", "target: specie", "unknown column; "),
        ("    dataset: birds", "    dataset: bird", "dataset: bird", "unknown dataset; "),
        (
            "    preprocessing: for_trees",
            "    preprocessing: for_tree",
            "preprocessing: for_tree",
            "unknown preprocessing; ",
        ),
        ("    contract: penguin", "    contract: pengin", "contract: pengin", "unknown contract; "),
        ("    from: penguins", "    from: penguin", "from: penguin", "unknown table; "),
        (
            "      columns: [island, sex]",
            "      columns: [island, sx]",
            "columns: [island, sx]",
            "unknown column; ",
        ),
    ],
)
def test_another_name_is_blamed_where_it_stands(
    project: Project, old: str, new: str, line: str, told: str
) -> None:
    (found,) = project.blamed(old, new)
    assert found[0] == line and found[1].startswith(told)


def test_a_name_says_what_it_is(project: Project) -> None:
    file, line, column = project.edited("      - body_mass_g", "      - b|ody_mass_g")
    assert "* `body_mass_g`: float, nullable\n" in project.server.hover(file, line, column)
