"""Runs a command that was parsed. What only some commands need is imported by them, or if something is wrong."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from mlbuild.cli.exits import UNREACHABLE, USAGE, Stopped, UsageError
from mlbuild.cli.surroundings import see_surroundings
from mlbuild.diagnostics import Rejected, Unwritable


class BadSpec(Exception):
    """The spec has errors, which were already reported."""


def run_command(args: argparse.Namespace, argv: Sequence[str], project: Callable[[], Any]) -> int:
    """Run the requested command, and report invalid targets and specs.

    `project` imports what reports mistakes in a spec, which takes longer than the rest of a command that needs no spec.

    Raises:
        Stopped: The command does not support the requested format, its working folder was deleted, it can open too
            few files, or the store cannot be written.
    """
    if args.format not in args.module.FORMATS:
        formats = ", ".join(args.module.FORMATS)
        raise UsageError(
            f"'{args.command}' does not support the format '{args.format}'", f"available formats: {formats}"
        )
    args.argv = argv
    see_surroundings()
    try:
        code: int = args.module.run(args)
    except BadSpec:
        code = USAGE
    except Rejected as rejected:
        project().tell_targets(args, argv, rejected.problems)
        code = USAGE
    except Unwritable as error:
        raise Stopped(str(error), error.help, UNREACHABLE) from None
    if args.format == "sarif":
        project().finish(args, code)
    return code


def profiles_of(args: argparse.Namespace) -> list[str]:
    """Return the profiles of the command line, or else those of MLBUILD_PROFILE, separated by commas."""
    profiles: list[str] = args.profiles
    names = os.environ.get("MLBUILD_PROFILE", "").split(",")
    return profiles or [name.strip() for name in names if name.strip()]
