"""The commands as functions: check, load, plan and build a spec."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext, suppress
from pathlib import Path

from mlbuild.diagnostics import Diagnostic, Unwritable
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.foresee import foresee as look_ahead
from mlbuild.engine.decide.looks import Looks
from mlbuild.engine.decide.stale import Decision
from mlbuild.engine.execution.events import BuildResult, BuildWaiting, Listener, StoreBrought, ignore
from mlbuild.engine.execution.executor import Executor, InProcess
from mlbuild.engine.execution.memory import watchable
from mlbuild.engine.execution.run import build as run_build
from mlbuild.engine.execution.workers import Workers, possible
from mlbuild.engine.execution.zygote import Setup
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.queries.targets import match, with_ancestors
from mlbuild.engine.store.audit import Audit, audit, remove_damaged
from mlbuild.engine.store.garbage import Garbage, remove_garbage
from mlbuild.engine.store.lock import Waits
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.pipeline.builds.published import Published, published, remove_orphans
from mlbuild.pipeline.builds.recorder import Recorder
from mlbuild.pipeline.builds.records import built_specs
from mlbuild.pipeline.cleaning import removable
from mlbuild.pipeline.libraries import limit
from mlbuild.pipeline.libraries import load as load_libraries
from mlbuild.pipeline.lockfile import LockFile
from mlbuild.pipeline.plan import make_plan
from mlbuild.process.allowance import allowance
from mlbuild.progress import Report, silent
from mlbuild.regular import is_regular
from mlbuild.spec.check import check as check_spec
from mlbuild.spec.layers.bounds import EVERYWHERE
from mlbuild.spec.spec import Spec

#: Why there can be no memory limit.
NO_LIMIT = "memory limits are not supported on this platform: they need worker processes and /proc"


class SpecError(Exception):
    """A spec has errors. `diagnostics` contains all of them, each with its place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        first = diagnostics[0]
        more = f" (and {len(diagnostics) - 1} more)" if len(diagnostics) > 1 else ""
        super().__init__(f"{first.span.file}:{first.span.line}:{first.span.column}: {first.message}{more}")
        self.diagnostics = tuple(diagnostics)


def check(
    file: str | Path, profiles: Sequence[str] = (), settings: Sequence[str] = (), *, outside: bool = False
) -> tuple[Spec | None, list[Diagnostic]]:
    """Check a spec file without reading data.

    Return the spec, or None if it has errors, and all errors and warnings. `profiles` names profiles of the spec,
    and `settings` are texts such as `models.late.params.num_leaves=31`. Both are merged into the spec in their
    order, settings last. The spec can include only files of its own project (its git repository, or else its
    folder), unless `outside` is true.
    """
    return check_spec(Path(file), profiles, settings, bounds=EVERYWHERE if outside else None)


def load(
    file: str | Path, profiles: Sequence[str] = (), settings: Sequence[str] = (), *, outside: bool = False
) -> Spec:
    """Return the checked spec of a file. The arguments are those of `check`.

    Raises:
        SpecError: The spec has errors.
    """
    spec, diagnostics = check(file, profiles, settings, outside=outside)
    if spec is None:
        raise SpecError([one for one in diagnostics if one.severity == "error"])
    return spec


def plan(spec: Spec, out: str | Path | None = None) -> Plan:
    """Return the tasks of a project. `plan(spec).graph` is the networkx DAG.

    Outputs are published in the folder `out`. By default, that is `dist/`, or `dist-PROFILE/` with profiles; a spec with
    settings is a trial and is not published.

    Raises:
        Unusable: `out` is in the store.
    """
    return make_plan(spec, None if out is None else Path(out))


def build(
    spec: Spec,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    keep_going: bool = False,
    threads: int | None = None,
    jobs: int | None = None,
    memory_limit: int | None = None,
    check_determinism: bool = False,
    locked: bool = False,
    refresh: bool = False,
    offline: bool = False,
    out: str | Path | None = None,
    command: Sequence[str] = (),
    events: Listener = ignore,
    planned: Plan | None = None,
    store: DiskStore | None = None,
    revision: str | None = None,
) -> BuildResult:
    """Bring targets (default: all) up to date. Wait until no other build of the project is running.

    At most `jobs` tasks (default: the number of cores) run at once and share `threads` cores (default: all of this
    process). With one job, tasks run in this process; with several, in workers. Each worker can have `memory_limit`
    bytes of resident memory (default: no limit). With `check_determinism`, every task that runs does so twice, and
    `unsteady` of the result lists what differed. With `locked`, a build that would change `mlbuild.lock` is
    refused; otherwise a successful build writes the file. With `refresh`, sources that are fetched are fetched now; with
    `offline` or `locked`, they are not, and what was fetched before is used. Outputs are published in `out`, see `plan`. `command` is stored in
    the build record. `planned` is the plan of the spec, if the caller has it. The files of a git `revision` that were written
    elsewhere have no repository: it is recorded as theirs, even if nothing runs. `store` is used instead of the store of the folder.

    The result tells what ran and what failed. A failed task does not raise.

    Raises:
        Rejected: A target is unknown.
        NotLocked: The lock file would change. Nothing has run.
        Unwritable: The store cannot be written.
        ValueError: There is a memory limit, but no workers on this platform, or they cannot be watched.
    """
    whole = planned or plan(spec, out)
    named = match(whole, targets)
    cores = threads or available_threads()
    store = store or open_store(spec.root)
    executor = _executor(store, jobs or cores, cores, memory_limit)
    lock = LockFile(spec, whole, with_ancestors(whole, named), store)
    with store.building(lambda holder: events(BuildWaiting(holder))):
        if store.begin():
            events(StoreBrought())
        looks = _looks(refresh, offline)
        if locked:
            outside = Digests(store.local, spec.root)
            looks = lock.hold(outside)
            with suppress(Unwritable):
                outside.save()
        with Recorder(spec, whole, store, command, events, revision) as recorder, closing(executor):
            result = run_build(
                whole,
                store,
                spec.root,
                named,
                force=force,
                keep_going=keep_going,
                twice=check_determinism,
                executor=executor,
                looks=looks,
                events=recorder,
            )
        if result.ok and not locked:
            lock.update()
    return result


def _looks(refresh: bool, offline: bool) -> Looks:
    """Return when sources are fetched: now, never, or when it is due."""
    return Looks("now" if refresh else "never" if offline else "due")


def needs_workers(jobs: int, memory_limit: int | None) -> bool:
    """Whether tasks run in workers: several at once, or if running out of memory may crash the process."""
    return possible() and (jobs > 1 or memory_limit is not None or allowance() is not None)


def _executor(store: DiskStore, jobs: int, cores: int, memory_limit: int | None) -> Executor:
    if memory_limit is not None and not (possible() and watchable()):
        raise ValueError(NO_LIMIT)
    if needs_workers(jobs, memory_limit):
        return Workers(Setup(store.contents, store.root, load_libraries, limit, memory_limit), jobs, cores)
    return InProcess(store.contents, store.root, cores)


def foresee(
    spec: Spec,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    keep_going: bool = False,
    locked: bool = False,
    refresh: bool = False,
    offline: bool = False,
    out: str | Path | None = None,
    planned: Plan | None = None,
) -> list[tuple[Task, Decision]]:
    """Return what `build` with the same arguments would do with each task, in order. Nothing is run.

    Raises:
        Rejected: A target is unknown.
        NotLocked: The build would be refused.
    """
    whole = planned or plan(spec, out)
    named = match(whole, targets)
    store = open_store(spec.root)
    looks = _looks(refresh, offline)
    if locked:
        lock = LockFile(spec, whole, with_ancestors(whole, named), store)
        looks = lock.hold(Digests(store.local, spec.root))
    return look_ahead(
        whole,
        store,
        spec.root,
        named,
        force=force,
        keep_going=keep_going,
        looks=looks,
    )


def clean(
    spec: Spec,
    *,
    builds: int = 3,
    budget: int | None = None,
    delete: bool = False,
    waits: Waits = lambda holder: None,
) -> tuple[Garbage, list[Published]]:
    """Find what can be removed from the store, and remove it if `delete` is true, while no build uses the store.

    Results that the current spec needs are kept, and results that the last `builds` builds used. So are results
    that other specs of the folder need, and this spec with other profiles, if they were built and have no errors.
    With a `budget` in bytes, only the oldest results are removed, until the store fits. Also return the published folders that
    no output makes any more; of these, the untouched ones are removed too. `waits` is called before waiting for a build.

    Raises:
        Unwritable: The store cannot be written.
    """
    store = open_store(spec.root)
    with store.cleaning(waits) if delete else nullcontext():
        foreseen = [ahead for one in (spec, *_others(spec, store)) for ahead in foresee(one, offline=True)]
        garbage = removable(store, foreseen, builds, budget)
        orphans = [one for one in published(spec, make_plan(spec), store) if one.orphan]
        if delete:
            remove_garbage(store, garbage)
            remove_orphans(store, orphans)
    return garbage, orphans


def _others(spec: Spec, store: DiskStore) -> Iterator[Spec]:
    """Yield the other specs that were built in the folder, in their current state."""
    for name, profiles in sorted(built_specs(store) - {(spec.file.name, spec.profiles)}):
        file = spec.root / name
        # Nothing in them is shown, and what they need must be kept even if they use files from outside.
        other = check_spec(file, profiles, bounds=EVERYWHERE)[0] if is_regular(file) else None
        if other is not None:
            yield other


def verify(
    root: Path,
    *,
    repair: bool = False,
    waits: Waits = lambda holder: None,
    progress: Report = silent,
) -> Audit:
    """Read the whole store of the project in a folder.

    With `repair`, remove what is damaged, so that it is made again.

    Raises:
        Unwritable: The store cannot be written.
    """
    store = open_store(root)
    with store.cleaning(waits) if repair else nullcontext():
        found = audit(store, progress)
        if repair:
            remove_damaged(store, found)
    return found


def available_threads() -> int:
    """Return the number of cores that this process can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
