"""A spec in several files is one spec, and every mistake is reported in the file that contains it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.spec.canonical import canonical_spec
from mlbuild.spec.sections import SECTIONS
from tests.spec.composing import SPEC, composed, said, sound

MAIN, _, MODELS = SPEC.partition("models:\n")
MODELS = "models:\n" + MODELS
INCLUDING = MAIN.replace("project: p\n", "project: p\ninclude: models.yaml\n")


def test_definitions_of_an_included_file_are_those_of_the_spec(tmp_path: Path) -> None:
    whole = sound(composed(tmp_path, SPEC))
    parted = sound(composed(tmp_path, INCLUDING, models=MODELS))
    assert parted == whole
    assert [Path(part.file).name for part in parted.parts] == ["mlbuild.yaml", "models.yaml"]
    assert parted.place(("models", "late", "params", "num_leaves")) == (str(tmp_path / "models.yaml"), 7)
    assert parted.place(("sources", "rows")) == (str(tmp_path / "mlbuild.yaml"), 5)


def test_sections_join_and_files_include_files_from_their_own_folder(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    more = "datasets: {half: {from: all}}\ninclude: [more/deep.yaml]\n"
    (tmp_path / "more/deep.yaml").write_text(
        "contracts:\n  other: {columns: {z: int}}\ninclude: deeper.yaml\n"
    )
    (tmp_path / "more/deeper.yaml").write_text("sources: {again: {path: rows.csv, contract: other}}\n")
    spec = sound(composed(tmp_path, f"include: [models.yaml, more.yaml]\n{MAIN}", models=MODELS, more=more))
    assert list(spec.sources) == ["rows", "again"] and list(spec.datasets) == ["all", "half"]
    # Paths of data are relative to the folder of the spec, whichever file contains them.
    assert spec.sources["again"].located.sample == tmp_path / "rows.csv"


def test_mistakes_are_told_in_the_file_that_has_them(tmp_path: Path) -> None:
    models = MODELS.replace("num_leaves", "num_leafs").replace("[a.b, n]", "[a.b, m]")
    main = INCLUDING.replace("nullable: true", "nullable: 1")
    assert said(composed(tmp_path, main, models=models)) == [
        "mlbuild.yaml:10:33 wrong-type 'nullable' must be true or false, not 1",
        "models.yaml:5:21 unknown-column unknown column 'm' | available columns: a.b, n, y",
        "models.yaml:7:14 unknown-key unknown key 'num_leafs' in the params of lightgbm.classifier"
        " | did you mean 'num_leaves'?",
    ]


def test_a_name_that_is_defined_twice_names_both_places(tmp_path: Path) -> None:
    again = "outputs:\n  late: {model: late}\n"
    found = composed(tmp_path, f"{SPEC}include: [again.yaml, third.yaml]\n", again=again, third=again)
    assert said(found) == [
        "again.yaml:2:3 duplicate-name output 'late' is defined twice | remove or rename one of them",
        "  first defined here mlbuild.yaml:21:3",
        "third.yaml:2:3 duplicate-name output 'late' is defined twice | remove or rename one of them",
        "  first defined here mlbuild.yaml:21:3",
    ]


def test_only_definitions_can_be_included(tmp_path: Path) -> None:
    part = "mlbuild: 1\nseed: 1\nmodles: {}\nprofiles: {}\nx-own: 1\noutputs: []\n"
    keys = ", ".join(["include", *(section.key for section in SECTIONS if section.key != "outputs")])
    assert said(composed(tmp_path, f"{SPEC}include: part.yaml\n", part=part)) == [
        f"part.yaml:1:1 unknown-key unknown key 'mlbuild' in an included file | available keys: {keys}",
        f"part.yaml:2:1 unknown-key unknown key 'seed' in an included file | available keys: {keys}",
        "part.yaml:3:1 unknown-key unknown key 'modles' in an included file | did you mean 'models'?",
        f"part.yaml:4:1 unknown-key unknown key 'profiles' in an included file | available keys: {keys}",
        "part.yaml:6:10 wrong-type 'outputs' must be a map, not a list",
    ]


@pytest.mark.parametrize(
    ("include", "files", "expected"),
    [
        (
            "model.yaml",
            {},
            ["mlbuild.yaml:3:10 missing-file there is no file 'model.yaml' | did you mean 'mlbuild.yaml'?"],
        ),
        (".", {}, ["mlbuild.yaml:3:10 missing-file '.' is a folder, not a file"]),
        ("3", {}, ["mlbuild.yaml:3:10 wrong-type 'include' must be a string or a list, not 3"]),
        (
            "[mlbuild.yaml]",
            {},
            [
                "mlbuild.yaml:3:11 cycle files include each other in a cycle: mlbuild.yaml -> mlbuild.yaml"
                " | remove one of these includes"
            ],
        ),
        (
            "[part.yaml]",
            {"part": "include: other.yaml\n", "other": "x-o: 1\ninclude: part.yaml\n"},
            [
                "other.yaml:2:10 cycle files include each other in a cycle: part.yaml -> other.yaml -> part.yaml"
                " | remove one of these includes",
                "  first included here mlbuild.yaml:3:11",
            ],
        ),
        (
            "[part.yaml, ./part.yaml]",
            {"part": "x-o: 1\n"},
            [
                "mlbuild.yaml:3:22 duplicate-item './part.yaml' is already included | remove this line",
                "  first included here mlbuild.yaml:3:11",
            ],
        ),
        (
            "[part.yaml, part.yaml]",
            {"part": "x-o: 1\n"},
            ["mlbuild.yaml:3:22 duplicate-item 'part.yaml' is listed twice"],
        ),
        (
            "part.yaml",
            {"part": "models: [\n"},
            [
                "part.yaml:1:9 bad-yaml a value is missing here | put a string that starts with ',', ']' or '}' in quotes"
            ],
        ),
        ("part.yaml", {"part": "- 1\n"}, ["part.yaml:1:1 wrong-type the spec must be a map, not a list"]),
        (
            "part.yaml",
            {"part": ""},
            [
                "part.yaml:1:1 empty-spec the included file is empty"
                " | define something in it, or remove it from 'include'"
            ],
        ),
    ],
)
def test_what_cannot_be_included(
    tmp_path: Path, include: str, files: dict[str, str], expected: list[str]
) -> None:
    text = SPEC.replace("project: p\n", f"project: p\ninclude: {include}\n")
    assert said(composed(tmp_path, text, **files)) == expected


def test_what_a_missing_file_may_define_is_not_missed(tmp_path: Path) -> None:
    """One mistake is one error: the models refer to what the file would define."""
    text = (
        MAIN.replace("project: p\n", "project: p\ninclude: models.yaml\n") + "outputs: {o: {model: late}}\n"
    )
    assert [line.partition(" ")[2] for line in said(composed(tmp_path, text))] == [
        "missing-file there is no file 'models.yaml' | did you mean 'mlbuild.yaml'?"
    ]


def test_keys_of_the_users_own_are_those_of_the_spec(tmp_path: Path) -> None:
    text = SPEC + "include: [part.yaml, other.yaml]\nx-both: 1\n"
    spec = sound(
        composed(tmp_path, text, part="x-part: {a: 1}\nx-both: 2\n", other="x-part: 3\nx-last: [4]\n")
    )
    rendered = canonical_spec(spec.document.value)
    own = {key: value for key, value in rendered.items() if key.startswith("x-")}
    assert own == {"x-both": 1, "x-part": {"a": 1}, "x-last": [4]}


def test_a_long_chain_of_files_ends(tmp_path: Path) -> None:
    files = {f"f{number}": f"include: f{number + 1}.yaml\n" for number in range(120)}
    found = said(composed(tmp_path, f"{SPEC}include: f0.yaml\n", **files))
    assert found == ["f98.yaml:1:10 too-deep includes are nested more than 100 levels deep"]
