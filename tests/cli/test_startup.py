"""Commands with nothing to do: what they import, and that they notice everything that could matter."""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.cli import main as command_line
from mlbuild.cli import request as requests
from mlbuild.cli import snapshot, unchanged
from mlbuild.cli.request import Request, read_request
from mlbuild.cli.unchanged import FIELDS, sealed, snapshot_name, unsealed
from mlbuild.cli.words import verb_of
from mlbuild.engine.decide.files import GRAIN_NS
from tests.bench.trees import Size, seed, write_project
from tests.budget import examples
from tests.budget import seed as chance_seed
from tests.cli.starting import ROOT, Started, Starter

HEAVY = [
    "polars",
    "numpy",
    "jinja2",
    "optuna",
    "lightgbm",
    "sklearn",
    "onnx",
    "onnxruntime",
    "pandera",
    "networkx",
    "pandas",
]

Change = Callable[[Path], object]


@pytest.fixture
def project(tmp_path: Path) -> Starter:
    """A project that is up to date, with its snapshot."""
    return seeded(tmp_path)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A project that every test leaves up to date."""
    return seeded(tmp_path_factory.mktemp("standing"))


def seeded(place: Path) -> Starter:
    file = write_project(place / "project", Size(2, 2))
    text = file.read_text().replace("path: data/s1.csv", "path: '${WHERE:-data}/s1.csv'")
    file.write_text(text + "profiles: {big: {models: {m0: {params: {num_leaves: 9}}}}}\n")
    seed(api.load(file))
    start = Starter(place / "project", place / "mlbuild")
    start.settled()
    return start


def rewrite(file: Path, old: str, new: str, restored: bool = False) -> None:
    """Edit a file; `restored` resets its time to the previous one."""
    before = file.stat()
    text = file.read_text()
    assert old in text
    with file.open("w") as opened:
        opened.write(text.replace(old, new, 1))
    if restored:
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def spec(old: str, new: str) -> Change:
    return lambda folder: rewrite(folder / "mlbuild.yaml", old, new)


# Imported modules


@pytest.mark.parametrize("words", [["--version"], ["build"], ["plan"], ["status"]], ids=" ".join)
def test_where_nothing_changed_only_our_own_few_modules_are_loaded(
    standing: Starter, words: list[str]
) -> None:
    done = standing(*words)
    assert done.code == 0
    others = {name for name in done.modules if name.partition(".")[0] != "mlbuild"}
    assert others <= set(sys.builtin_module_names)
    assert {name for name in done.modules if name.count(".") > 1} <= {
        "mlbuild.cli.request",
        "mlbuild.cli.unchanged",
        "mlbuild.cli.interrupt",
        "mlbuild.cli.words",
    }, "each module costs a start a tenth of a millisecond: has this one to be there?"


def test_help_loads_argparse_and_little_more(standing: Starter) -> None:
    done = standing("--help")
    assert done.code == 0
    assert not done.loaded(*HEAVY, "yaml", "json", "jsonschema", "dataclasses", "typing", "pathlib", "shutil")
    assert "mlbuild.api" not in done.modules


def test_a_check_loads_no_library_of_data_models_or_tasks(standing: Starter) -> None:
    done = standing("check")
    assert done.code == 0
    assert not done.loaded(*HEAVY)
    assert {"mlbuild.api", "mlbuild.engine.execution.run", "mlbuild.pipeline.plan"}.isdisjoint(done.modules)


@pytest.mark.parametrize("words", [["build"], ["plan"], ["status"]], ids=" ".join)
def test_the_full_way_loads_no_library_of_data_or_models(standing: Starter, words: list[str]) -> None:
    done = standing(*words, "--format", "text")
    assert (done.code, done.at_once) == (0, False)
    assert not done.loaded(*HEAVY)


def test_after_a_new_comment_only_the_yaml_is_read(standing: Starter) -> None:
    rewrite(standing.folder / "mlbuild.yaml", "seed: 1", "seed: 1  # chance")
    done = standing("build")
    assert done.code == 0
    assert done.loaded("yaml")
    assert not done.loaded(*HEAVY, "argparse", "jsonschema", "sqlglot")
    assert standing("build").at_once


def test_a_touched_file_is_hashed_and_nothing_is_planned(standing: Starter) -> None:
    (standing.folder / "data/s0.csv").touch()
    touch_all(standing.folder / "dist/o0")
    done = standing("build")
    assert (done.code, done.in_full, done.at_once) == (0, False, False)
    assert not done.loaded(*HEAVY, "argparse", "yaml", "jsonschema", "sqlglot")
    assert standing("build").at_once


# What is printed


def seconds_left_out(done: Started) -> tuple[int, str, str]:
    return done.code, done.out, re.sub(r"in [\d.]+ s", "in some s", done.err)


@pytest.mark.parametrize(
    "words",
    [
        ["build"],
        ["build", "-q"],
        ["build", "-k", "-j", "2", "--threads", "1"],
        ["build", "-n"],
        ["plan"],
        ["plan", "--exit-code", "--no-color"],
        ["status"],
        ["-q", "status"],
        ["-f", "mlbuild.yaml", "build"],
        ["-C", ".", "build"],
    ],
    ids=" ".join,
)
def test_the_same_is_told_as_on_the_full_way(standing: Starter, words: list[str]) -> None:
    full = standing(*words, "--format", "text")
    if "-f" in words:
        standing.settled("-f", "mlbuild.yaml")
    quick = standing(*words)
    assert (full.at_once, quick.at_once) == (False, True)
    assert seconds_left_out(quick) == seconds_left_out(full)


def test_warnings_are_told_again(project: Starter) -> None:
    rewrite(project.folder / "mlbuild.yaml", "outputs:\n  o0: {model: m0}\n", "outputs:\n")
    full = project("build")
    assert "warning[unused]: no output ships the model 'm0'" in full.err or "warning[unused]" in full.err
    project.settled()
    quick = project("build")
    assert quick.at_once
    assert seconds_left_out(quick) == seconds_left_out(project("build", "--format", "text"))


def test_targets_have_answers_of_their_own(standing: Starter) -> None:
    assert not standing("build", "model:m0").at_once
    quick = standing("build", "model:m0")
    assert quick.at_once
    assert seconds_left_out(quick) == seconds_left_out(standing("build", "model:m0", "--format", "text"))
    assert standing("build").at_once


def test_from_another_folder_the_same_project_is_found(standing: Starter) -> None:
    start = Starter(standing.folder.parent, standing.folder.parent / "mlbuild")
    done = start("-C", "project", "build")
    assert done.at_once
    assert done.out.startswith("dist/o0/model.onnx\n")


# What is noticed


def touch_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.touch()


def check_out_again(folder: Path) -> None:
    """Replace a source by another file with the same content."""
    file = folder / "data/s0.csv"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)


def lead_elsewhere(folder: Path) -> None:
    """Replace a source by a link to other data."""
    file = folder / "data/s0.csv"
    (folder / "data/s1.csv").rename(folder / "data/elsewhere.csv")
    file.rename(folder / "data/s1.csv")
    file.symlink_to("elsewhere.csv")


def cut_the_snapshot(folder: Path) -> None:
    for file in (folder / ".mlbuild/snapshots").iterdir():
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


UNHEEDED: dict[str, Change] = {
    "comment": spec("seed: 1", "seed: 1 # chance"),
    "order of keys": spec("mlbuild: 1\nproject: tree\n", "project: tree\nmlbuild: 1\n"),
    "spelling": spec("project: tree", "project: 'tree'"),
    "time of the spec": lambda folder: os.utime(folder / "mlbuild.yaml"),
    "time of data": lambda folder: os.utime(folder / "data/s0.csv"),
    "times of all files": touch_all,
    "the same data in another file": check_out_again,
    "an empty folder in an output": lambda folder: (folder / "dist/o0/nothing").mkdir(),
    "unused content of the store": lambda folder: (folder / ".mlbuild/cas/0/nobody").write_text("x"),
    "no snapshot": lambda folder: shutil.rmtree(folder / ".mlbuild/snapshots"),
    "half a snapshot": cut_the_snapshot,
}


@pytest.mark.parametrize("change", UNHEEDED)
def test_what_changes_no_result_leaves_the_project_up_to_date(standing: Starter, change: str) -> None:
    UNHEEDED[change](standing.folder)
    done = standing("build")
    assert done.code == 0
    assert re.fullmatch(r"\d+ reused in [\d.]+ s\n", done.err)
    standing.settled()


HEEDED: dict[str, Change] = {
    "a parameter": spec("num_leaves: 4", "num_leaves: 5"),
    "a default written otherwise": spec("nullable: true", "nullable: false"),
    "a byte of data, its time restored": lambda folder: rewrite(
        folder / "data/s0.csv", "a,", "b,", restored=True
    ),
    "a parameter, the time of the spec restored": lambda folder: rewrite(
        folder / "mlbuild.yaml", "num_leaves: 4", "num_leaves: 5", restored=True
    ),
    "data that lie elsewhere": lead_elsewhere,
    "data that are gone": lambda folder: (folder / "data/s0.csv").unlink(),
    "an output edited, its time restored": lambda folder: rewrite(
        folder / "dist/o0/metrics.json", "0.75", "0.85", restored=True
    ),
    "an output that is gone": lambda folder: (folder / "dist/o0/model.onnx").unlink(),
    "a folder that is gone": lambda folder: shutil.rmtree(folder / "dist/o0"),
    "a file that is not part of the output": lambda folder: (
        (folder / "dist/o0/more.txt").write_text("x") and None
    ),
    "a stored content": lambda folder: next((folder / ".mlbuild/cas").rglob("*/*")).unlink(),
    "a stored action": lambda folder: next((folder / ".mlbuild/ac").rglob("*/*")).unlink(),
    "the whole store": lambda folder: shutil.rmtree(folder / ".mlbuild"),
}


@pytest.mark.parametrize("change", HEEDED)
def test_what_changes_a_result_is_noticed_at_once(project: Starter, change: str) -> None:
    HEEDED[change](project.folder)
    done = project("status")
    assert not done.at_once
    assert done.code in (2, 6)
    assert "up to date; last" not in done.out


def test_included_files_count_as_the_spec_does(project: Starter) -> None:
    head, mark, ships = (project.folder / "mlbuild.yaml").read_text().partition("outputs:")
    (project.folder / "mlbuild.yaml").write_text(f"{head}include: [ships.yaml]\n")
    (project.folder / "ships.yaml").write_text(mark + ships.partition("profiles:")[0])
    project.settled()
    rewrite(project.folder / "ships.yaml", "outputs:", "# what is shipped\noutputs:")
    assert not project("status").in_full
    rewrite(project.folder / "ships.yaml", "{model: m0}", "{model: m0, verify: {rows: 7}}")
    assert project("status").code == 6


def test_another_value_of_a_variable_is_another_file(project: Starter) -> None:
    (project.folder / "other").mkdir()
    shutil.copy(project.folder / "data/s1.csv", project.folder / "other/s1.csv")
    same = project("status", WHERE="other")
    assert (same.code, same.at_once) == (0, False)
    rewrite(project.folder / "other/s1.csv", "a,", "b,")
    assert project("status", WHERE="other").code == 6
    assert project("status").at_once


def test_a_snapshot_does_not_tell_where_a_variable_leads(project: Starter, tmp_path: Path) -> None:
    secret = tmp_path / "secret-place"
    shutil.copytree(project.folder / "data", secret)
    project.environment |= {"WHERE": str(secret), "MLBUILD_ALLOW_OUTSIDE": "1"}
    project.settled()
    snapshots = [file.read_bytes() for file in (project.folder / ".mlbuild/snapshots").iterdir()]
    assert len(snapshots) == 2
    assert not any(b"secret-place" in content for content in snapshots)
    rewrite(secret / "s1.csv", "a,", "b,", restored=True)
    assert project("status").code == 6


def test_a_variable_that_is_set_is_another_than_none(standing: Starter) -> None:
    empty = standing("status", WHERE="")
    assert (empty.code, empty.at_once) == (0, False)
    assert standing("status").at_once


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: rewrite(file, "sha256", "sha512")])
def test_the_lock_counts_as_an_output_does(project: Starter, damage: Change) -> None:
    lock = project.folder / "mlbuild.lock"
    locked = lock.read_bytes()
    damage(lock)
    done = project("build")
    assert (done.code, done.at_once) == (0, False)
    assert lock.read_bytes() == locked


@pytest.mark.parametrize(
    "words", [["--set", "models.m0.params.num_leaves=5"], ["--profile", "big"]], ids=" ".join
)
def test_profiles_and_settings_have_answers_of_their_own(standing: Starter, words: list[str]) -> None:
    changed = standing("status", *words)
    assert (changed.code, changed.at_once) == (6, False)
    assert standing("status").at_once


def test_folders_that_other_builds_publish_are_told(project: Starter) -> None:
    assert project("build", "--out", "kept").code == 0
    project.settled()
    told = project("status")
    assert told.at_once and "\nkept/o0  from another build, built just now by '" in told.out
    shutil.rmtree(project.folder / "kept/o0")
    told = project("status")
    assert not told.at_once and "kept/o0" not in told.out


def test_our_own_variables_are_heeded(standing: Starter, tmp_path: Path) -> None:
    assert not standing("status", MLBUILD_JOBS="3").at_once
    assert standing("status", MLBUILD_PROFILE="big").code == 6
    assert standing("status", MLBUILD_CACHE_DIR=str(tmp_path)).code == 6
    assert standing("status").at_once


def test_libraries_are_looked_for_wherever_python_may_find_them(project: Starter, tmp_path: Path) -> None:
    later = tmp_path / "far/later"
    later.parent.mkdir()
    project.environment["PYTHONPATH"] = f"{ROOT}{os.pathsep}{later}"
    project.settled()
    later.mkdir()
    done = project("status")
    assert (done.code, done.at_once) == (0, False)
    project.environment["PYTHONPATH"] = f"{ROOT}{os.pathsep}{later.parent}"
    done = project("status")
    assert (done.code, done.at_once) == (0, False)


# What can change without an effect


@pytest.mark.parametrize("name", ["data/s0.csv", "mlbuild.yaml", "mlbuild.lock", "dist/o0/metrics.json"])
def test_what_has_a_time_that_is_still_to_come_is_never_trusted(project: Starter, name: str) -> None:
    tomorrow = time.time_ns() + 86_400 * 10**9
    os.utime(project.folder / name, ns=(tomorrow, tomorrow))
    for _ in range(2):
        done = project("build")
        assert (done.code, done.at_once) == (0, False)
    shutil.rmtree(project.folder / ".mlbuild/snapshots")
    for _ in range(2):
        done = project("build")
        assert (done.code, done.in_full) == (0, True)


def test_what_is_as_young_as_the_look_at_it_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "young").write_text("1")
    found = unchanged.facts(str(tmp_path / "young"))
    at = max(found[0], found[3]) + GRAIN_NS
    with pytest.raises(snapshot._Doubt):
        snapshot._seen([("young", tmp_path / "young")], at)
    assert snapshot._seen([("young", tmp_path / "young")], at + 1) == [("young", found)]


# How it is detected


_COUNTING = """\
import builtins, os, sys
from mlbuild.cli.unchanged import UNCHANGED, look
looked, opened, stat, lstat, open_file = [], [], os.stat, os.lstat, os.open
os.stat = lambda path: looked.append(path) or stat(path)
os.lstat = lambda path: looked.append(path) or lstat(path)
os.open = lambda path, flags: opened.append(path) or open_file(path, flags)
builtins.open = None
state, _ = look(["build"])
assert state == UNCHANGED
sys.stdout.write("\\n".join([*opened, "", *looked]))
"""


def test_everything_is_looked_at_once_and_nothing_but_the_snapshot_is_read(standing: Starter) -> None:
    counting = Starter(standing.folder, standing.folder.parent / "counting")
    (standing.folder.parent / "counting").write_text(_COUNTING)
    standing.settled()  # Python may now find libraries at the place of that file
    done = counting()
    assert done.code == 0, done.err
    opened, _, looked = done.out.partition("\n\n")
    assert re.fullmatch(r"\.mlbuild/snapshots/[0-9a-f]+", opened)
    paths = looked.splitlines()
    paths.remove("mlbuild.yaml")  # once to find it
    assert paths.count(".mlbuild/here") == 1
    assert len(paths) == len(set(paths))
    assert {"mlbuild.yaml", "mlbuild.lock", "data/s0.csv", "dist/o0", "dist/o0/model.onnx"} <= {*paths}
    stored = [path for path in paths if path.startswith(".mlbuild/")]
    assert len(stored) < 40, "the store has a file or two for each task"


def test_an_upgraded_library_is_noticed_one_that_no_task_uses_is_not(
    project: Starter, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    for name in ("polars-99.0", "nobodys-1.0"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    project.environment["PYTHONPATH"] = f"{ROOT}{os.pathsep}{site}"
    before = project("status")
    if before.code:  # this folder precedes the one with the real polars
        (site / "polars-99.0.dist-info").rename(site / "unheard-99.0.dist-info")
    project.settled()
    (site / "nobodys-1.0.dist-info").rename(site / "nobodys-2.0.dist-info")
    unused = project("build", "-q")
    assert (unused.code, unused.at_once) == (0, False)
    project.settled()
    (site / "polars-100.0.dist-info").mkdir()
    upgraded = project("status")
    assert upgraded.code == 6
    assert "-> 100.0" in upgraded.out


def test_an_edit_of_our_own_code_is_noticed(project: Starter, tmp_path: Path) -> None:
    copy = tmp_path / "ours"
    shutil.copytree(ROOT / "mlbuild", copy / "mlbuild")
    shutil.copytree(ROOT / "schemas", copy / "schemas")
    project.environment["PYTHONPATH"] = str(copy)
    project.settled()
    with (copy / "mlbuild/pipeline/parts.py").open("a") as file:
        file.write("# the same, and yet\n")
    done = project("status")
    assert (done.code, done.at_once) == (0, False)
    rewrite(copy / "mlbuild/pipeline/parts.py", '_COLUMN = "values"', '_COLUMN = "value"')
    done = project("status")
    assert (done.code, done.at_once) == (6, False)
    assert "code: mlbuild.pipeline.parts._COLUMN changed" in done.out


def test_a_second_spec_makes_it_unclear_which_is_meant(project: Starter) -> None:
    (project.folder / "mlbuild.yaml").rename(project.folder / "a.mlbuild.yaml")
    project.settled()
    (project.folder / "b.mlbuild.yaml").write_text("mlbuild: 1\n")
    done = project("build")
    assert done.code == 2
    assert "this folder has several specs" in done.err


# Snapshots


SNAPSHOT = {name: [name, "", "a\0b", "é\udcff"][: count % 5] for count, name in enumerate(FIELDS)}


def test_a_snapshot_is_read_as_it_was_written() -> None:
    assert unsealed(sealed(SNAPSHOT, "ours"), "ours") == SNAPSHOT
    assert {len(texts) for texts in SNAPSHOT.values()} == {0, 1, 2, 3, 4}


def test_no_cut_or_changed_snapshot_is_read() -> None:
    content = sealed(SNAPSHOT, "ours")
    assert unsealed(content, "ours") == SNAPSHOT
    damaged = [content[:length] for length in range(len(content))]
    damaged += [
        content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in range(len(content))
    ]
    for other in damaged:
        with pytest.raises(ValueError, match=r"not a snapshot|zip"):
            unsealed(other, "ours")


@pytest.mark.parametrize("what", ["version", "python", "path", "profile", "file", "place"])
def test_a_snapshot_of_anything_else_is_none_of_this(
    what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    request, here = Request("mlbuild.yaml"), tmp_path / ".mlbuild/here"
    here.parent.mkdir()
    here.touch()
    before = request.selection()
    match what:
        case "version":
            monkeypatch.setattr(requests, "__version__", "99")
        case "python":
            monkeypatch.setattr(sys, "version", "4.0")
        case "path":
            monkeypatch.setattr(sys, "path", [*sys.path, "/more"])
        case "profile":
            monkeypatch.setenv("MLBUILD_PROFILE", "big")
        case "file":
            request.file = "other.yaml"
        case _:
            shutil.copytree(here.parent, tmp_path / "copy")
            here.parent.rename(tmp_path / "former")
            (tmp_path / "copy").rename(here.parent)
    after = request.selection()
    assert snapshot_name(before) != snapshot_name(after)
    with pytest.raises(ValueError, match="not a snapshot"):
        unsealed(sealed(SNAPSHOT, before), after)


WORDS = """build plan status check -C . -f x.yaml -q --quiet --no-color --allow-outside -k --keep-going -n --exit-code -j 2 0 --threads
--jobs --set a.b=1 --profile big model:m0 out* --json --format text -v --force -- -""".split()


def test_whatever_is_read_at_once_means_the_same_to_the_full_parser(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance, understood = random.Random(chance_seed()), 0
    for _ in range(examples(1_500, 100_000)):
        argv = chance.choices(WORDS, k=chance.randint(0, 6))
        argv.insert(chance.randint(0, len(argv)), chance.choice(["build", "plan", "status"]))
        request = read_request(argv)
        if request is None:
            continue
        understood += 1
        args = command_line._parser(verb_of(argv)).parse_args(argv)
        found = (
            request.directory,
            request.file,
            request.targets,
            request.quiet,
            request.plain,
            request.outside,
        )
        meant = (
            args.directory or "",
            args.file or "",
            args.targets,
            args.quiet,
            args.no_color,
            args.allow_outside,
        )
        assert found == meant, argv
        assert request.verb == ("plan" if getattr(args, "dry_run", False) else args.command), argv
        assert request.profiles == args.profiles_before + getattr(args, "profiles_behind", [])
        assert request.settings == args.settings_before + getattr(args, "settings_behind", [])
    assert understood > 100
    capsys.readouterr()


def test_ages_are_told_in_the_largest_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    told = [
        unchanged.age(1_000_000 - seconds) for seconds in (-5, 0, 59, 60, 119, 3_600, 7_200, 86_400, 900_000)
    ]
    assert told == [
        "just now",
        "just now",
        "just now",
        "1 minute ago",
        "1 minute ago",
        "1 hour ago",
        "2 hours ago",
        "1 day ago",
        "10 days ago",
    ]
