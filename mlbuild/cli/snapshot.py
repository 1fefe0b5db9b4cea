"""Takes a snapshot of a project that is up to date, so that the next command can quickly see that it still is."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import mlbuild
from mlbuild.cli.commands.building.plan import PlannedTask, plan_text
from mlbuild.cli.commands.building.status import PublishedFolder, made_by, other_outputs, status_text
from mlbuild.cli.output.building.reasons import CALLED
from mlbuild.cli.output.printing import Paint, page
from mlbuild.cli.project import find_file, told_text
from mlbuild.cli.request import Request
from mlbuild.cli.touched import meaning
from mlbuild.cli.unchanged import (
    BEGAN_NS,
    FOLDER,
    MARK,
    facts,
    sealed,
    snapshot_name,
    told,
    trace,
    variable,
)
from mlbuild.data.locators.variables import expand
from mlbuild.diagnostics import Diagnostic
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import GRAIN_NS, Digests, LocalFile, name_in, settled
from mlbuild.engine.decide.libraries import is_installed, listed
from mlbuild.engine.decide.looks import answer_of, find_look
from mlbuild.engine.decide.machine import Machine
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Fresh
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.exporting.export import export_reasons
from mlbuild.engine.exporting.exported import NOTES
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.pipeline.builds.published import Published, published
from mlbuild.pipeline.lockfile import lock_path
from mlbuild.process.machine import cpu
from mlbuild.spec.spec import Spec

#: A path and what was found there.
Fact = tuple[str, tuple[int, ...]]


class _Doubt(Exception):
    """Something may have changed since the build looked at it."""


def keep_snapshot(
    args: argparse.Namespace,
    spec: Spec,
    plan: Plan,
    result: BuildResult,
    results: str,
    found: Sequence[Diagnostic],
) -> None:
    """Store what the build has seen, if all of it certainly still holds.

    `results` is what the build printed about its outputs.

    What it `found` about the models is reported by the next command with the warnings of the spec.
    """
    request = Request(str(find_file(args.file)))
    request.profiles, request.settings, request.targets = args.profiles, args.settings, args.targets
    request.outside, request.private = args.allow_outside, args.no_samples
    if (args.warnings or found) and Path(request.file).is_absolute():
        # Otherwise the places in warnings depend on where the command runs.
        return
    with suppress(_Doubt, OSError):
        store = open_store(spec.root)
        given = {task.exports for task in plan.tasks.values()}
        there = [one for one in published(spec, plan, store) if one.folder not in given]
        seen = _Survey(spec, plan, result, store, there).snapshot()
        seen |= _texts(args, plan, result, results, found, other_outputs(there))
        selection = request.selection()
        store.local.keep_snapshot(FOLDER, snapshot_name(selection), sealed(seen, selection))


def _exists(path: Path) -> bool:
    """Whether something is at a path. Unlike `Path.exists`, this is false if access is denied."""
    return os.path.exists(path)  # noqa: PTH110


class _Survey:
    """Looks again at everything that a build has looked at.

    Raises:
        _Doubt: What it finds may be newer than what the build has seen.
    """

    def __init__(
        self, spec: Spec, plan: Plan, result: BuildResult, store: DiskStore, there: Sequence[Published]
    ) -> None:
        self._spec, self._result, self._store = spec, result, store
        self._others = there
        self._tasks = [plan.tasks[name] for name in result.actions]
        self._policy = plan.policy
        self._outside = Digests(store.local, spec.root)

    def snapshot(self) -> dict[str, list[str]]:
        """Return what `unchanged` compares, without the texts."""
        names = {name for source in self._spec.sources.values() for name in source.located.variables}
        folders = [Path(path) for path in sys.path]
        present = [path for path in folders if _exists(path)]
        if not all(path.is_absolute() for path in folders):
            raise _Doubt
        specs = [Path(part.file) for part in self._spec.parts]
        found = {
            "variables": [text for name in sorted(names) for text in (name, variable(name))],
            "fetched": self._fetched(),
            "absent": [str(path) for path in folders if path not in present],
            "installed": _traced(_seen(((str(path), path) for path in [*present, *self._code()]), BEGAN_NS)),
            "specs": _told(
                _seen(
                    ((name_in(self._spec.root, path), path) for path in map(Path.absolute, specs)), BEGAN_NS
                )
            ),
            "said": [meaning(part) for part in self._spec.parts],
        }
        exports = [task for task in self._tasks if task.exports is not None]
        self._wait(exports)
        plain, named = self._sources()
        found["named"] = _told(named)
        lock = lock_path(self._spec)
        others = [*self._store.folders(), *([lock] if _exists(lock) else []), *self._published()]
        found["project"] = _traced([*plain, *self._exports(exports), *self._folders(others)])
        self._outside.save()
        return found

    def _fetched(self) -> list[str]:
        """Return the time of the last look outside, and when the next one is due, in seconds since 1970; and the model of the
        CPU, if something was measured.
        """
        looks: list[float] = []
        due: list[float] = []
        for task in self._tasks:
            if task.outside is None:
                continue
            last = find_look(self._store.local, task.name)
            used = answer_of(self._result.actions[task.name].parts)
            if last is None or (last.place, last.answer) != (task.outside.place, used):
                raise _Doubt
            if (end := last.due(task.outside)) <= last.at:
                raise _Doubt
            looks.append(last.at)
            due.append(end)
        measured = [cpu()] if any(isinstance(task.outside, Machine) for task in self._tasks) else []
        return [repr(max(looks)), repr(min(due)), *measured] if looks else []

    def _code(self) -> Iterator[Path]:
        """Yield the source code of mlbuild, unless it is an installed library, and that of tasks from elsewhere."""
        if not listed(library for task in self._tasks for library in task.libraries):
            raise _Doubt
        package = mlbuild.__path__[0]
        for folder, _, names in () if is_installed(Path(package)) else os.walk(package):
            yield from (Path(folder, name) for name in names if name.endswith((".py", ".json")))
        code = Code(self._store.local, self._policy)
        for task in self._tasks:
            if {one.__module__.partition(".")[0] for one in (task.run, *task.uses)} != {mlbuild.__name__}:
                yield from sorted(code.files(task.run, task.uses))

    def _wait(self, exports: list[Task]) -> None:
        """Wait until the clock of the file system has moved past what this build has written, so that later changes
        are visible.
        """
        written = [self._spec.root / str(task.exports) / part for task in exports for part in task.parts]
        looked_at = [*written, *self._store.folders(), *self._published(), self._spec.root]
        newest = max(facts(str(path))[3] for path in looked_at)
        missing = max(newest + GRAIN_NS - time.time_ns() + 1_000_000, 0)
        # At most two ticks: the snapshot of a file with a time in the future is not used.
        time.sleep(min(missing, 2 * GRAIN_NS) / 1e9)  # a clock has no event to wait for

    def _sources(self) -> tuple[list[Fact], list[Fact]]:
        """Return the external paths: by name, and those that variables name by the names of these."""
        variables = {name: f"{MARK}{name}{MARK}" if value else "" for name, value in os.environ.items()}
        plain: list[Fact] = []
        named: list[Fact] = []
        for task in (task for task in self._tasks if task.files):
            record = find_record(self._store.local, task.name)
            for slot, external in task.files.items():
                digest, token = self._outside.digest(external), self._outside.token(external)
                if record is None or token is None or record.ingredients.files.get(slot) != digest:
                    raise _Doubt
                glances = external.glances(token, self._spec.root)
                if glances is None:
                    raise _Doubt
                for name, known, has_variables in glances:
                    if has_variables:
                        named.append((expand(name, variables).text, known))
                    else:
                        plain.append((name, known))
        return plain, named

    def _exports(self, exports: list[Task]) -> Iterator[Fact]:
        for task in exports:
            action, folder = self._result.actions[task.name], Path(str(task.exports))
            if any(export_reasons(task, action, self._outside, self._spec.root)):
                raise _Doubt
            for part in action.parts:
                exported = LocalFile(folder / part, f"{task.exports}/{part}")
                token = self._outside.token(exported)
                if token is None:
                    raise _Doubt
                yield from ((one.name, one.facts) for one in exported.glances(token, self._spec.root))
            folders = {folder, *((folder / part).parent for part in action.parts)}
            yield from self._folders(self._spec.root / path for path in sorted(folders))

    def _published(self) -> list[Path]:
        """Return the files that record which folders are published, and by which outputs."""
        notes = self._store.own.path / NOTES
        folders = [path for one in self._others for path in (self._spec.root / one.folder, *one.files)]
        return [path for path in dict.fromkeys([notes, *folders]) if _exists(path)]

    def _folders(self, paths: Iterable[Path]) -> Iterator[Fact]:
        return iter(_seen(((name_in(self._spec.root, path), path) for path in paths), time.time_ns()))


def _seen(paths: Iterable[tuple[str, Path]], at: int) -> list[Fact]:
    """Return the facts of paths, by the given names, if nothing about them has changed since a time in ns."""
    found = [(name, facts(str(path))) for name, path in paths]
    if not all(settled(known, at) for _, known in found):
        raise _Doubt
    return [*found]


def _told(found: Iterable[Fact]) -> list[str]:
    """Return each path, followed by the text of its facts."""
    return [text for name, known in found for text in (name, told(known))]


def _traced(found: Sequence[Fact]) -> list[str]:
    """Return all paths in one text, and the trace of their facts."""
    return [MARK.join(name for name, _ in found), trace([fact for _, known in found for fact in known])]


def _texts(
    args: argparse.Namespace,
    plan: Plan,
    result: BuildResult,
    results: str,
    found: Sequence[Diagnostic],
    others: Sequence[PublishedFolder],
) -> dict[str, list[str]]:
    """Return what each command prints for a project that is up to date: warnings, results, and the rest.

    Warnings and results are included without and with colors.
    """
    warnings, all_warnings = (_warnings(args, some) for some in (args.warnings, [*args.warnings, *found]))
    rows = [PlannedTask(name, CALLED[Fresh]) for name in result.actions]
    made = {name: made_by(action.build) for name, action in result.actions.items()}
    outputs = [
        PublishedFolder(str(plan.tasks[name].exports), "up to date", made[name])
        for name in result.actions
        if plan.tasks[name].exports is not None
    ]
    outputs += others
    counts = {"up to date": len(rows)} if rows else {}
    last = max((time for time in made.values() if time is not None), default=None)
    status = _painted(lambda paint: status_text(outputs, [], counts, last, paint, _marked), dated=True)
    done = f"{len(rows)} reused in {MARK}{MARK} s\n" if rows else f"nothing to do in {MARK}{MARK} s\n"
    return {
        "build": [*all_warnings, results, results, done],
        "plan": [*warnings, *_painted(lambda paint: plan_text(rows, paint)), ""],
        "status": [*warnings, *status, ""],
    }


def _warnings(args: argparse.Namespace, told: Sequence[Diagnostic]) -> tuple[str, str]:
    return _painted(lambda paint: told_text(args, told, paint)) if told else ("", "")


def _marked(since: int) -> str:
    return f"{MARK}{since}{MARK}"


def _painted(lines: Callable[[Paint], list[str]], *, dated: bool = False) -> tuple[str, str]:
    """Return the text of lines, without and with colors."""
    plain, colored = Paint(sys.stdout, False), Paint(sys.stdout)
    colored.on = True
    return page(lines(plain), plain, dated=dated), page(lines(colored), colored, dated=dated)
