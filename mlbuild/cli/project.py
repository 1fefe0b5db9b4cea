"""Finds and loads the spec that a command works on. An invalid spec ends the command."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from mlbuild.cli.exits import OK, USAGE, UsageError
from mlbuild.cli.output.document import document, json_text
from mlbuild.cli.output.printing import Paint, say, show_document
from mlbuild.cli.output.problems.diagnostics import (
    COMMAND_LINE,
    count_text,
    diagnostics_github,
    diagnostics_json,
    diagnostics_text,
)
from mlbuild.cli.output.problems.excerpt import Texts
from mlbuild.cli.output.problems.sarif import diagnostics_sarif
from mlbuild.cli.running import BadSpec, profiles_of
from mlbuild.diagnostics import CODES, Diagnostic, Problem, Span
from mlbuild.regular import is_regular
from mlbuild.spec.check import check
from mlbuild.spec.layers.bounds import EVERYWHERE, Bounds
from mlbuild.spec.layers.files import SPEC
from mlbuild.spec.layers.settings import FLAG, settings_text
from mlbuild.spec.spec import Spec

DEFAULT = SPEC


def find_file(named: str | None) -> Path:
    """Return the spec: the named one, `mlbuild.yaml`, or the only `*.mlbuild.yaml` in the folder.

    Raises:
        UsageError: There is none, or there are several.
    """
    if named is not None:
        if not os.path.isfile(named):  # noqa: PTH113  # the name can be any text
            raise UsageError(f"there is no spec '{named}'")
        return Path(named)
    if is_regular(DEFAULT):
        return Path(DEFAULT)
    found = sorted(Path.cwd().glob(f"*.{DEFAULT}"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"this folder has several specs: {names}", help="choose one with -f")
    if not found:
        raise UsageError(
            f"there is no {DEFAULT} in this folder",
            help="change to a project with -C DIR, or choose a spec with -f",
        )
    return Path(found[0].name)


def check_file(args: argparse.Namespace, file: Path) -> tuple[Spec | None, list[Diagnostic]]:
    """Check a spec with the profiles and settings of the command line."""
    offline = getattr(args, "offline", False) or getattr(args, "locked", False)
    return check(file, profiles_of(args), args.settings, bounds=bounds_of(args, file), offline=offline)


def bounds_of(args: argparse.Namespace, file: Path) -> Bounds:
    """Return the bounds of a spec, which from now on also apply to what is quoted."""
    trusted = args.allow_outside or os.environ.get("MLBUILD_ALLOW_OUTSIDE", "") not in ("", "0")
    bounds = EVERYWHERE if trusted else Bounds.of(file)
    args.bounds.append(bounds)
    return bounds


def load_spec(args: argparse.Namespace, *, warned: bool = True) -> Spec:
    """Return the checked spec, and report warnings, unless they have nothing to do with the command (`warned`).

    Raises:
        BadSpec: It has errors, which were reported.
    """
    spec, diagnostics = check_file(args, find_file(args.file))
    if spec is None:
        tell(args, diagnostics, USAGE)
        raise BadSpec
    tell(args, () if args.quiet or not warned else diagnostics, OK)
    args.warnings = diagnostics
    return spec


def tell(
    args: argparse.Namespace, diagnostics: Sequence[Diagnostic], code: int, texts: Texts | None = None
) -> None:
    """Report diagnostics: as text on standard error, or in the requested format on standard output.

    A SARIF log is one document, which is written when the command has ended.
    """
    if args.format == "sarif":
        args.logged.extend(diagnostics)
    elif args.json and code:
        show_document(check_document(args, diagnostics, code))
    elif diagnostics:
        if args.format == "github":
            show_document(diagnostics_github(diagnostics))
            say([count_text(diagnostics)])
        else:
            paint = Paint(sys.stderr, not args.no_color)
            say(told_text(args, diagnostics, paint, texts), paint)


def tell_failures(args: argparse.Namespace, failures: Sequence[Diagnostic]) -> None:
    """Report what failed in a build at its lines of the spec, in formats that are about places.

    In a SARIF log, failures that `mlbuild explain` knows are results, and others are notices about the run.
    """
    if args.format == "sarif":
        args.logged.extend(one for one in failures if one.code in CODES)
        args.noted.extend(one for one in failures if one.code not in CODES)
    elif args.format == "github" and failures:
        show_document(diagnostics_github(failures))


def told_text(
    args: argparse.Namespace, diagnostics: Sequence[Diagnostic], paint: Paint, texts: Texts | None = None
) -> list[str]:
    """Format diagnostics with their lines and their number."""
    texts = texts or Texts({FLAG: settings_text(args.settings)}, args.bounds)
    return [*diagnostics_text(diagnostics, paint, texts), count_text(diagnostics)]


def finish(args: argparse.Namespace, code: int) -> None:
    """Write the log of a command that has ended."""
    show_document(json_text(diagnostics_sarif(args.logged, code, args.noted)))


def check_document(args: argparse.Namespace, diagnostics: Sequence[Diagnostic], code: int) -> str:
    """Return the JSON document of a check, alone or before another command."""
    return document(args.command, code, {"diagnostics": diagnostics_json(diagnostics)})


def tell_targets(args: argparse.Namespace, argv: Sequence[str], problems: Sequence[Problem]) -> None:
    """Report invalid targets, each at its place on the command line."""
    words = ["mlbuild", *argv]
    line = shlex.join(words)
    found = []
    for problem in problems:
        word = args.targets[problem.at[0]] if problem.at else words[0]
        start = len(shlex.join(words[: words.index(word)])) + (word != words[0]) + 1
        whole = (0, len(shlex.quote(word)))
        first, last = (_quoted_at(word, at) for at in problem.offset) if problem.offset else whole
        span = Span(COMMAND_LINE, 1, start + first, 1, start + last)
        found.append(Diagnostic(problem.code, problem.message, span, problem.help))
    tell(args, found, USAGE, Texts({COMMAND_LINE: line}))


def _quoted_at(word: str, at: int) -> int:
    """Return the index of a character of a word after it is quoted for a shell, where a quote becomes five
    characters.
    """
    return at if shlex.quote(word) == word else 1 + at + 4 * word[:at].count("'")
