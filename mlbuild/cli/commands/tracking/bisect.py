"""`mlbuild bisect A..B`: find the commit that made a metric worse."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from mlbuild import api
from mlbuild.cli.amounts import cores
from mlbuild.cli.ending import ended_as_interrupted
from mlbuild.cli.exits import OK, TASK, Stopped, UsageError
from mlbuild.cli.output.building.reasons import waiting_text
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, say, show, show_document
from mlbuild.cli.output.tracking.bisect import found_json, found_text, step_text
from mlbuild.cli.project import find_file
from mlbuild.cli.running import profiles_of
from mlbuild.engine.store.local import RUNS
from mlbuild.engine.store.store import DiskStore, open_store
from mlbuild.pipeline.builds.commits import Commit, commits_between, write_commit
from mlbuild.pipeline.tasks import evaluate
from mlbuild.regular import real
from mlbuild.shown import shown
from mlbuild.spec.check import check
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.trials import without_trials
from mlbuild.tracking.bisect import Verdict, judged, search
from mlbuild.tracking.builds import SPLITS, Build
from mlbuild.tracking.comparison import compare

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Find the first commit after A, up to B, in which a metric is worse than in A. Each step rules out half of the remaining commits, "
        "so 32 commits take at most 6 builds, and tasks that are the same in several commits run once. A commit is worse if the difference on the same rows is "
        "statistically significant and, with --worse-by, at least that large. Commits are checked out into a temporary folder; the working tree and the "
        "repository are not changed, and nothing is published. Exits with code 1 if no commit is worse."
    )
    parser.add_argument("range", metavar="A..B", help="a good revision and a bad one, such as v1..HEAD")
    parser.add_argument(
        "--metric",
        required=True,
        metavar="METRIC",
        help="metric, such as log_loss or test.log_loss (default split: test)",
    )
    parser.add_argument("--model", metavar="NAME", help="model (default: the only one)")
    parser.add_argument(
        "--worse-by",
        type=_amount,
        metavar="X",
        help="smallest difference that counts, such as 0.002; required if the rows change",
    )


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number >= 0")
    return value


def run(args: argparse.Namespace) -> int:
    old, dots, new = args.range.partition("..")
    if not (old and dots and new) or new.startswith("."):
        raise UsageError(f"'{shown(args.range)}' is not a range of revisions", "write A..B, such as v1..HEAD")
    file = real(find_file(args.file))
    found = commits_between(file.parent, old, new)
    if found is None:
        raise UsageError(
            f"'{shown(old)}' is not a revision before '{shown(new)}'",
            "the first revision must be an ancestor of the second",
        )
    split, _, metric = args.metric.rpartition(".")
    if split not in ("", *SPLITS):
        split, metric = "", args.metric
    threads, jobs = cores()
    with (
        ended_as_interrupted(workers=True),  # never at once: the folder is removed first
        tempfile.TemporaryDirectory(prefix="mlbuild-bisect-") as folder,
    ):
        store = open_store(file.parent)
        with store.building(lambda holder: say([waiting_text(holder)])):
            builder = _Builder(args, file, store, Path(os.path.realpath(folder)), threads, jobs)
            return _searched(args, builder, [found.old, *found.after], split or "test", metric)


def _searched(
    args: argparse.Namespace, builder: _Builder, commits: list[Commit], split: str, metric: str
) -> int:
    reference, model, why = builder.build(commits[0])
    if reference is None:
        raise Stopped(f"{_short(commits[0])} cannot be built: {why}", code=TASK)
    if reference.metrics.get(model, {}).get(split, {}).get(metric) is None:
        known = [
            f"{part}.{name}"
            for part, all_ in reference.metrics.get(model, {}).items()
            for name in all_
            if name != "rows"
        ]
        raise UsageError(
            f"{_short(commits[0])} has no {shown(f'{split}.{metric}')}", f"metrics: {', '.join(known)}"
        )
    builds: dict[int, Build] = {0: reference}
    verdicts: dict[int, Verdict] = {}

    def worse(place: int) -> bool | None:
        build, _, why = builder.build(commits[place])
        verdict = Verdict(None, why=why)
        if build is not None:
            builds[place] = build
            verdict = judged(builder.store, reference, build, model, split, metric, args.worse_by)
        verdicts[place] = verdict
        if not (args.quiet or args.json):
            say([step_text(commits[place], verdict, metric)])
        return verdict.worse

    result = search(len(commits) - 1, worse)
    suspects = commits[result.good + 1 : result.bad + 1]
    none = result.bad == len(commits)
    compared = (
        compare(builder.store, builds[result.good], builds[result.bad]) if result.bad in builds else None
    )
    code = TASK if none else OK
    tested = [(commits[place], verdict) for place, verdict in verdicts.items()]
    if args.json:
        content = found_json(None if none else suspects, tested, compared) | {"builds": builder.count}
        show_document(document(args.command, code, content))
        return code
    name = f"{split}.{metric} of {shown(model)}"
    if none:
        unknown = sum(verdict.worse is None for verdict in verdicts.values())
        more = f" ({counted(unknown, 'commit')} could not be judged)" if unknown else ""
        raise Stopped(f"no commit is worse than {_short(commits[0])} in {name}{more}", code=TASK)
    show(found_text(suspects, verdicts[result.bad], name, compared))
    if not args.quiet:
        say([f"{counted(builder.count, 'build')}"])
    return code


def _short(commit: Commit) -> str:
    return commit.name[:7]


class _Builder:
    """Builds commits in a temporary folder, with the results of the project; keeps their records in the project."""

    def __init__(
        self, args: argparse.Namespace, file: Path, store: DiskStore, folder: Path, threads: int, jobs: int
    ) -> None:
        self.store, self.count = store, 0
        self._args, self._file, self._folder = args, file, folder
        self._cores = (threads, jobs)

    def build(self, commit: Commit) -> tuple[Build | None, str, str]:
        """Return the build of a commit, the model, and why it cannot be built."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            root = write_commit(self._file.parent, commit.name, Path(place))
            if root is None:
                return None, "", "its files cannot be written"
            file = root / self._file.name
            if not file.is_file():
                return None, "", f"it has no {self._file.name}"
            args = self._args
            spec, diagnostics = check(file, profiles_of(args), args.settings, bounds=Bounds(place))
            if spec is None:
                first = next(one for one in diagnostics if one.severity == "error")
                return None, "", f"{self._file.name}:{first.span.line}: {first.message}"
            models = without_trials(spec.models)
            model = args.model or (models[0] if len(models) == 1 else "")
            if model not in spec.models:
                why = (
                    f"it has no model '{model}'" if model else "it has several models: name one with --model"
                )
                return None, model, why
            threads, jobs = self._cores
            store = self.store.beside(root)
            result = api.build(
                spec,
                [evaluate.task_of(model)],
                threads=threads,
                jobs=jobs,
                command=["mlbuild", *args.argv],
                store=store,
                revision=commit.name,
            )
            self.count += bool(result.ran or result.failures)
            if not result.ok:
                return None, model, next(iter(result.failures.values())).message
            record = store.local.note(f"{RUNS}/{result.build}")
            self.store.local.keep_note(f"{RUNS}/{result.build}", record, synced=True)
            return Build.of(record), model, ""
