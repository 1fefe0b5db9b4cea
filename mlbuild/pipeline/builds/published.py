"""The published folders of a project: which build made each, and whether an output still does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mlbuild.engine.exporting.exported import Exported, exported_folders, remove_exported, untouched_in
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.pipeline.builds.records import built_by
from mlbuild.pipeline.tasks.publish import folder_of
from mlbuild.spec.layers.bounds import EVERYWHERE
from mlbuild.spec.layers.outputs import Named, outputs_named
from mlbuild.spec.spec import Spec


@frozen
class Published:
    """A folder that a build published, the file of its `note` in the store, and the record of the `build`, if there is one.

    An `orphan` is a folder that no output makes any more, according to `files`, those of the spec that was built. Only an
    `untouched` one, which contains exactly what the build wrote, can be removed.
    """

    folder: str
    exported: Exported
    note: Path
    build: Json | None
    orphan: bool = False
    untouched: bool = False
    files: tuple[Path, ...] = ()


def published(spec: Spec, plan: Plan, store: DiskStore) -> list[Published]:
    """Return all published folders that exist, sorted. A folder that the user chose is never an orphan."""
    return sorted(_published(spec, plan, store), key=lambda one: one.folder)


def _published(spec: Spec, plan: Plan, store: DiskStore) -> Iterator[Published]:
    given = {task.exports for task in plan.tasks.values()}
    known: dict[tuple[str, tuple[str, ...]], Named] = {}
    for note, found in exported_folders(store):
        build = built_by(store, found.build)
        if found.folder in given or build is None or not found.generated:
            yield Published(found.folder, found, note, build)
            continue
        used = (str(build["spec"]["file"]), tuple(build["spec"]["profiles"]))
        if used not in known:
            known[used] = outputs_named(spec.root / used[0], used[1], EVERYWHERE)
        named = known[used]
        folders = {folder_of(name, used[1]) for name in named.names}
        orphan = named.whole and found.folder not in folders
        untouched = orphan and untouched_in(store.root, found)
        yield Published(found.folder, found, note, build, orphan, untouched, named.files)


def remove_orphans(store: DiskStore, orphans: Iterable[Published]) -> None:
    """Remove the untouched folders.

    Raises:
        Unwritable: One of them cannot be removed.
    """
    for one in orphans:
        if one.untouched:
            remove_exported(store, one.note, one.exported)
