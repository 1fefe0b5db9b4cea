"""Whatever names and values contain, commands print them only as text: visible, short, on one line."""

from __future__ import annotations

import json

import polars as pl
import pytest

from mlbuild.cli.commands import VERBS
from tests.cli.hostile import COMMANDS, HOSTILE, LONG, PLACES, harm, run, spec, table, write
from tests.cli.running import Command, Ran
from tests.cli.test_terminal import watched


def test_all_commands_are_walked_through() -> None:
    assert COMMANDS.keys() == VERBS.keys()


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "long"])
@pytest.mark.parametrize("place", PLACES)
def test_no_text_is_more_than_text(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, place: str, text: str
) -> None:
    where, found = PLACES[place], dict[str, list[str]]()
    where.make(mlbuild.folder, text)
    for variable in where.variables:
        monkeypatch.setenv(variable, text)
    rounds = [where.change] if where.change else []
    for change in [None, *rounds]:
        if change:
            assert run(mlbuild, "build", text, where.words).code == 0
            change(mlbuild.folder, text)
        for words in (one for several in COMMANDS.values() for one in several):
            if harmed := harm(run(mlbuild, words, text, where.words), words):
                found[words] = harmed
    assert not found


@pytest.mark.parametrize("text", [HOSTILE, LONG, "a\udcff", ""], ids=["hostile", "long", "no UTF-8", "empty"])
def test_words_of_the_command_line_are_text(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    PLACES["a column"].make(mlbuild.folder, "w")
    words = ["TEXT", "--TEXT", "-C TEXT check", "-f TEXT check", "--format TEXT check", "check TEXT"]
    words += [f"{verb} TEXT" for verb in VERBS] + [f"{verb} --TEXT" for verb in VERBS]
    words += [
        "build -j TEXT",
        "build --memory-limit TEXT",
        "gc --max-size TEXT",
        "init rows.csv --target TEXT -f n.yaml",
    ]
    words += [
        "schema --write TEXT",
        "predict rows.csv rows.csv -o TEXT",
        "predict rows.csv TEXT.csv",
        "plan --set TEXT",
    ]
    found = {}
    # After an empty option, `--`, no word is an option.
    for one in words if text else (one for one in words if "--TEXT" not in one):
        for format_ in ("text", "json", "github", "sarif"):
            line = f"{one} --format {format_}" if "--format" not in one else one
            ran = run(mlbuild, line, text)
            if harmed := harm(ran, line):
                found[line] = harmed
    for name in ("MLBUILD_JOBS", "MLBUILD_THREADS"):
        monkeypatch.setenv(name, text)
        if harmed := harm(run(mlbuild, "build", text), "build"):
            found[name] = harmed
    assert not found


@pytest.fixture
def classes(mlbuild: Command) -> Command:
    """A model with the hostile text as an input and as a class, and a data file for it."""
    rows = table(column=HOSTILE).replace(",o,", ',"CLASS",').replace("CLASS", HOSTILE)
    write(mlbuild.folder, spec(column=HOSTILE, classes=["n", HOSTILE]), rows)
    assert mlbuild("build").code == 0
    return mlbuild


def test_predict_gives_programs_all_as_it_is_and_people_what_they_can_see(classes: Command) -> None:
    words = ("predict", "dist/one/model.onnx", "rows.csv")
    plain = classes(*words)
    assert plain.code == 0
    raw = pl.read_csv(plain.out.encode())
    assert raw.columns == ["label", "probability_n", f"probability_{HOSTILE}"]
    assert set(raw["label"]) == {"n", HOSTILE}
    assert raw.to_dicts() == json.loads(classes(*words, "--json").out)["rows"]
    assert not harm(classes(*words, "--json"), "predict --json")
    told = watched(classes.folder, *words, MLBUILD_THREADS="1")
    assert not harm(Ran(0, told, ""), "predict")
    head, *rows = told.splitlines()
    assert head.startswith("label,probability_n,probability_\\x1b]0;PWNED") and len(rows) == raw.height
    # Missing columns are named, too.
    (classes.folder / "rows.csv").write_text("x,y\n1,2\n")
    for more in ("", "--no-samples", "--json"):
        ran = run(classes, f"{' '.join(words)} {more}", HOSTILE)
        assert ran.code == 3 and not harm(ran, more)


def test_reports_keep_values_cut(mlbuild: Command) -> None:
    """Eight cells of 2 MB do not make a report of 16 MB, on the screen or in the store."""
    cells = "".join(f'{row},1,n,"{"v" * 2_000_000}{row}"\n' for row in range(40, 48))
    write(mlbuild.folder, spec(), table() + cells)
    for words in (
        "build",
        "build --json",
        "why contract:rows",
        "why contract:rows --json",
        "build --format sarif",
    ):
        ran = mlbuild(*words.split())
        assert len(ran.out + ran.err) < 20_000
        assert "v" * 81 not in ran.out + ran.err
        assert "v" * 50 in ran.out + ran.err or (words.startswith("why") and "--json" in words)
    kept = [
        path
        for folder in ("ac", "tasks", "runs")
        for path in (mlbuild.folder / ".mlbuild" / folder).rglob("*")
    ]
    assert sum(path.stat().st_size for path in kept if path.is_file()) < 200_000
