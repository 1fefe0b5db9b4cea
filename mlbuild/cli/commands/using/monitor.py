"""`mlbuild monitor MODEL --log PATH`: compare the rows that a model answered with its training rows."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from mlbuild.bundle.opened import NotOurs
from mlbuild.cli.exits import DATA, OK, Stopped, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.monitoring.findings import Findings
from mlbuild.cli.output.monitoring.page import findings_md, findings_page
from mlbuild.cli.output.monitoring.text import left_out_lines, text_lines
from mlbuild.cli.output.printing import counted, say, show, show_document
from mlbuild.cli.output.written import written_file
from mlbuild.cli.project import load_spec
from mlbuild.cli.reading.at_hand import ModelsAtHand
from mlbuild.cli.reading.folders import Folders, metrics_in, profile_in
from mlbuild.cli.reading.labels import read_labels
from mlbuild.cli.reading.logs import log_files, readable_log, records_of
from mlbuild.cli.reading.row_files import READABLE
from mlbuild.moments import DURATION, DURATION_WORDS, parse_duration
from mlbuild.monitoring.compacted import COMPACT
from mlbuild.monitoring.log import SUFFIX, Log, read_log
from mlbuild.monitoring.performance import ID, Performance, performance_of
from mlbuild.monitoring.windows import CALM, DRIFT, TOO_FEW, judged, windows_of
from mlbuild.profiles.drift import MATTERS
from mlbuild.profiles.profile import Profile
from mlbuild.serving.replay.skew import Skew, skew_of
from mlbuild.shown import shown

FORMATS = ("text", "json")
#: The exit codes of `--check`.
_CODES = {CALM: OK, DRIFT: 10, TOO_FEW: 11}
#: The exit code of `--check` if predictions are worse than those of the build.
_WORSE = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare the rows that a model answered, as its log contains them, with the training rows: each input and each output. "
        "'psi' is the population stability index without what chance gives on average, 'largest' is the largest difference between the "
        "cumulative distributions or, for texts, between the shares of a value, and 'shift' is the difference of the means in standard deviations. "
        "Columns marked with * have drifted."
    )
    parser.add_argument("model", metavar="MODEL", help="an output, a published folder or a channel")
    parser.add_argument(
        "--log",
        metavar="PATH",
        required=True,
        help=f"the log: a folder with *{SUFFIX} files or compacted ones, or one file",
    )
    parser.add_argument(
        "--window",
        metavar="TIME",
        help="length of the windows that are compared, such as 6h or 1d (default: that of the periods of the profile, otherwise the whole log)",
    )
    parser.add_argument(
        "--psi",
        metavar="LIMIT",
        type=_limit,
        default=MATTERS,
        help=f"smallest psi that matters (default: {MATTERS})",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help=f"{READABLE} file with what really happened, in the column of the target; it needs the spec",
    )
    parser.add_argument(
        "--id",
        metavar="COLUMN",
        default=ID,
        help=f"column of the labels with the ids of the requests (default: {ID})",
    )
    parser.add_argument(
        "--skew",
        action="store_true",
        help="answer the logged rows again with the models that answered them: every bit must be the same",
    )
    parser.add_argument("--md", action="store_true", help="write Markdown, for a chat or an issue")
    parser.add_argument("--html", metavar="FILE", help="write an HTML page to this file, and print its path")
    parser.add_argument(
        "--check",
        action="store_true",
        help="exit with code 12 if predictions have become worse or are not given again, 10 if a column has drifted, and 11 if there are not enough rows",
    )


def run(args: argparse.Namespace) -> int:
    if sum(map(bool, (args.md, args.html, args.json))) > 1:
        raise UsageError("only one of --md, --html and --json can be used")
    folders = Folders(args)
    name, folder, _ = folders.find(args.model)
    profile = profile_in(folder)
    with readable_log(args.log):
        files = log_files(Path(args.log), (SUFFIX, COMPACT))
        log = read_log(files, profile)
    if not log.rows:
        others = f"; {counted(log.others, 'row')} of other models" if log.others else ""
        raise Stopped(
            f"there are no rows of this model in '{shown(args.log)}'{others}",
            code=_CODES[TOO_FEW] if args.check else DATA,
        )
    profile = profile.without(log.unlogged)
    windows = windows_of(log, profile, _length(args.window, profile), args.psi)
    newest = judged(windows, int(log.times[-1]))
    assert newest is not None
    measured = _measured(args, name, folder, log) if args.labels is not None else None
    skew = _skew(args, folders, folder, files) if args.skew else None
    samples = not args.no_samples
    found = Findings(name, profile, args.psi, log, windows, newest, measured, skew, samples)
    code = _WORSE if found.worse else _CODES[newest.verdict]
    code = code if args.check else OK
    if args.json:
        show_document(document(args.command, code, found.to_json()))
        return code
    say(left_out_lines(log))
    if args.html:
        show([str(written_file(args.html, findings_page(found).encode()))])
    else:
        show(findings_md(found) if args.md else text_lines(found))
    return code


def _measured(args: argparse.Namespace, name: str, folder: Path, log: Log) -> Performance:
    """Measure the predictions with labels."""
    spec = load_spec(args, warned=False)
    if name not in spec.outputs:
        raise UsageError(
            f"the spec has no output '{shown(name)}', so the column with its labels is not known"
        )
    model = spec.models[spec.outputs[name].model]
    labels = read_labels(Path(args.labels), args.id, model.target, samples=not args.no_samples)
    return performance_of(log, labels, model.metrics, metrics_in(folder))


def _skew(args: argparse.Namespace, folders: Folders, folder: Path, files: Sequence[Path]) -> Skew:
    """Answer the rows of a log again."""
    models = ModelsAtHand(folders, folder)
    try:
        with readable_log(args.log):
            return skew_of(records_of(files), models.find)
    except NotOurs as error:
        raise UsageError(f"a model of the log {error}") from None


def _length(asked: str | None, profile: Profile) -> int | None:
    """Return the length of the windows in microseconds; None for a single window."""
    if asked is None:
        return parse_duration(profile.periods.length) if profile.periods is not None else None
    if not re.match(DURATION, asked) or not parse_duration(asked):
        raise UsageError(f"--window must be {DURATION_WORDS}")
    return parse_duration(asked)


def _limit(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", text):
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is not a number of at least 0")
    return float(text)
