"""The build law: after any edit, an incremental build gives the same as a clean build, and runs only what it must.

Random graphs go through random edits. The expected result of each task is computed here in plain Python, and so is
whether it must run: if the same parameters, inputs and file have not been seen together before.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from mlbuild.diagnostics import data_failure
from mlbuild.engine.decide.stale import Blocked, FailedBefore, Fresh, Restorable, Stale, Unsure
from mlbuild.engine.execution.events import TaskStarted
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from tests import budget
from tests.engine.memory import memory_store
from tests.engine.tasks import Project, local

MOST = 6
POISON = 7


@frozen
class Node:
    """A task in this test; `reads` are (index of an earlier task, part)."""

    salt: int
    modulus: int
    rank: int
    reads: tuple[tuple[int, str], ...]
    file: str | None


def mix(job: Job) -> None:
    """Write two parts that depend on all inputs. `small` often stays the same if something changes."""
    total = job.params["salt"] + sum(
        int(job.read(slot, part)) for slot in job.params["slots"] for part in job.parts(slot)
    )
    total += len(job.file("file").read_text()) if job.params["file"] else 0
    if total % 10 == POISON:
        raise data_failure("poison")
    job.write("small", str(total % job.params["modulus"]).encode())
    job.target("all").write_text(str(total))


@dataclass
class Oracle:
    """What a correct engine does."""

    seen: set[object] = field(default_factory=set)

    def expect(
        self, nodes: list[Node], wanted: set[int]
    ) -> tuple[dict[int, dict[str, str]], set[int], set[int]]:
        """Return the contents of the tasks, those that must run, and those that fail."""
        given: dict[int, dict[str, str]] = {}
        ran, failed = set(), set()
        for index in sorted(wanted):
            node = nodes[index]
            if any(source not in given for source, _ in node.reads):
                continue
            read = tuple((slot, part, given[source][part]) for slot, (source, part) in enumerate(node.reads))
            key = (node.salt, node.modulus, read, node.file)
            if key not in self.seen:
                ran.add(index)
                self.seen.add(key)
            total = node.salt + sum(int(text) for _, _, text in read) + len(node.file or "")
            if total % 10 == POISON:
                failed.add(index)
            else:
                given[index] = {"small": str(total % node.modulus), "all": str(total)}
        return given, ran, failed


@st.composite
def nodes(draw: st.DrawFn, index: int) -> Node:
    earlier = (
        st.tuples(st.integers(0, index - 1), st.sampled_from(["small", "all"])) if index else st.nothing()
    )
    return Node(
        salt=draw(st.integers(0, 30)),
        modulus=draw(st.sampled_from([1, 2, 1000])),
        rank=draw(st.integers(0, 2)),
        reads=tuple(draw(st.lists(earlier, max_size=3))) if index else (),
        file=draw(st.sampled_from([None, None, "", "a", "bb", "cc"])),
    )


graphs = (
    st.integers(1, MOST).flatmap(lambda size: st.tuples(*(nodes(index) for index in range(size)))).map(list)
)


def edited(draw: st.DrawFn, before: list[Node]) -> list[Node]:
    """Change one field of one task, or nothing."""
    index = draw(st.integers(0, len(before) - 1))
    fresh = draw(nodes(index))
    name = draw(st.sampled_from(["salt", "modulus", "rank", "reads", "file", "nothing"]))
    change = {} if name == "nothing" else {name: getattr(fresh, name)}
    return [*before[:index], replace(before[index], **change), *before[index + 1 :]]


def closure(nodes: list[Node], targets: set[int]) -> set[int]:
    found: set[int] = set()
    waiting = set(targets)
    while waiting:
        index = waiting.pop()
        found.add(index)
        waiting |= {source for source, _ in nodes[index].reads} - found
    return found


def tasks(project: Project, nodes: list[Node]) -> list[Task]:
    made = []
    for index, node in enumerate(nodes):
        slots = [str(slot) for slot in range(len(node.reads))]
        params = {"salt": node.salt, "modulus": node.modulus, "slots": slots, "file": node.file is not None}
        inputs = tuple(
            Input(slot, f"t{source}", (part,)) for slot, (source, part) in zip(slots, node.reads, strict=True)
        )
        files = {} if node.file is None else {"file": local(project.write(f"{index}.txt", node.file))}
        made.append(Task(f"t{index}", "mix", mix, params, ("small", "all"), inputs, files, rank=node.rank))
    return made


def check(
    project: Project, oracle: Oracle, nodes: list[Node], targets: set[int], workers: bool = False
) -> None:
    names = {f"t{index}" for index in targets}
    wanted = closure(nodes, targets)
    foreseen = project.foresee(tasks(project, nodes), names, keep_going=True)
    executor = project.workers() if workers else None
    result = project.build(tasks(project, nodes), names, keep_going=True, executor=executor)
    given, must_run, failed = oracle.expect(nodes, wanted)
    named = {name: int(name[1:]) for name in foreseen}
    contents = {
        named[name]: {part: project.content(result, name, part) for part in ("small", "all")}
        for name in result.actions
    }
    assert contents == given
    assert {named[name] for name in result.failures} == failed
    ran = {event.task for event in project.told(TaskStarted)}
    assert_only_needed(nodes, {named[name] for name in ran}, must_run, given)
    for name, decision in foreseen.items():
        match decision:
            case Fresh() | Restorable():
                assert name in result.reused
            case FailedBefore():
                assert name in result.failures and name not in ran
            case Blocked():
                assert name in result.blocked
            case Stale():
                assert name in ran
            case Unsure(waiting):
                assert any(isinstance(foreseen[other], (Stale, Unsure)) for other in waiting)


def assert_only_needed(
    nodes: list[Node], ran: set[int], must_run: set[int], given: Mapping[int, Mapping[str, str]]
) -> None:
    """Equal tasks in one build run once. Which of them depends on their ranks."""

    def identity(index: int) -> object:
        node = nodes[index]
        return (
            node.salt,
            node.modulus,
            node.file,
            tuple((part, given[source][part]) for source, part in node.reads),
        )

    assert sorted(map(repr, map(identity, ran))) == sorted(map(repr, map(identity, must_run)))


@seed(budget.seed())
@given(st.data(), graphs, st.booleans())
@settings(max_examples=budget.examples(40, 3000), deadline=None)
def test_an_incremental_build_is_a_clean_one_and_runs_only_what_it_must(
    data: st.DataObject, graph: list[Node], on_disk: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        project = Project(root, DiskStore.at(root) if on_disk else memory_store(root))
        check_edits(data, project, graph)


@seed(budget.seed())
@given(st.data(), graphs)
@settings(max_examples=budget.examples(6, 300), deadline=None)
def test_the_law_holds_with_workers(data: st.DataObject, graph: list[Node]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_edits(data, Project(Path(folder), DiskStore.at(Path(folder))), graph, workers=True)


def check_edits(data: st.DataObject, project: Project, graph: list[Node], workers: bool = False) -> None:
    """Build a graph, edit it a few times, build some targets after each edit, and finally build everything again."""
    oracle = Oracle()
    check(project, oracle, graph, set(range(len(graph))), workers)
    for _ in range(data.draw(st.integers(1, 6))):
        graph = data.draw(st.composite(edited)(graph))
        targets = data.draw(st.sets(st.integers(0, len(graph) - 1), min_size=1))
        check(project, oracle, graph, targets, workers)
    check(project, oracle, graph, set(range(len(graph))), workers)
    last = project.build(tasks(project, graph), keep_going=True)
    assert last.ran == ()


@seed(budget.seed())
@given(st.data(), graphs)
@settings(max_examples=budget.examples(25, 2000), deadline=None)
def test_a_build_after_any_damage_is_a_clean_one(data: st.DataObject, graph: list[Node]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), DiskStore.at(Path(folder)))
        project.build(tasks(project, graph), keep_going=True)
        for _ in range(data.draw(st.integers(1, 3))):
            files = sorted(path for path in (project.root / ".mlbuild").rglob("*") if path.is_file())
            spoil(data.draw(st.sampled_from(files)), data.draw(st.sampled_from(["empty", "flip", "remove"])))
            graph = data.draw(st.composite(edited)(graph))
            result = project.build(tasks(project, graph), keep_going=True)
        given, _, failed = Oracle().expect(graph, set(range(len(graph))))
        assert {int(name[1:]) for name in result.failures} == failed
        assert {int(name[1:]) for name in result.actions} == given.keys()
        for index, parts in given.items():
            for part, text in parts.items():
                action = result.actions[f"t{index}"]
                assert project.store.contents.size(action.parts[part].digest) == len(text)
        shutil.rmtree(project.root / ".mlbuild")
        clean = project.build(tasks(project, graph), keep_going=True)
        assert {name: action.parts for name, action in clean.actions.items()} == {
            name: action.parts for name, action in result.actions.items()
        }


def spoil(path: Path, damage: str) -> None:
    path.chmod(0o644)
    content = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "flip":
            path.write_bytes(content[:-1] + bytes(byte ^ 1 for byte in content[-1:]))
        case "remove":
            path.unlink()
