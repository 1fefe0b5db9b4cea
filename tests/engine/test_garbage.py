"""Everything that is not needed can be removed, and what is removed can be made again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from mlbuild.engine.decide.stale import Fresh
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Task
from mlbuild.engine.store.audit import audit
from mlbuild.engine.store.garbage import find_garbage, remove_garbage
from mlbuild.engine.store.store import DiskStore
from tests import budget
from tests.engine.tasks import Project, text_task


def chain(text: str) -> list[Task]:
    """Return two texts of 100 characters, one of which includes the other."""
    return [text_task("a", text * 100), text_task("b", "b" * 100, "a/out")]


def keys(project: Project, tasks: list[Task]) -> set[str]:
    """Return the keys of tasks that are all up to date."""
    found = project.foresee(tasks).values()
    return {decision.ingredients.key for decision in found if isinstance(decision, Fresh)}


def contents(store: DiskStore) -> set[str]:
    return {path.name for path in store.files("cas")}


def digests(*results: BuildResult) -> set[str]:
    return {
        part.digest
        for result in results
        for action in result.actions.values()
        for part in action.parts.values()
    }


def aged(store: DiskStore, found: set[Path], seconds: int) -> set[Path]:
    """Make new results this old; return all results."""
    now = set(store.files("ac"))
    for path in now - found:
        os.utime(path, (seconds, seconds))
    return now


def test_what_is_needed_stays_and_all_else_can_go(on_disk: Project) -> None:
    on_disk.build(chain("x"))
    kept = on_disk.build(chain("y"))
    store = DiskStore.at(on_disk.root)
    garbage = find_garbage(store, keys(on_disk, chain("y")))
    assert (len(garbage.actions), len(garbage.contents)) == (2, 2)
    assert garbage.needed == garbage.staying
    remove_garbage(store, garbage)
    assert contents(store) == digests(kept)
    assert on_disk.build(chain("y")).ran == ()
    assert on_disk.build(chain("x")).ran == ("a", "b")


def test_a_content_that_several_results_share_stays_with_the_last(on_disk: Project) -> None:
    on_disk.build([text_task("a", "same"), text_task("b", "same", rank=1), text_task("c", "other")])
    store = DiskStore.at(on_disk.root)
    some = keys(on_disk, [text_task("a", "same")])
    garbage = find_garbage(store, some)
    assert (len(garbage.actions), len(garbage.contents)) == (1, 1)
    remove_garbage(store, garbage)
    assert on_disk.build([text_task("a", "same")]).ran == ()


def test_with_a_budget_the_oldest_goes_first(on_disk: Project) -> None:
    store = DiskStore.at(on_disk.root)
    found: set[Path] = set()
    results = []
    for age, text in enumerate("xyz"):
        results.append(on_disk.build(chain(text)))
        found = aged(store, found, 1000 + age)
    everything = find_garbage(store, set()).size
    for budget_, staying in [(everything, "xyz"), (everything - 1, "yz"), (1, "z"), (0, "z")]:
        garbage = find_garbage(store, keys(on_disk, chain("z")), budget_)
        going = {kept.path.name for kept in garbage.contents}
        assert digests(*results) - going >= digests(*(results["xyz".index(text)] for text in staying))
        assert garbage.staying <= budget_ or garbage.staying == garbage.needed > budget_
    assert find_garbage(store, set(), 0).needed == 0


def test_contents_of_no_result_and_what_was_never_finished_can_go(on_disk: Project) -> None:
    on_disk.build(chain("x"))
    store = DiskStore.at(on_disk.root)
    lost = store.contents.put(b"of no result")
    left = store.contents.scratch()
    (left / "half").write_bytes(b"half")
    garbage = find_garbage(store, keys(on_disk, chain("x")), budget=10**9)
    assert {kept.path for kept in garbage.files} == {store.contents.path(lost), left}
    remove_garbage(store, garbage)
    assert not left.exists() and on_disk.build(chain("x")).ran == ()


def test_damaged_results_can_go_whatever_needs_them(on_disk: Project) -> None:
    on_disk.build(chain("x"))
    store = DiskStore.at(on_disk.root)
    needed = keys(on_disk, chain("x"))
    store.files("ac")[0].write_bytes(b"{}")
    garbage = find_garbage(store, needed, budget=10**9)
    assert [kept.path for kept in garbage.actions] == store.files("ac")[:1]
    remove_garbage(store, garbage)
    assert len(on_disk.build(chain("x")).ran) == 1


def test_an_empty_store_has_none(tmp_path: Path) -> None:
    garbage = find_garbage(DiskStore.at(tmp_path), set())
    assert (garbage.files, garbage.size, garbage.staying) == ((), 0, 0)
    assert list(tmp_path.iterdir()) == []


@seed(budget.seed())
@given(
    st.lists(st.text("xyz", min_size=1, max_size=3), min_size=1, max_size=5), st.integers(0, 3000), st.data()
)
@settings(max_examples=budget.examples(15, 1000), deadline=None)
def test_cleaning_keeps_what_is_needed_and_as_far_as_can_be_the_budget(
    texts: list[str], limit: int, data: st.DataObject
) -> None:
    needed = data.draw(st.sampled_from(texts))
    with tempfile.TemporaryDirectory() as folder:
        store = DiskStore.at(Path(folder))
        project = Project(Path(folder), store)
        for text in texts:
            project.build(chain(text))
        garbage = find_garbage(store, keys(project, chain(needed)), limit)
        remove_garbage(store, garbage)
        left = sum(path.stat().st_size for kind in ("cas", "ac") for path in store.files(kind))
        assert left == garbage.staying
        assert left <= limit or left == garbage.needed
        assert audit(store).incomplete == 0
        assert project.build(chain(needed)).ran == ()
        assert find_garbage(store, keys(project, chain(needed)), limit).files == ()
