"""`mlbuild contract`: write a contract from data, or compare the contracts of two specs."""

from __future__ import annotations

import argparse

from mlbuild.cli.commands.data.contract.diff import run_diff
from mlbuild.cli.commands.data.contract.infer import run_infer
from mlbuild.cli.exits import UsageError
from mlbuild.cli.reading.row_files import READABLE

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "'contract infer TABLE' prints a contract that the rows of a table satisfy: all columns of a data file, or the columns of a "
        "source with the dtypes of its contract and the rules that its rows suggest. 'contract diff OLD [NEW]' lists the changes "
        "between the contracts of two specs, and exits with code 3 if a change is breaking: if a table that satisfies the new contract can "
        "break something that relies on the old one. A spec is a file, a git revision of this spec "
        "(HEAD~1), or a file in a git revision (main:mlbuild.yaml)."
    )
    parser.add_argument("action", choices=["infer", "diff"], metavar="infer|diff", help="what to do")
    parser.add_argument(
        "first", metavar="TABLE|OLD", help=f"infer: a source, or a {READABLE} file; diff: the old spec"
    )
    parser.add_argument(
        "second", nargs="?", metavar="NEW", help="diff: the new spec (default: the spec in this folder)"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="infer: name of the contract (default: that of the file, or of the contract of the source); diff: compare only this contract",
    )


def run(args: argparse.Namespace) -> int:
    if args.action == "diff":
        return run_diff(args)
    if args.second is not None:
        raise UsageError("'contract infer' reads one table", help="compare two specs with 'contract diff'")
    return run_infer(args)
